/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree that COPY reads from: a build context (through its listing, so that nothing ignored can be
 * seen) or the result of a stage or image (through a merged view of its snapshots). All paths are
 * cleaned root paths.
 */
#ifndef CBUILD_EXEC_COPY_TREE_H
#define CBUILD_EXEC_COPY_TREE_H

#include "base/fs_entry.h"
#include "snapshot/view.h"

struct copy_tree {
	/* What is at the path, its last component not followed; 1/0/-1. */
	int (*find)(void *context, const char *path, struct fs_entry *ret_entry, struct error *err);
	/* Symlinks resolved inside the tree, the last one too. */
	int (*resolve)(void *context, const char *path, char **ret_path, struct error *err);
	/* The path itself first, then all below it in walk order. */
	int (*walk)(void *context, const char *path, snapshot_view_visitor *visit, void *arg,
		    struct error *err);
	int (*open)(void *context, const char *path, int *ret_fd, struct error *err);
	/* The names in a directory, or NULL: who asks for a path that is not there is not helped.
	 */
	int (*list)(void *context, const char *path, struct strv *names, struct error *err);
	void *context;
	bool is_context; /* owners become 0:0, capabilities go */
};

struct exec_context;

struct copy_tree copy_tree_of_view(struct snapshot_view *view);
struct copy_tree copy_tree_of_context(const struct exec_context *context);

#endif
