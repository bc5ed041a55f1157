/* SPDX-License-Identifier: Apache-2.0 */
/* What an open cache holds; for the files of this folder. */
#ifndef CBUILD_CACHE_STATE_H
#define CBUILD_CACHE_STATE_H

#include "record.h"

struct cache {
	int fd; /* cache/ */
	bool knows_boot;
	struct boot_id boot;
};

/* Puts a file into place below cache/, in its folder `dir`, which is made where it is missing. */
int cache_write_file(struct cache *cache, const char *dir, const char *name,
		     const struct buf *bytes, struct error *err) must_check;

#endif
