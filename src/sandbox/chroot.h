/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a step without any namespace, for root in an ordinary container: changed by chroot,
 * with devices and the files of the network in place of the tree's own, and walls that stand in for
 * the namespaces as far as they can: fewer capabilities, no_new_privs, a second filter, Landlock.
 */
#ifndef CBUILD_SANDBOX_CHROOT_H
#define CBUILD_SANDBOX_CHROOT_H

#include "chroot_mounts.h"
#include "confinement.h"
#include "cover.h"

#include "sandbox/spec.h"

enum { CHROOT_COVERS = 3 };

struct chroot_root {
	struct cover covers[CHROOT_COVERS];
	size_t n_covers;
	struct chroot_mounts mounts;
	int children_fd; /* the list of this process's children, in the outer procfs; -1 = none */
	int outer_fd;	 /* the root outside, to name it only; -1 = none */
	int landlock_fd; /* -1: the kernel has none */
};

/* The calling process is in it from here on; what it became is undone by leave, in any case. */
int chroot_root_enter(const struct sandbox_spec *spec, struct stubs *stubs,
		      struct chroot_root *ret_root, struct error *err) must_check;
int chroot_root_leave(struct chroot_root *root, struct error *err) must_check;

/* What a step may hold there: nothing that would lead out of the root. */
uint64_t chroot_capabilities(uint64_t allowed);

/*
 * Ends everything that descends from this process, which must be the reaper of its descendants: how
 * many of them were still there.
 */
unsigned chroot_kill_rest(const struct chroot_root *root);

/* The same in the process that started it, when it was killed itself. */
void chroot_kill_orphans(void);

#endif
