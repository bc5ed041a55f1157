/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v2 lets a group with processes of its own have no others below it that are limited. Where cbuild
 * is alone in its group it goes one level down, with its children, and at the end back.
 */
#ifndef CBUILD_LIMITS_CGROUP_SUPERVISOR_H
#define CBUILD_LIMITS_CGROUP_SUPERVISOR_H

#include "limits/cgroup.h"

/* As cgroup_v2_enable, going aside where that helps and `may_move`. */
int cgroup_supervisor_enable(struct cgroup_home *home, int place_fd, unsigned controllers,
			     bool may_move, struct error *err) must_check;
/* Controllers are disabled again; everybody goes back. */
void cgroup_supervisor_leave(int place_fd, const char *name);

#endif
