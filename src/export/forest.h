/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of the flattened file systems of a set of images, read before any is written. */
#ifndef CBUILD_EXPORT_FOREST_H
#define CBUILD_EXPORT_FOREST_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "export/export.h"
#include "snapshot/view.h"

struct tree {
	struct arena arena;
	const char *folder; /* "linux_arm64/" before every path, or "" */
	struct snapshot_view *view;
	VEC(struct fs_entry) entries;
	struct map links; /* inode -> first path */
	size_t next;
	bool has_epoch;
	int64_t epoch;
};

struct forest {
	struct tree *trees;
	size_t len;
	size_t current; /* whose entries come next */
};

void forest_release(struct forest *forest);
DEFINE_RELEASE(struct forest, forest_release);
int forest_read(const struct image_env *env, const struct tree_options *options,
		struct job_channel *channel, struct forest *ret_forest, struct error *err)
	must_check;

#endif
