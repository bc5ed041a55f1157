/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a COPY, ADD or WORKDIR changes in a tree, worked out without touching any disk: entries that
 * land on a merged view of the destination. At the end it is an ordered list of layer entries: what
 * landed and is not as it was, with the parent directories that have to be named for it.
 */
#ifndef CBUILD_EXEC_LANDING_H
#define CBUILD_EXEC_LANDING_H

#include "base/arena.h"
#include "base/fs_entry.h"
#include "base/map.h"
#include "base/vec.h"
#include "snapshot/view.h"

/* Where the content of a landed file is read from. */
struct landed_content {
	/* Opens by `path`; NULL = `data` is the content. */
	int (*open)(void *context, const char *path, int *ret_fd, struct error *err);
	void *context;
	const char *path;
	const void *data;
	size_t len;
};

struct landed {
	struct fs_entry entry; /* path: where it lands; strings in the arena */
	struct landed_content content;
	uint64_t link_group; /* names of one inode, as landing_link_group() gave it; 0 = alone */
	bool is_dropped;     /* as it was before */
	bool is_new; /* a directory where nothing was: the view has nothing below it either */
	bool is_existing_parent; /* named only for what changed in it */
};

struct landing {
	struct arena arena;
	struct snapshot_view *view; /* the destination as it is; borrowed */
	VEC(struct landed) entries;
	struct map by_path; /* path -> index + 1 */
	int64_t now;	    /* time of directories made on the way */
	uint64_t n_link_groups;
};

void landing_init(struct landing *landing, struct snapshot_view *view, int64_t now);
void landing_release(struct landing *landing);
DEFINE_RELEASE(struct landing, landing_release);

/* What is at the path now, what landed included; 1/0/-1. */
int landing_find(struct landing *landing, const char *path, struct fs_entry *ret_entry,
		 struct error *err) must_check;
/*
 * Lands an entry, replacing what landed there before; strings are copied. A name of a hard-linked
 * file lands like any file, with the group of its inode: which names are still there and changed,
 * and so are links to the first of them, is known at the end.
 */
void landing_put(struct landing *landing, const char *path, const struct fs_entry *entry,
		 const struct landed_content *content);
/* A directory where landing_find says that there is nothing: what is in it is not looked up. */
void landing_put_new_dir(struct landing *landing, const char *path, const struct fs_entry *entry);
void landing_put_linked(struct landing *landing, const char *path, const struct fs_entry *entry,
			const struct landed_content *content, uint64_t link_group);
/*
 * The group of a source's inode; `groups` is the map of one source tree, (NULL-initialised and
 * released by the caller), since links do not reach across sources. Inode 0 is in none.
 */
uint64_t landing_link_group(struct landing *landing, struct map *groups, uint64_t dev,
			    uint64_t inode);
/*
 * Makes the directories above `path` that are missing. An existing one that is no directory is an
 * error.
 */
int landing_make_parents(struct landing *landing, const char *path, uint32_t mode, uint32_t uid,
			 uint32_t gid, struct error *err) must_check;
/* A directory itself; 1 made, 0 it was there, -1. */
int landing_make_dir(struct landing *landing, const char *path, uint32_t mode, uint32_t uid,
		     uint32_t gid, struct error *err) must_check;

/*
 * The layer: sorted, unchanged entries dropped, existing parents added. Valid while the landing
 * lives; the array is the caller's.
 */
int landing_finish(struct landing *landing, struct landed **ret_entries, size_t *ret_n,
		   struct error *err) must_check;

#endif
