/* SPDX-License-Identifier: Apache-2.0 */
#include "member_record.h"

#include "base/alloc.h"

#include <string.h>

/* A digest is as good a hash as any. */
static size_t hash(const struct digest *digest)
{
	size_t value;

	memcpy(&value, digest->bytes, sizeof(value));
	return value;
}

static struct member_record record_of(const struct member_lookup *lookup,
				      const struct member_slot *slot)
{
	return member_index_get(lookup->sources[slot->source].index, slot->member_plus_1 - 1);
}

/* The slot that has it, or the free one where it belongs. */
static struct member_slot *find_slot(const struct member_lookup *lookup, const struct digest *plain)
{
	size_t i = hash(plain) & (lookup->n_slots - 1);

	while (lookup->slots[i].member_plus_1) {
		struct member_record record = record_of(lookup, &lookup->slots[i]);
		if (digest_equal(&record.plain, plain))
			break;
		i = (i + 1) & (lookup->n_slots - 1);
	}
	return &lookup->slots[i];
}

static void add_members(struct member_lookup *lookup, uint32_t source)
{
	const struct member_index *index = lookup->sources[source].index;

	for (size_t i = 0; i < index->len; i++) {
		struct member_record record = member_index_get(index, i);
		struct member_slot *slot = find_slot(lookup, &record.plain);
		if (!slot->member_plus_1)
			*slot = (struct member_slot){ source, (uint32_t)i + 1 };
	}
}

/* Those that this compressor made; returns how many members they have together. */
static size_t take_sources(struct member_lookup *lookup, const char *compressor)
{
	const struct member_index *const *indexes = NULL;
	size_t n = lookup->earlier->list(lookup->earlier->context, &indexes), n_members = 0;

	lookup->sources = xcalloc(n, sizeof(*lookup->sources));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(indexes[i]->compressor, compressor) != 0)
			continue;
		lookup->sources[lookup->n_sources++] =
			(struct member_source){ .index = indexes[i], .blob_fd = -1 };
		n_members += indexes[i]->len;
	}
	return n_members;
}

void member_lookup_init(struct member_lookup *lookup, const struct pack_earlier *earlier,
			const char *compressor)
{
	*lookup = (struct member_lookup){ .earlier = earlier };
	(void)pthread_mutex_init(&lookup->lock, NULL);
	size_t n_members = take_sources(lookup, compressor);
	if (!n_members)
		return;
	lookup->n_slots = 16;
	while (lookup->n_slots < 2 * n_members)
		lookup->n_slots *= 2;
	lookup->slots = xcalloc(lookup->n_slots, sizeof(*lookup->slots));
	for (size_t i = 0; i < lookup->n_sources; i++)
		add_members(lookup, (uint32_t)i);
}

void member_lookup_release(struct member_lookup *lookup)
{
	if (!lookup->earlier)
		return;
	for (size_t i = 0; i < lookup->n_sources; i++)
		close_fd_at(&lookup->sources[i].blob_fd);
	(void)pthread_mutex_destroy(&lookup->lock);
	free(lookup->sources);
	free(lookup->slots);
	*lookup = (struct member_lookup){ 0 };
}

/* The blob that the source describes, or -1. */
static int blob_of(struct member_lookup *lookup, struct member_source *source)
{
	(void)pthread_mutex_lock(&lookup->lock);
	if (!source->was_opened && lookup->n_open < MEMBER_SOURCES_OPEN_MAX) {
		source->was_opened = true;
		source->blob_fd =
			lookup->earlier->open(lookup->earlier->context, &source->index->blob);
		lookup->n_open += source->blob_fd >= 0;
	}
	int fd = source->blob_fd;
	(void)pthread_mutex_unlock(&lookup->lock);
	return fd;
}

bool member_lookup_take(struct member_lookup *lookup, const struct digest *plain, size_t plain_len,
			struct buf *packed, struct digest *ret_packed)
{
	if (!lookup->n_slots)
		return false;
	const struct member_slot *slot = find_slot(lookup, plain);
	if (!slot->member_plus_1)
		return false;
	struct member_record record = record_of(lookup, slot);
	if (record.plain_len != plain_len)
		return false;
	int blob_fd = blob_of(lookup, &lookup->sources[slot->source]);
	if (blob_fd < 0 || !member_record_read(&record, blob_fd, packed))
		return false;
	*ret_packed = record.packed;
	return true;
}
