/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where nothing can be mounted: what a step shall find under a name takes the place of what the
 * tree has there, which waits beside it under another name, and comes back afterwards. Directories
 * keep their times.
 */
#ifndef CBUILD_SANDBOX_COVER_H
#define CBUILD_SANDBOX_COVER_H

#include "target.h"

#include "base/buf.h"

struct cover {
	int parent_fd; /* -1: none */
	char name[256];
	struct buf aside; /* the other name */
	bool has_kept;	  /* something waits under it */
};

/* Makes the new thing under `name` in parent_fd. */
typedef int cover_maker(void *context, int parent_fd, const char *name, struct error *err);

/* root_path: cleaned; a parent that is missing is made, and is a stub. */
int cover_put(int root_fd, const char *root_path, cover_maker *make, void *context,
	      struct stubs *stubs, struct cover *ret_cover, struct error *err) must_check;
/* What the step did to it is gone with it. */
int cover_remove(struct cover *cover, struct error *err) must_check;

#endif
