/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a member index: writing one while a blob is made, and finding members in some. */
#ifndef CBUILD_LAYER_MEMBER_RECORD_H
#define CBUILD_LAYER_MEMBER_RECORD_H

#include "layer/member_index.h"
#include "layer/pack.h"

#include <pthread.h>

struct member_record {
	struct digest plain, packed;
	uint64_t offset;
	uint32_t packed_len, plain_len;
};

/* incompressible data grows a little; nothing sound is longer */
enum { MEMBER_PACKED_SIZE_MAX = 2 * 1024 * 1024 };

struct member_index {
	struct buf bytes; /* the file */
	struct digest blob;
	uint64_t blob_size;
	const char *compressor; /* in bytes */
	size_t len;
};

/* Of the file of an index of so many members. */
size_t member_index_size(size_t n_members);

struct member_record member_index_get(const struct member_index *index, size_t i);
/* True if the bytes are there and are what the record says. */
bool member_record_read(const struct member_record *record, int blob_fd, struct buf *packed);

/* Appends the record to those of a blob that is being made. */
void member_record_encode(const struct member_record *record, struct buf *records);
/* The whole index from its records. */
void member_index_encode(const char *compressor, const struct pack_result *blob,
			 const struct buf *records, struct buf *out);

/* A blob is opened when it is first of help; one that cannot be had is never asked for again. */
struct member_source {
	const struct member_index *index;
	int blob_fd;
	bool was_opened;
};

/* descriptors for the blobs of one look-up */
enum { MEMBER_SOURCES_OPEN_MAX = 64 };

/* Members of earlier blobs by the digest of their plain bytes. */
struct member_lookup {
	const struct pack_earlier *earlier;
	struct member_source *sources;
	size_t n_sources, n_open;
	struct member_slot {
		uint32_t source, member_plus_1; /* 0 = free */
	} * slots;
	size_t n_slots;	      /* a power of two, or 0 */
	pthread_mutex_t lock; /* opening blobs */
};

/* Asks for the earlier blobs, and keeps those that this compressor made. */
void member_lookup_init(struct member_lookup *lookup, const struct pack_earlier *earlier,
			const char *compressor);
void member_lookup_release(struct member_lookup *lookup);
/*
 * True, and its compressed bytes in *packed, if an earlier blob has the member and its bytes are
 * what its index says; that a blob is gone or damaged is no error, only no help. May be called from
 * several threads at a time.
 */
bool member_lookup_take(struct member_lookup *lookup, const struct digest *plain, size_t plain_len,
			struct buf *packed, struct digest *ret_packed);

#endif
