/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of processes, as the step's command gets them. */
#ifndef CBUILD_LIMITS_RLIMIT_H
#define CBUILD_LIMITS_RLIMIT_H

#include "limits/limits.h"

/* Of this process. Raising a hard limit needs CAP_SYS_RESOURCE on the machine: ERROR_PERMISSION. */
int rlimit_set(const struct limits_rlimit *limit, struct error *err) must_check;
/* The same, tried by a process that is then gone: 1, 0 refused, -1. */
int rlimit_can_set(const struct limits_rlimit *limit, struct error *err) must_check;
/* The hard limit of this process, instead of one that is higher. */
void rlimit_cap(struct limits_rlimit *limit);

/*
 * The process numbers of a pid namespace, and with them its processes, are limited by a setting
 * of its own from Linux 6.14 on; before, it is the machine's.
 */
bool pid_numbers_can_be_limited(uint64_t pids);
/* As process 1 of the namespace, with the outer /proc in sight; place_fd: see base/mount_fd.h. */
int pid_numbers_limit(uint64_t pids, int place_fd, struct error *err) must_check;

#endif
