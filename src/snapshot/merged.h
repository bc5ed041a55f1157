/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One directory as an overlay shows it: the directories of that name in the layers, topmost first,
 * down to the first that is opaque or above something that is none. Everything is opened by single
 * names below descriptors, or by whole paths without any symlink (openat2).
 */
#ifndef CBUILD_SNAPSHOT_MERGED_H
#define CBUILD_SNAPSHOT_MERGED_H

#include "format.h"

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Layer directories, lowest first; borrowed. */
struct layers {
	const int *fds;
	size_t n;
	const struct snapshot_format *format;
};

struct merged_part {
	size_t layer;
	int fd;
};

struct merged_dir {
	struct merged_part *parts; /* topmost first */
	size_t n;
	const struct snapshot_format *format;
};

#define MERGED_DIR_INIT       \
	{                     \
		NULL, 0, NULL \
	}

void merged_dir_release(struct merged_dir *dir);
DEFINE_RELEASE(struct merged_dir, merged_dir_release);

/* Is it a mark that hides what lies below, and nothing itself? */
bool merged_is_whiteout(const struct stat *st);

/* The root; no layer at all gives a directory without parts. */
int merged_open_root(const struct layers *layers, struct merged_dir *ret_dir, struct error *err)
	must_check;
/* The directory of that name in another one; 1/0/-1, 0 = there is none (or something else). */
int merged_open_child(const struct layers *layers, const struct merged_dir *dir, const char *name,
		      struct merged_dir *ret_dir, struct error *err) must_check;
/*
 * The same by path (cleaned), when it is known which layers its parent directory is made of
 * (indices, topmost first).
 */
int merged_open_path(const struct layers *layers, const char *path, const size_t *of, size_t n_of,
		     struct merged_dir *ret_dir, struct error *err) must_check;

/* What is there under a name; 1/0/-1. *ret_part is the part it is in. */
int merged_find(const struct merged_dir *dir, const char *name, struct stat *ret_st,
		size_t *ret_part, struct error *err) must_check;

#endif
