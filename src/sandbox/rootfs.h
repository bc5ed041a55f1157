/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a step inside its mount namespace: attached over the outer one, filled, and then made
 * the only one there is.
 */
#ifndef CBUILD_SANDBOX_ROOTFS_H
#define CBUILD_SANDBOX_ROOTFS_H

#include "base/error.h"

#include <stdbool.h>

struct rootfs {
	int root_fd;	/* borrowed: the root mount that was handed over */
	int scratch_fd; /* a tmpfs of which only pieces are mounted: /dev, its devices, files */
	int place_fd;	/* that, where mounts need a place (base/mount_fd.h), else -1 */
};

#define ROOTFS_INIT        \
	{                  \
		-1, -1, -1 \
	}

void rootfs_release(struct rootfs *rootfs);
DEFINE_RELEASE(struct rootfs, rootfs_release);

/* From here on no mount of this namespace is seen outside, and the outer ones are still there. */
int rootfs_attach(int root_fd, int place_fd, bool allow_devices, struct rootfs *ret_rootfs,
		  struct error *err) must_check;
/* The outer root is gone; "/" and the working directory are the step's. */
int rootfs_enter(const struct rootfs *rootfs, struct error *err) must_check;
/*
 * Takes every mount off the root again at once, for a process that will look at nothing but
 * descriptors. false: not to be had here, for in a user namespace the root is locked.
 */
bool rootfs_strip(void);
/*
 * From inside: nothing can be written through the root's mount any more, also by who was handed
 * a descriptor of a directory. 1; 0 somebody holds a file open for writing; -1.
 */
int rootfs_seal(struct error *err) must_check;

#endif
