/* SPDX-License-Identifier: Apache-2.0 */
/* What an open collection of snapshots holds; for the files of this folder. */
#ifndef CBUILD_SNAPSHOT_STATE_H
#define CBUILD_SNAPSHOT_STATE_H

#include "driver.h"

#include "base/buf.h"
#include "snapshot/snapshot.h"

/* How they are kept, and where. */
struct flavour {
	const struct snapshot_driver *driver; /* NULL until somebody needs it */
	int dir_fd;			      /* snapshots/FLAVOUR */
	/* Of one that is visited: borrowed for as long. */
	const char *name;
	enum snapshots_state state;
};

struct snapshots {
	struct flavour *flavour;
	int root_fd; /* borrowed */
	enum snapshot_kind kind;
	int tmp_fd; /* borrowed; -1 = ask */
	snapshots_tmp *tmp;
	void *tmp_context;
};

/*
 * Opens the folder of the flavour that this process has: not before, since a job that enters a user
 * namespace has another one.
 */
int snapshots_settle(const struct snapshots *snapshots, struct error *err) must_check;

/* Those that it will be one of. */
const struct snapshots *snapshot_draft_snapshots(const struct snapshot_draft *draft);
/* Where drafts are made, or -1 with an error. */
int snapshots_tmp_fd(const struct snapshots *snapshots, struct error *err) must_check;

/* The overlay for this process: of root itself, or of a user namespace. */
const struct snapshot_driver *driver_for_process(void);
/* The name of its folder, for the ids that this process has. */
void flavour_add_name(const struct snapshot_driver *driver, struct buf *path);
/* What was preferred, or what the store's file system can carry. */
int driver_choose(const struct snapshots *snapshots, const struct snapshot_driver **ret_driver,
		  struct error *err) must_check;

#endif
