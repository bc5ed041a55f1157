/* SPDX-License-Identifier: Apache-2.0 */
/* Where a path leads when its symlinks are followed as if its tree were "/". */
#ifndef CBUILD_CONTEXT_FOLLOW_H
#define CBUILD_CONTEXT_FOLLOW_H

#include "base/error.h"

/*
 * Is dir/name a symlink, and to what? `path` is the two joined; neither goes over a link. 1 and a
 * text that is the caller's, 0 when it is something else or nothing, -1.
 */
typedef int follow_reader(void *context, const char *dir, const char *name, const char *path,
			  char **ret_target, struct error *err);

/*
 * 1 and a cleaned path without links, the caller's; what is not there stays as written. 0 when more
 * than max_links had to be followed.
 */
int follow_links(const char *path, int max_links, follow_reader *read_link, void *context,
		 char **ret_path, struct error *err) must_check;

#endif
