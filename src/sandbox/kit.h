/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for every step of a build: found and compiled once. */
#ifndef CBUILD_SANDBOX_KIT_H
#define CBUILD_SANDBOX_KIT_H

#include "command.h"
#include "mount_list.h"

#include "base/buf.h"
#include "limits/cgroup.h"
#include "limits/limits.h"
#include "sandbox/policy.h"

struct sandbox_kit {
	const struct sandbox_policy *policy; /* the caller's; never NULL */
	struct buf filter;		     /* empty: none, as was asked */
	struct buf chroot_filter;	     /* for steps in a chroot, besides */
	struct mount_facts facts;
	struct program_id builder; /* our own program */
	int oom_score;		   /* of a step */
	int scope_fd;		   /* Landlock's; -1: the kernel has none */

	/* limits.c: what is in force; strings are the caller's, rlimits the kit's */
	struct limits limits;
	struct cgroup_home *cgroups; /* or NULL */
	struct cgroup_outer outer;
	uint64_t namespace_pids; /* by the pid namespace; 0 = not limited so */
};

#endif
