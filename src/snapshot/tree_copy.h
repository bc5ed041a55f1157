/* SPDX-License-Identifier: Apache-2.0 */
/* A merged view as a directory of its own, file by file. */
#ifndef CBUILD_SNAPSHOT_TREE_COPY_H
#define CBUILD_SNAPSHOT_TREE_COPY_H

#include "base/map.h"
#include "snapshot/view.h"

/*
 * Into an empty directory; the root's own mode and owner are the caller's business. Of each
 * directory that is made the inode is noted in `dirs` (may be NULL): hexadecimal number -> path,
 * which is the map's user's to free.
 */
int tree_copy(struct snapshot_view *view, int to_fd, struct map *dirs, struct error *err)
	must_check;

#endif
