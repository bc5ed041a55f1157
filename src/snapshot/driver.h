/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a stack of snapshots becomes one tree. What stands on disk (whiteouts, opaque marks, owners)
 * is the driver's as well, so each keeps its snapshots in a folder of its own.
 */
#ifndef CBUILD_SNAPSHOT_DRIVER_H
#define CBUILD_SNAPSHOT_DRIVER_H

#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>

struct driver_mount {
	int dir_fd; /* where the snapshots are, named by their hexadecimal digits */
	const struct digest *chain_ids; /* lowest first */
	size_t n_chain_ids;
	int tmp_fd;   /* the driver may make what it needs in it */
	int upper_fd; /* -1 = read-only */
	int work_fd;
};

struct snapshot_driver {
	const char *name;	      /* first part of the folder's name */
	const char *attribute_prefix; /* of the marks on disk: "trusted.overlay." */
	/* A detached mount. */
	int (*mount)(const struct driver_mount *mount, int *ret_mount_fd, struct error *err);
	/* No write can reach the upper any more; ERROR_SYSTEM with EBUSY where one still can. */
	int (*freeze)(int mount_fd, struct error *err);
};

/* As root of the machine, and in a user namespace. */
extern const struct snapshot_driver driver_overlay_trusted;
extern const struct snapshot_driver driver_overlay_user;

#endif
