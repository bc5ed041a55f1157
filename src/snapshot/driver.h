/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a stack of snapshots becomes one tree. What stands on disk (whiteouts, opaque marks, owners)
 * is the driver's as well, so each keeps its snapshots in a folder of its own.
 */
#ifndef CBUILD_SNAPSHOT_DRIVER_H
#define CBUILD_SNAPSHOT_DRIVER_H

#include "format.h"

#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>

struct copy_memory;

struct driver_mount {
	const struct snapshots *snapshots;
	int dir_fd;			/* where they are, named by their hexadecimal digits */
	const struct digest *chain_ids; /* lowest first */
	size_t n_chain_ids;
	int tmp_fd;   /* the driver may make what it needs in it */
	int place_fd; /* that, where mounts need a place (base/mount_fd.h), else -1 */
	int upper_fd; /* -1 = read-only */
	int work_fd;
	struct copy_memory **ret_memory; /* of a copy that is written to; the caller's */
};

struct driver_frozen {
	const struct snapshots *snapshots;
	const struct digest *chain_ids;
	size_t n_chain_ids;
	int mount_fd;
	int upper_fd;
	const struct copy_memory *memory; /* NULL where the driver needs none */
};

struct snapshot_driver {
	const char *name; /* first part of the folder's name */
	struct snapshot_format format;
	bool has_barrier; /* freeze tells who can still write */
	/* A detached mount, or just a directory. */
	int (*mount)(const struct driver_mount *mount, int *ret_mount_fd, struct error *err);
	/*
	 * No write can reach the upper any more; ERROR_SYSTEM with EBUSY where one still can. From
	 * then on the upper holds what was changed, and nothing else.
	 */
	int (*freeze)(const struct driver_frozen *frozen, struct error *err);
};

/* As root of the machine, and in a user namespace. */
extern const struct snapshot_driver driver_overlay_trusted;
extern const struct snapshot_driver driver_overlay_user;
/* The same in a user namespace of one id, and copies there: owners are recorded. */
extern const struct snapshot_driver driver_overlay_single, driver_copy_single;
/* Without overlay: mounted on itself; where nothing can be mounted; where nothing can be run. */
extern const struct snapshot_driver driver_copy, driver_copy_plain, driver_recorded;

#endif
