/* SPDX-License-Identifier: Apache-2.0 */
/* What a view holds; for the files of this folder. */
#ifndef CBUILD_SNAPSHOT_VIEW_STATE_H
#define CBUILD_SNAPSHOT_VIEW_STATE_H

#include "merged.h"

#include "base/arena.h"
#include "snapshot/view.h"

struct snapshot_view {
	int *fds;
	struct layers layers;
	struct arena arena; /* strings of entries that were found */
	/* the directory last looked into: the next is mostly the same or below it */
	char *path;
	struct merged_dir dir;
};

/* The directory at a cleaned path; 1 and borrowed until the next call, 0, -1. */
int view_dir(struct snapshot_view *view, const char *root_path, const struct merged_dir **ret_dir,
	     struct error *err) must_check;
/* What is at a cleaned path that is not ""; *ret_dir and *ret_part are where it is. */
int view_stat(struct snapshot_view *view, const char *root_path, struct stat *ret_st,
	      const struct merged_dir **ret_dir, size_t *ret_part, struct error *err) must_check;

#endif
