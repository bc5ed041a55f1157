/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AppArmor profile that a step's command runs under, from its exec on. Nothing is loaded here:
 * a profile is named that the machine has.
 */
#ifndef CBUILD_SANDBOX_APPARMOR_H
#define CBUILD_SANDBOX_APPARMOR_H

#include "base/error.h"

/* Is it a name, and does this kernel have AppArmor? */
int apparmor_check(const char *profile, struct error *err) must_check;

/* The procfs at /proc, and nothing that was mounted over it or in it. */
int apparmor_open_proc(int *ret_proc_fd, struct error *err) must_check;

/* For the next exec of the calling thread, which proc_fd (a procfs, or what is laid out as one)
 * shows. */
int apparmor_label_exec(int proc_fd, const char *profile, struct error *err) must_check;

#endif
