/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a blob made here consists of: for each member the digest and length of its plain bytes,
 * where its compressed bytes lie in the blob, and their digest; and which compressor made them.
 * With it a later layer takes over members that it has in common with an earlier one instead of
 * compressing them again; the bytes are the same either way.
 *
 * On disk: fixed little-endian fields, then 80 bytes a member, then the SHA-256 of all that. A file
 * that is torn, of another format or damaged is ERROR_CORRUPT, and to be treated as not there.
 */
#ifndef CBUILD_LAYER_MEMBER_INDEX_H
#define CBUILD_LAYER_MEMBER_INDEX_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

enum {
	MEMBER_INDEX_VERSION = 1,
	MEMBER_INDEX_COMPRESSOR_SIZE = 64,
	/* 64 GiB of plain layer in members of 128 KiB */
	MEMBER_INDEX_SIZE_MAX = 48 * 1024 * 1024
};

struct member_index;

/* Reads what is left of fd. `what` names it in errors. */
int member_index_read(int fd, const char *what, struct member_index **ret_index, struct error *err)
	must_check;
void member_index_free(struct member_index *index);
DEFINE_CLEANUP(struct member_index *, member_index_free);

/* The blob that it describes. Borrowed. */
const struct digest *member_index_blob(const struct member_index *index);
size_t member_index_len(const struct member_index *index);

/* Hashes every member of the blob: 1 as the index says, 0 not, -1 cannot be read. */
int member_index_verify(const struct member_index *index, int blob_fd, struct error *err)
	must_check;

#endif
