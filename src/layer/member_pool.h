/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressing members on several cores, and writing them out in the order in which they were
 * given. The number of members in flight is fixed, so memory is bounded; the calling thread
 * compresses too when it would have to wait. Only the calling thread touches the sink.
 */
#ifndef CBUILD_LAYER_MEMBER_POOL_H
#define CBUILD_LAYER_MEMBER_POOL_H

#include "base/buf.h"
#include "layer/pack.h"

enum {
	MEMBER_SIZE_MIN = 128 * 1024,
	MEMBER_SIZE_MAX = 1024 * 1024,
	/* the two blocks that end an archive, and one byte read to see that a file did not grow */
	MEMBER_ROOM = MEMBER_SIZE_MAX + 1024 + 1,
	/* more threads than that are given nothing to do by one reader, and would take memory */
	PACK_THREADS_MAX = 8
};

struct member {
	unsigned char *plain; /* MEMBER_ROOM bytes */
	size_t plain_len;
	struct buf packed;
	struct digest plain_digest, packed_digest; /* where an index is wanted */
	bool is_reused;
};

struct member_pool;

/* options->level and n_threads have been made definite. All pointers are borrowed. */
struct member_pool *member_pool_new(const struct pack_options *options,
				    const struct pack_sink *sink);
void member_pool_free(struct member_pool *pool);
DEFINE_CLEANUP(struct member_pool *, member_pool_free);

/* An empty member to fill; waits for room. Borrowed until it is given. */
int member_pool_take(struct member_pool *pool, struct member **ret_member, struct error *err)
	must_check;
/* The member taken last is full. */
void member_pool_give(struct member_pool *pool);
/* Writes out what is left. Sets what it knows of the result: digest, size, members. */
int member_pool_finish(struct member_pool *pool, struct pack_result *result, struct error *err)
	must_check;
/* Appends the index of the finished blob where one is wanted; the result is complete by now. */
void member_pool_index(const struct member_pool *pool, const struct pack_result *result);

#endif
