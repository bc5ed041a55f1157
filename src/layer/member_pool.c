/* SPDX-License-Identifier: Apache-2.0 */
#include "member_pool.h"

#include "compress.h"
#include "member_record.h"

#include "base/alloc.h"

#include <pthread.h>
#include <string.h>

enum member_state { MEMBER_FREE, MEMBER_WAITING, MEMBER_RUNNING, MEMBER_DONE, MEMBER_FAILED };

struct slot {
	struct member member;
	enum member_state state;
	struct error err;
};

/* A ring: [written, given) is in flight, slots[given] is being filled by the caller. */
struct member_pool {
	const struct pack_options *options;
	const struct pack_sink *sink;
	struct compressor *compressor; /* the calling thread's */
	struct hasher hasher;
	uint64_t size, n_reused;
	struct member_lookup lookup;
	struct buf records;
	struct buf description; /* of the compressor */

	struct slot *slots;
	size_t n_slots;
	uint64_t written, given, claimed;
	pthread_t threads[PACK_THREADS_MAX];
	unsigned n_threads; /* started */
	bool may_not_start; /* no more of them can be had */

	pthread_mutex_t lock; /* claimed, given, state, is_over */
	pthread_cond_t work_came, work_done;
	bool is_over;
};

struct member_pool *member_pool_new(const struct pack_options *options,
				    const struct pack_sink *sink)
{
	struct member_pool *pool = xcalloc(1, sizeof(*pool));

	pool->options = options;
	pool->sink = sink;
	pool->n_slots = options->n_threads + 2;
	pool->slots = xcalloc(pool->n_slots, sizeof(*pool->slots));
	for (size_t i = 0; i < pool->n_slots; i++)
		pool->slots[i].member.packed = (struct buf)BUF_INIT;
	pool->records = (struct buf)BUF_INIT;
	pool->description = (struct buf)BUF_INIT;
	compress_describe(options->compression, options->level, &pool->description);
	hasher_start(&pool->hasher);
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->work_came, NULL);
	(void)pthread_cond_init(&pool->work_done, NULL);
	return pool;
}

void member_pool_free(struct member_pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->is_over = true;
	(void)pthread_cond_broadcast(&pool->work_came);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->n_threads; i++)
		(void)pthread_join(pool->threads[i], NULL);
	(void)pthread_mutex_destroy(&pool->lock);
	(void)pthread_cond_destroy(&pool->work_came);
	(void)pthread_cond_destroy(&pool->work_done);
	for (size_t i = 0; i < pool->n_slots; i++) {
		free(pool->slots[i].member.plain);
		buf_release(&pool->slots[i].member.packed);
	}
	free(pool->slots);
	member_lookup_release(&pool->lookup);
	buf_release(&pool->records);
	buf_release(&pool->description);
	compressor_free(pool->compressor);
	hasher_release(&pool->hasher);
	free(pool);
}

/* Takes the member over from an earlier blob, or compresses it. */
static int pack_member(struct member_pool *pool, struct compressor **compressor,
		       struct member *member, struct error *err)
{
	const struct pack_options *options = pool->options;

	member->is_reused = false;
	if (options->index || pool->lookup.n_slots)
		member->plain_digest = digest_of(member->plain, member->plain_len);
	if (member_lookup_take(&pool->lookup, &member->plain_digest, member->plain_len,
			       &member->packed, &member->packed_digest)) {
		member->is_reused = true;
		return 0;
	}
	if (!*compressor)
		*compressor = compressor_new(options->compression, options->level);
	if (compressor_run(*compressor, member->plain, member->plain_len, &member->packed, err) < 0)
		return -1;
	if (options->index)
		member->packed_digest = digest_of(member->packed.data, member->packed.len);
	return 0;
}

/* Called and returns with the lock held; false when nothing waits. */
static bool run_one(struct member_pool *pool, struct compressor **compressor)
{
	if (pool->claimed == pool->given)
		return false;
	struct slot *slot = &pool->slots[pool->claimed++ % pool->n_slots];
	slot->state = MEMBER_RUNNING;
	(void)pthread_mutex_unlock(&pool->lock);
	int result = pack_member(pool, compressor, &slot->member, &slot->err);
	(void)pthread_mutex_lock(&pool->lock);
	slot->state = result < 0 ? MEMBER_FAILED : MEMBER_DONE;
	(void)pthread_cond_signal(&pool->work_done);
	return true;
}

