/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar stream cut into members, entry by entry. Where it is cut is decided by the entries alone:
 *
 *   - a small entry (content up to 512 KiB) that would make the member larger than 1 MiB starts a
 *     new one;
 *   - behind a small entry, in a member of at least 128 KiB, a hash of its path and content says
 *     whether to cut, the likelier the longer the entry, once in 256 KiB on average;
 *   - a bigger file starts a member unless the open one is below 128 KiB, is cut every 512 KiB
 *     of its content, and what is left is a member's end when that has 128 KiB.
 *
 * So a change in one file moves no cut far from it, and equal runs of files give equal members.
 */
#ifndef CBUILD_LAYER_MEMBERS_H
#define CBUILD_LAYER_MEMBERS_H

#include "member_pool.h"

#include "base/progress.h"

enum { MEMBER_PIECE_SIZE = 512 * 1024, MEMBER_HEADER_MAX = 64 * 1024 };

struct members {
	struct member_pool *pool;
	const struct progress *progress;
	struct member *open; /* being filled, or NULL */
	struct hasher tar;   /* everything */
	struct hasher content;
	uint64_t size; /* of what was cut off so far */

	/* the entry at hand */
	struct digest path_digest;
	uint64_t content_left;
	size_t piece_left, record_len, padding;
	bool is_big, is_hashed;
};

/* Pool and progress are borrowed. */
void members_init(struct members *members, struct member_pool *pool,
		  const struct progress *progress);
void members_release(struct members *members);
DEFINE_RELEASE(struct members, members_release);

/*
 * An entry begins: its header blocks (at most MEMBER_HEADER_MAX), then content_len bytes must be
 * added, then it ends. With wants_digest, members_end tells the digest of the content.
 */
int members_begin(struct members *members, const struct buf *path, const struct buf *header,
		  uint64_t content_len, bool wants_digest, struct error *err) must_check;
/*
 * Where the next content goes: at most *ret_len bytes, 0 when all is there. One more byte may be
 * written behind them to see whether a file has more than it said.
 */
unsigned char *members_room(const struct members *members, size_t *ret_len);
int members_added(struct members *members, size_t len, struct error *err) must_check;
/* `padding` fills the last block. The digest of the content, only where it was wanted. */
struct digest members_end(struct members *members, const void *padding);

/* What belongs to no entry: the end of the archive, or what cannot be read as one. */
int members_add_block(struct members *members, const void *block, size_t len, struct error *err)
	must_check;
int members_finish(struct members *members, struct pack_result *ret_result, struct error *err)
	must_check;

#endif
