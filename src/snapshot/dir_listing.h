/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in one merged directory, read in one go, so that no descriptor of it needs to stay open
 * while what lies below is looked at: the depth of a tree costs memory, never descriptors.
 */
#ifndef CBUILD_SNAPSHOT_DIR_LISTING_H
#define CBUILD_SNAPSHOT_DIR_LISTING_H

#include "merged.h"

#include "base/arena.h"
#include "base/fs_entry.h"

struct dir_listing_item {
	const char *name;
	struct stat st;
	const char *target;	/* of a symlink */
	const void *capability; /* of a file, or NULL */
	size_t capability_len;
	const size_t *layers; /* those that have the name, topmost first */
	size_t n_layers;
};

struct dir_listing {
	struct arena arena;		/* of everything in it */
	struct dir_listing_item *items; /* by name, byte for byte */
	size_t n;
};

#define LISTING_INIT                \
	{                           \
		ARENA_INIT, NULL, 0 \
	}

enum dir_listing_detail {
	LISTING_NAMES,	 /* names, types and layers only */
	LISTING_ENTRIES, /* everything */
	LISTING_RAW	 /* everything, and whiteouts are listed as the devices they are */
};

int dir_listing_read(const struct merged_dir *dir, enum dir_listing_detail detail,
		     struct dir_listing *ret_listing, struct error *err) must_check;
void dir_listing_release(struct dir_listing *listing);
DEFINE_RELEASE(struct dir_listing, dir_listing_release);

/* Strings are lent. */
void dir_listing_entry(const struct dir_listing_item *item, const char *path,
		       struct fs_entry *ret_entry);
int dir_listing_read_target(int dir_fd, const char *name, char *target, size_t size,
			    struct error *err) must_check;

#endif
