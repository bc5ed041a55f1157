/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory tree that is being written, beneath a root descriptor. One directory is open at a
 * time: the one that entries are made in. Every path is resolved anew by the kernel with the root
 * as "/" (a directory that stays the same from entry to entry is kept open, unless something was
 * removed meanwhile), and whatever is done in it is done to a single name that is never followed.
 *
 * What is made in a directory does not change its time: the time it had when it was entered is put
 * back when it is left. Modes that would lock us out are set at the end.
 */
#ifndef CBUILD_LAYER_TREE_H
#define CBUILD_LAYER_TREE_H

#include "base/buf.h"
#include "base/error.h"
#include "layer/unpack.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

/* Mode, owner and time as they shall be. */
struct tree_meta {
	uint32_t mode, uid, gid;
	struct timespec mtime;
};

struct tree {
	int root_fd; /* borrowed */
	const struct unpack_options *options;
	int fd;		      /* the open directory, or -1 */
	struct buf path;      /* its name, as it was given */
	struct timespec time; /* what it had when it was entered */
	bool has_marks;	      /* named marks were made */
	bool is_stale;	      /* something was removed: its path may lead elsewhere now */
	struct buf modes;     /* struct late_mode and path, one after the other */
};

void tree_init(struct tree *tree, int root_fd, const struct unpack_options *options);
void tree_release(struct tree *tree);
DEFINE_RELEASE(struct tree, tree_release);

/*
 * Opens the directory, and makes what is missing on the way (0755, owned by root or the owner that
 * options force, with `mtime`; or like the directory of that name in the layers below).
 */
int tree_enter(struct tree *tree, const char *dir_path, const struct timespec *mtime,
	       struct error *err) must_check;
int tree_leave(struct tree *tree, struct error *err) must_check;
/* Leaves, and sets the modes that had to wait. */
int tree_finish(struct tree *tree, struct error *err) must_check;

/* Removes whatever has this name in the open directory, a directory with all that is in it. */
int tree_clear(struct tree *tree, const char *name, struct error *err) must_check;
/* 1/0/-1 */
int tree_find(const struct tree *tree, const char *name, struct stat *ret_st, struct error *err)
	must_check;
/* A directory of this name: the one that is there, or a new one in place of what is there. */
int tree_make_dir(struct tree *tree, const char *name, int *ret_fd, struct error *err) must_check;
/* The path is only for the modes that have to wait. */
int tree_set_dir_meta(struct tree *tree, int fd, const char *path, const struct tree_meta *meta,
		      struct error *err) must_check;

/* As unpack_set_owner, by the caller's function or by chown. */
int tree_set_owner(const struct tree *tree, int fd, const char *name, uint32_t uid, uint32_t gid,
		   struct error *err) must_check;

/* Overlay: the directory hides what the layers below have in it. */
int tree_mark_opaque(const struct tree *tree, int fd, struct error *err) must_check;
bool tree_is_whiteout(const struct stat *st);

#endif
