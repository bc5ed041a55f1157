/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tar headers to the byte: a ustar header, and before it a PAX header only where a field does not
 * fit or is not ASCII. Nothing depends on locale, clock or user; records are sorted by key.
 */
#ifndef CBUILD_LAYER_TAR_WRITE_H
#define CBUILD_LAYER_TAR_WRITE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/fs_entry.h"

enum { TAR_BLOCK_SIZE = 512 };

#define TAR_WHITEOUT_PREFIX ".wh."
#define TAR_OPAQUE_NAME	    ".wh..wh..opq"

/*
 * Replaces *header by the header blocks of the entry and *path by the name it has there. Times are
 * written in whole seconds as they are. Refused: a name that would read as a whiteout, a capability
 * bound to a user namespace.
 */
int tar_write_header(const struct fs_entry *entry, struct buf *path, struct buf *header,
		     struct error *err) must_check;

/* For paddings and the end of an archive. */
extern const unsigned char tar_zeros[TAR_BLOCK_SIZE];

/* How many bytes make `size` a whole number of blocks. */
static inline size_t tar_padding(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK_SIZE);
}

#endif
