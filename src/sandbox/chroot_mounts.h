/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in for the mounts of a step where nothing can be mounted: copies, sockets, files and
 * empty directories that take the place of what the tree has there, and go, or go back to where
 * they came from, when the step is over. Nothing is read-only, and no size is kept to.
 */
#ifndef CBUILD_SANDBOX_CHROOT_MOUNTS_H
#define CBUILD_SANDBOX_CHROOT_MOUNTS_H

#include "cover.h"

#include "sandbox/spec.h"

struct placed {
	struct cover cover;
	const struct sandbox_mount *mount;
	dev_t dev;
	ino_t ino;
};

struct chroot_mounts {
	struct placed *items;
	size_t len, size;
};

/* Heredoc files below dev/ are not its business. On failure `mounts` has what was placed. */
int chroot_mounts_put(const struct sandbox_spec *spec, struct stubs *stubs,
		      struct chroot_mounts *mounts, struct error *err) must_check;
/* Last placed first. */
int chroot_mounts_remove(struct chroot_mounts *mounts, struct error *err) must_check;
/* Is it one that can be had there? */
int chroot_mounts_check(const struct sandbox_spec *spec, struct error *err) must_check;
/* A file of the command (heredoc), which lies in the step's own /dev. */
bool chroot_mounts_is_own_file(const struct sandbox_mount *mount);

#endif
