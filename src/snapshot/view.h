/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A merged, read-only look at a stack of snapshot directories without mounting anything: what an
 * overlay of them would show, by descriptors. COPY needs no more than this on either side, so it
 * runs without any privilege. Lower directories first. Symlinks inside are resolved by us, against
 * the merged view, never by the kernel against one layer.
 */
#ifndef CBUILD_SNAPSHOT_VIEW_H
#define CBUILD_SNAPSHOT_VIEW_H

#include "base/fs_entry.h"
#include "base/strv.h"
#include "snapshot/snapshot.h"

struct snapshot_view;

enum { VIEW_SYMLINKS_MAX = 40 };

/* n 0 = the empty tree (its root is a directory 0755, 0:0). */
int snapshot_view_open(const struct snapshots *snapshots, const struct digest *chain_ids,
		       size_t n_chain_ids, struct snapshot_view **ret_view, struct error *err)
	must_check;
/*
 * The same over directories of the caller's, whose descriptors are duplicated (drafts, what was
 * unpacked aside), of the format that the snapshots have (NULL: overlay's).
 */
int snapshot_view_of_dirs(const struct snapshots *snapshots, const int *dir_fds, size_t n,
			  struct snapshot_view **ret_view, struct error *err) must_check;
/* One directory without any marks: of a format only how owners are recorded there counts. */
int snapshot_view_of_plain(const struct snapshot_format *like, int dir_fd,
			   struct snapshot_view **ret_view, struct error *err) must_check;
void snapshot_view_free(struct snapshot_view *view);
DEFINE_CLEANUP(struct snapshot_view *, snapshot_view_free);

/*
 * What is at root_path (cleaned); the last component is not followed, symlinks before it are an
 * error of the caller's: resolve first. 1/0/-1. Strings of the entry live as long as the view.
 */
int snapshot_view_find(struct snapshot_view *view, const char *root_path,
		       struct fs_entry *ret_entry, struct error *err) must_check;
/*
 * Resolves symlinks in every component as if chrooted (the last one too, with follow_last). What
 * does not exist is kept as written behind the last existing part. The result is cleaned and the
 * caller's. A loop, or a file in the middle, is an error.
 */
int snapshot_view_resolve(struct snapshot_view *view, const char *root_path, bool follow_last,
			  char **ret_path, struct error *err) must_check;
/* Opens a regular file or directory for reading; 1/0/-1. Not through symlinks. */
int snapshot_view_open_file(struct snapshot_view *view, const char *root_path, int *ret_fd,
			    struct error *err) must_check;
/* Names in a directory, merged, sorted by byte; whiteouts are gone. */
int snapshot_view_list(struct snapshot_view *view, const char *root_path, struct strv *names,
		       struct error *err) must_check;
/*
 * Whole trees in walk order (path_compare), the top itself first. The entry's strings are valid
 * during the call only. Hard links show as files; (dev, inode) are handed along to find them.
 */
typedef int snapshot_view_visitor(void *context, const struct fs_entry *entry, uint64_t dev,
				  uint64_t inode, struct error *err);
int snapshot_view_walk(struct snapshot_view *view, const char *root_path,
		       snapshot_view_visitor *visit, void *context, struct error *err) must_check;
/* The same, and where an entry is. */
struct snapshot_view_item {
	const struct fs_entry *entry;
	uint64_t dev, inode;
	uint64_t n_names; /* of the inode */
	size_t layer;	  /* the snapshot that it comes from, as they were given */
};
typedef int snapshot_view_item_visitor(void *context, const struct snapshot_view_item *item,
				       struct error *err);
int snapshot_view_walk_items(struct snapshot_view *view, const char *root_path,
			     snapshot_view_item_visitor *visit, void *context, struct error *err)
	must_check;

#endif
