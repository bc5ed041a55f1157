/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walls around one thread: system call filter, capabilities, user and groups. Entered in an
 * order in which each step still may be taken, and then asked for from the kernel: a wall that is
 * not there stops the step before its command runs.
 */
#ifndef CBUILD_SANDBOX_CONFINEMENT_H
#define CBUILD_SANDBOX_CONFINEMENT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct emulation;

struct confinement {
	uint64_t capabilities;		 /* all that may be held */
	const struct buf *filter;	 /* NULL: none (insecure) */
	const struct buf *second_filter; /* or NULL */
	bool has_no_new_privileges;
	int scope_fd;			   /* Landlock's; -1: none */
	int outer_fd;			   /* what it keeps a step from, to prove it; -1: nothing */
	const char *apparmor;		   /* profile, or NULL */
	const struct emulation *emulation; /* of owners and users; or NULL */
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t n_groups;
};

int confinement_enter(const struct confinement *confinement, struct error *err) must_check;
/* The error names the wall that is missing. */
int confinement_check(const struct confinement *confinement, struct error *err) must_check;

#endif
