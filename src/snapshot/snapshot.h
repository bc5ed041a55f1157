/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots: one unpacked layer each, as an overlay lower directory (whiteouts are character
 * devices 0/0, opaque directories carry the overlay xattr), named by the chain id of the layers up
 * to and including it. Kept per flavour (driver and id map), since what stands on disk differs.
 *
 * A new one is made aside (snapshot_draft): either filled by hand (unpacking a layer) or as the
 * upper directory of an overlay on its parents (a RUN), then renamed into place by
 * snapshot_commit; what is not committed dies with the lease's tmp/.
 */
#ifndef CBUILD_SNAPSHOT_SNAPSHOT_H
#define CBUILD_SNAPSHOT_SNAPSHOT_H

#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>

struct snapshots;

/*
 * root_fd: the store's; tmp_fd: where drafts are made (same file system), or -1 for what
 * snapshots_set_tmp says. Borrowed. Which flavour it is, is seen when a snapshot is needed first,
 * by then in the user namespace whose ids they are to have.
 */
int snapshots_open(int root_fd, int tmp_fd, struct snapshots **ret_snapshots, struct error *err)
	must_check;
enum snapshot_kind {
	SNAPSHOTS_AUTO = 0,   /* overlays, or copies where the file system cannot carry those */
	SNAPSHOTS_COPY,	      /* copies, mounted on themselves */
	SNAPSHOTS_COPY_PLAIN, /* copies, as directories: nothing is mounted */
	SNAPSHOTS_RECORDED,   /* nothing is run; owners are recorded instead of set */
	SNAPSHOTS_SINGLE_ID   /* as SNAPSHOTS_AUTO, with owners recorded: there is one id only */
};
/*
 * What a store on the file system of this directory, an empty one that can be written to, would
 * keep snapshots as, by trying it: "overlay-trusted", "overlay-user", "overlay-single",
 * "copy", "copy-single" or "recorded". Needs what making a snapshot needs: to be in the user
 * namespace, and a mount namespace of its own.
 */
int snapshots_probe(int dir_fd, enum snapshot_kind kind, const char **ret_name, struct error *err)
	must_check;

/* Before a snapshot is needed first. */
void snapshots_prefer(struct snapshots *snapshots, enum snapshot_kind kind);
/* Asked when a folder is needed first (store_tmp_fd); it answers -1 with errno where there is none.
 */
typedef int snapshots_tmp(void *context);
void snapshots_set_tmp(struct snapshots *snapshots, snapshots_tmp *tmp, void *context);
void snapshots_close(struct snapshots *snapshots);
DEFINE_CLEANUP(struct snapshots *, snapshots_close);

/* How what is no plain file is written into a layer's directory (format.h); for who unpacks. */
struct snapshot_format {
	const char *attribute_prefix; /* of overlay's marks: "trusted.overlay.", "user.overlay." */
	bool has_named_marks;	      /* ".wh." files instead */
	bool has_records;	      /* owners, types and modes are recorded */
	bool has_recorded_owners;     /* owners alone are, and what is a device */
};

/* Known once a snapshot was opened or a draft made. */
const struct snapshot_format *snapshots_format(const struct snapshots *snapshots);

/* 1 and the descriptor of its directory, 0 not there, -1. */
int snapshot_open(const struct snapshots *snapshots, const struct digest *chain_id, int *ret_fd,
		  struct error *err) must_check;
/* 1 there, 0 not. */
int snapshot_find(const struct snapshots *snapshots, const struct digest *chain_id,
		  struct error *err) must_check;

struct snapshot_draft;

int snapshot_draft_new(struct snapshots *snapshots, struct snapshot_draft **ret_draft,
		       struct error *err) must_check;
/* The directory that will be the snapshot; borrowed. */
int snapshot_draft_fd(const struct snapshot_draft *draft);
/*
 * Gives the root of a draft that is filled by hand mode and owner of the parent's root: in an
 * overlay the topmost layer's count, and a layer need not say what they are.
 */
int snapshot_draft_take_root_of(struct snapshot_draft *draft, const struct digest *parent,
				struct error *err) must_check;
/*
 * Mounts the draft as the upper of an overlay over `parents` (chain ids, lowest first, all of them
 * snapshots) and gives the detached mount (base/mount_fd.h): attach it, open below it, or close it.
 * The upper takes mode and owner of the top parent's root. Needs a mount namespace of its own.
 */
int snapshot_draft_mount(struct snapshot_draft *draft, const struct digest *parents,
			 size_t n_parents, int *ret_mount_fd, struct error *err) must_check;
/*
 * Freeze barrier: makes the overlay read-only; EBUSY means that something can still write
 * (ERROR_SYSTEM). Call after every process of the step is gone and before the layer is read.
 */
int snapshot_draft_freeze(struct snapshot_draft *draft, struct error *err) must_check;
/*
 * Does the freeze find out by itself who can still write? Where not, the mount has to be made
 * read-only by who attached it, as long as it is.
 */
bool snapshot_draft_has_barrier(const struct snapshot_draft *draft);
/*
 * For where nothing can be made so either, after the freeze: an error if a file is open for
 * writing, and the change times of all that is there, for who looks again after it was read.
 */
int snapshot_draft_look(const struct snapshot_draft *draft, struct digest *ret_times,
			struct error *err) must_check;
/* What an error of it says. */
int snapshot_error_held(struct error *err);
/* Renames into place; that somebody else was first is fine. Consumes the draft in any case. */
int snapshot_commit(struct snapshot_draft *draft, const struct digest *chain_id, struct error *err)
	must_check;
void snapshot_draft_free(struct snapshot_draft *draft); /* gives up and removes */
DEFINE_CLEANUP(struct snapshot_draft *, snapshot_draft_free);

/* A read-only overlay of the snapshots, detached; mount_fd_close takes it away. */
int snapshot_mount(const struct snapshots *snapshots, const struct digest *chain_ids,
		   size_t n_chain_ids, int *ret_mount_fd, struct error *err) must_check;

typedef int snapshot_visitor(void *context, const struct digest *chain_id, struct error *err);
int snapshot_list(const struct snapshots *snapshots, snapshot_visitor *visit, void *context,
		  struct error *err) must_check;
int snapshot_remove(struct snapshots *snapshots, const struct digest *chain_id, struct error *err)
	must_check;

/*
 * Every flavour that the store has, each as a collection to list, to remove from and, where it is
 * legible, to read: for who clears up after all modes.
 */
typedef int snapshots_visitor(void *context, struct snapshots *flavour, struct error *err);
enum snapshots_state {
	SNAPSHOTS_CURRENT = 1, /* that of this process, which was asked for something already */
	SNAPSHOTS_LEGIBLE,     /* of another mode, and its owners, types and marks can be read */
	SNAPSHOTS_FOREIGN      /* they cannot: the ids there are others */
};
/* Of one that is visited; and its folder's name, borrowed for as long. */
enum snapshots_state snapshots_state(const struct snapshots *flavour, const char **ret_name);
int snapshots_each_flavour(struct snapshots *snapshots, snapshots_visitor *visit, void *context,
			   struct error *err) must_check;
/* Only moves it into the lease's tmp/, with which it goes: takes no time while others wait. */
int snapshot_set_aside(struct snapshots *snapshots, const struct digest *chain_id,
		       struct error *err) must_check;

#endif
