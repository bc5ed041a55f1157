/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for every step of a build: found and compiled once. */
#ifndef CBUILD_SANDBOX_KIT_H
#define CBUILD_SANDBOX_KIT_H

#include "command.h"
#include "mount_list.h"

#include "base/buf.h"

struct sandbox_kit {
	struct buf filter;
	struct buf chroot_filter; /* for steps in a chroot, besides */
	struct mount_facts facts;
	struct program_id builder; /* our own program */
	int oom_score;		   /* of a step */
	int scope_fd;		   /* Landlock's, for steps on the host's network; -1: none */
};

#endif
