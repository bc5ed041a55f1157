/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memo of file contents: (device, inode, size, mtime, ctime) -> SHA-256, one file per context
 * directory, so that an unchanged file is never read again. ctime is part of the identity: an edit
 * that keeps size and mtime is seen. A file whose times are not older than the memo's own writing
 * is racy (git's rule) and is hashed again. The memo is an index over xxHash, checked by xxHash;
 * a damaged one is empty. The whole identity is compared: the hash only finds. It never decides
 * that two contents are the same: SHA-256 does.
 */
#ifndef CBUILD_CACHE_CONTENT_H
#define CBUILD_CACHE_CONTENT_H

#include "base/digest.h"
#include "base/error.h"
#include "cache/cache.h"

#include <sys/stat.h>

struct content_memo;

/* `name` identifies the tree the files are in (a host path). */
int content_memo_open(struct cache *cache, const char *name, struct content_memo **ret_memo,
		      struct error *err) must_check;
/* The digest of the file behind st, if it is remembered; may be asked by several threads. */
bool content_memo_find(const struct content_memo *memo, const struct stat *st,
		       struct digest *ret_digest);
/* Remembers for the next time; st is from after the memo was opened and before the file was read.
 */
void content_memo_add(struct content_memo *memo, const struct stat *st,
		      const struct digest *digest);
/*
 * Writes what was found or added; what was neither for a few savings is forgotten (two builds of
 * one tree may take turns). Writes nothing where nothing was added, or so little that hashing it
 * again costs less than writing a large memo.
 */
int content_memo_save(struct content_memo *memo, struct error *err) must_check;
void content_memo_free(struct content_memo *memo);
DEFINE_CLEANUP(struct content_memo *, content_memo_free);

/* SHA-256 of what an open file holds, from its start; the count of bytes read may be NULL. */
int content_hash_fd(int fd, struct digest *ret_digest, uint64_t *ret_size, struct error *err)
	must_check;

#endif