static void *work(void *context)
{
	struct member_pool *pool = context;
	cleanup(compressor_free) struct compressor *compressor = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	while (!pool->is_over)
		if (!run_one(pool, &compressor))
			(void)pthread_cond_wait(&pool->work_came, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void add_record(struct member_pool *pool, const struct member *member, size_t packed_len)
{
	struct member_record record = { .plain = member->plain_digest,
					.packed = member->packed_digest,
					.offset = pool->size,
					.packed_len = (uint32_t)packed_len,
					.plain_len = (uint32_t)member->plain_len };

	member_record_encode(&record, &pool->records);
}

static int write_out(struct member_pool *pool, struct slot *slot, struct error *err)
{
	const void *data = slot->member.packed.data;
	size_t len = slot->member.packed.len;

	if (slot->state == MEMBER_FAILED) {
		*err = slot->err;
		return -1;
	}
	if (pool->options->compression == LAYER_UNCOMPRESSED) {
		data = slot->member.plain;
		len = slot->member.plain_len;
	}
	hasher_add(&pool->hasher, data, len);
	if (pool->options->index)
		add_record(pool, &slot->member, len);
	pool->size += len;
	pool->n_reused += slot->member.is_reused;
	if (pool->sink->write(pool->sink->context, data, len, err) < 0)
		return -1;
	slot->state = MEMBER_FREE;
	pool->written++;
	return 0;
}

/* The oldest member is done when this returns; instead of waiting, the caller does what waits. */
static struct slot *await_oldest(struct member_pool *pool)
{
	struct slot *slot = &pool->slots[pool->written % pool->n_slots];

	(void)pthread_mutex_lock(&pool->lock);
	while (slot->state != MEMBER_DONE && slot->state != MEMBER_FAILED)
		if (!run_one(pool, &pool->compressor))
			(void)pthread_cond_wait(&pool->work_done, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
	return slot;
}

int member_pool_take(struct member_pool *pool, struct member **ret_member, struct error *err)
{
	if (pool->given - pool->written == pool->n_slots &&
	    write_out(pool, await_oldest(pool), err) < 0)
		return -1;
	struct member *member = &pool->slots[pool->given % pool->n_slots].member;
	if (!member->plain)
		member->plain = xmalloc(MEMBER_ROOM);
	member->plain_len = 0;
	*ret_member = member;
	return 0;
}

/* Threads are started as work comes: most layers are one member, which needs none. */
static void start_thread(struct member_pool *pool)
{
	if (!pool->given || pool->may_not_start ||
	    pool->n_threads + 1 >= pool->options->n_threads ||
	    pool->options->compression == LAYER_UNCOMPRESSED)
		return;
	if (pthread_create(&pool->threads[pool->n_threads], NULL, work, pool) == 0)
		pool->n_threads++;
	else
		pool->may_not_start = true;
}

void member_pool_give(struct member_pool *pool)
{
	struct slot *slot = &pool->slots[pool->given % pool->n_slots];
	bool is_plain = pool->options->compression == LAYER_UNCOMPRESSED;

	if (is_plain && pool->options->index) {
		struct member *member = &slot->member;
		member->plain_digest = digest_of(member->plain, member->plain_len);
		member->packed_digest = member->plain_digest;
	}
	/* before any thread runs, and before the first member is compressed */
	if (pool->given == 1 && !is_plain && pool->options->earlier)
		member_lookup_init(&pool->lookup, pool->options->earlier, pool->description.data);
	start_thread(pool);
	(void)pthread_mutex_lock(&pool->lock);
	slot->state = is_plain ? MEMBER_DONE : MEMBER_WAITING;
	pool->given++;
	if (is_plain)
		pool->claimed++;
	(void)pthread_cond_signal(&pool->work_came);
	(void)pthread_mutex_unlock(&pool->lock);
}

int member_pool_finish(struct member_pool *pool, struct pack_result *result, struct error *err)
{
	while (pool->written < pool->given)
		if (write_out(pool, await_oldest(pool), err) < 0)
			return -1;
	result->digest = hasher_finish(&pool->hasher);
	result->size = pool->size;
	result->n_members = pool->written;
	result->n_reused = pool->n_reused;
	return 0;
}

void member_pool_index(const struct member_pool *pool, const struct pack_result *result)
{
	if (pool->options->index)
		member_index_encode(pool->description.data, result, &pool->records,
				    pool->options->index);
}
