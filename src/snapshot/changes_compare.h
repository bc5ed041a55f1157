/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is what stands in the upper as it was below? A file that was copied up and not changed is no
 * change. Times are compared as far as both have them: with no nanoseconds on either side they may
 * have been cut off, and only the contents tell.
 */
#ifndef CBUILD_SNAPSHOT_CHANGES_COMPARE_H
#define CBUILD_SNAPSHOT_CHANGES_COMPARE_H

#include "dir_listing.h"

/* Where a name is: below an open directory. */
struct place {
	int dir_fd;
	const char *name;
	const struct snapshot_format *format;
};

/* 1 as before, 0 changed, -1. Directories are compared without what is in them and their times. */
int changes_is_same(const struct place *upper, const struct dir_listing_item *item,
		    const struct place *below, const struct stat *below_st, struct error *err)
	must_check;

#endif
