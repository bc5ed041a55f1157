/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"

#include "tar_write.h"

#include <assert.h>
#include <string.h>

/* A cut every so many bytes on average, once a member has its least size. */
enum { CUT_DISTANCE = 256 * 1024 };

void members_init(struct members *members, struct member_pool *pool,
		  const struct progress *progress)
{
	*members = (struct members){ .pool = pool, .progress = progress };
	hasher_start(&members->tar);
	hasher_start(&members->content);
}

void members_release(struct members *members)
{
	hasher_release(&members->tar);
	hasher_release(&members->content);
}

static int ensure_open(struct members *members, struct error *err)
{
	return members->open ? 0 : member_pool_take(members->pool, &members->open, err);
}

static void cut(struct members *members)
{
	if (!members->open || !members->open->plain_len)
		return;
	hasher_add(&members->tar, members->open->plain, members->open->plain_len);
	members->size += members->open->plain_len;
	members->open = NULL;
	member_pool_give(members->pool);
	progress_advance(members->progress, members->size, 0);
}

static size_t open_len(const struct members *members)
{
	return members->open ? members->open->plain_len : 0;
}

static void append(struct members *members, const void *data, size_t len)
{
	assert(members->open->plain_len + len < MEMBER_ROOM);
	memcpy(members->open->plain + members->open->plain_len, data, len);
	members->open->plain_len += len;
}

int members_begin(struct members *members, const struct buf *path, const struct buf *header,
		  uint64_t content_len, bool wants_digest, struct error *err)
{
	assert(header->len <= MEMBER_HEADER_MAX);
	members->is_big = content_len > MEMBER_PIECE_SIZE;
	members->is_hashed = wants_digest || !members->is_big;
	members->content_left = content_len;
	members->padding = tar_padding(content_len);
	members->piece_left = MEMBER_PIECE_SIZE;
	if (members->is_big) {
		if (open_len(members) >= MEMBER_SIZE_MIN)
			cut(members);
	} else {
		members->record_len = header->len + (size_t)content_len + members->padding;
		if (open_len(members) + members->record_len > MEMBER_SIZE_MAX)
			cut(members);
		members->path_digest = digest_of(path->data, path->len);
	}
	if (ensure_open(members, err) < 0)
		return -1;
	append(members, header->data, header->len);
	if (members->is_hashed)
		hasher_start(&members->content);
	return 0;
}

unsigned char *members_room(const struct members *members, size_t *ret_len)
{
	*ret_len = members->piece_left < members->content_left ? members->piece_left
							       : (size_t)members->content_left;
	return members->open->plain + members->open->plain_len;
}

int members_added(struct members *members, size_t len, struct error *err)
{
	assert(len <= members->piece_left && len <= members->content_left);
	if (members->is_hashed)
		hasher_add(&members->content, members->open->plain + members->open->plain_len, len);
	members->open->plain_len += len;
	members->piece_left -= len;
	members->content_left -= len;
	if (members->piece_left || !members->content_left)
		return 0;
	cut(members);
	members->piece_left = MEMBER_PIECE_SIZE;
	return ensure_open(members, err);
}

/* Four bytes of a hash of both digests against the length's share of the distance. */
static bool says_cut(const struct members *members, const struct digest *content)
{
	struct digest both[2] = { members->path_digest, *content };
	struct digest digest = digest_of(both, sizeof(both));
	const unsigned char *bytes = digest.bytes;
	uint64_t hash = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 |
			(uint64_t)bytes[2] << 8 | bytes[3];

	return hash * CUT_DISTANCE < (uint64_t)members->record_len << 32;
}

struct digest members_end(struct members *members, const void *padding)
{
	struct digest digest = { { 0 } };

	assert(!members->content_left);
	append(members, padding, members->padding);
	if (members->is_hashed)
		digest = hasher_finish(&members->content);
	if (open_len(members) >= MEMBER_SIZE_MIN && (members->is_big || says_cut(members, &digest)))
		cut(members);
	return digest;
}

int members_add_block(struct members *members, const void *block, size_t len, struct error *err)
{
	if (open_len(members) + len > MEMBER_SIZE_MAX)
		cut(members);
	if (ensure_open(members, err) < 0)
		return -1;
	append(members, block, len);
	return 0;
}

int members_finish(struct members *members, struct pack_result *ret_result, struct error *err)
{
	cut(members);
	if (member_pool_finish(members->pool, ret_result, err) < 0)
		return -1;
	ret_result->diff_id = hasher_finish(&members->tar);
	ret_result->plain_size = members->size;
	member_pool_index(members->pool, ret_result);
	return 0;
}
