/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step was given as a copy, and what of it is left as it was. A file whose inode was changed
 * last while the copy was made, in a directory that still is where it was put, cannot have been
 * touched: its change time is nothing that a step can set. All else is looked at by who reads the
 * changes.
 */
#ifndef CBUILD_SNAPSHOT_COPY_MEMORY_H
#define CBUILD_SNAPSHOT_COPY_MEMORY_H

#include "base/map.h"
#include "snapshot/view.h"

#include <time.h>

struct copy_memory {
	struct timespec first, last; /* of the file system's clock */
	int64_t clock;		     /* how far the clock of the wall was ahead of the other */
	struct map dirs;	     /* inode -> path */
	bool is_trusted;	     /* its clock ticked on since */
};

struct copy_memory *copy_memory_new(void);
void copy_memory_free(struct copy_memory *memory);
DEFINE_CLEANUP(struct copy_memory *, copy_memory_free);

/* Before the copy is made, and when it is done; tmp_fd is of the same file system. */
int copy_memory_begin(struct copy_memory *memory, int tmp_fd, struct error *err) must_check;
int copy_memory_end(struct copy_memory *memory, int tmp_fd, struct error *err) must_check;

/*
 * Turns the tree that was a copy of the view into a layer over it: what was not touched is removed,
 * what is gone is marked. Directories keep their times.
 */
int copy_memory_reduce(const struct copy_memory *memory, int root_fd, struct snapshot_view *below,
		       struct error *err) must_check;

#endif
