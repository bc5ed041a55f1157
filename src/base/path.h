/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as text, without looking at any file system. "root paths" name something inside an image
 * or context; in cleaned form they have no leading or trailing slash, no "." or "..", and the root
 * itself is "". Turning one into a file is the business of fs.h, beneath a descriptor.
 */
#ifndef CBUILD_BASE_PATH_H
#define CBUILD_BASE_PATH_H

#include "base/buf.h"

#include <stdbool.h>

/*
 * Go's path.Clean("/" + path) without the leading slash: ".." cannot climb above the root, so the
 * result always stays inside. Owned by the caller.
 */
char *path_clean(const char *path);
/* Go's path.Clean as it is: keeps a leading slash, leading ".."s of a relative path, "." for
 * nothing. */
char *path_clean_go(const char *path);
/* "base/name"; with an empty base just the name. Owned by the caller. */
char *path_join(const char *base, const char *name);
/* The part behind the last slash. Borrowed. */
const char *path_base_name(const char *path);
/* Cleaned root path: the parent ("" for a top-level name). Owned by the caller. */
char *path_parent(const char *path);
/* Cleaned root paths: is `path` the same as `top` or below it? "" contains everything. */
bool path_is_within(const char *path, const char *top);
/*
 * Order of a tree walk that visits a directory's names in byte order and each directory before
 * what is in it: as strcmp, but '/' sorts before every other byte.
 */
int path_compare(const char *a, const char *b);

#endif
