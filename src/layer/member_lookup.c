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

static bool is_usable(const struct pack_reuse *source, const char *compressor)
{
	return strcmp(source->index->compressor, compressor) == 0;
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

void member_lookup_init(struct member_lookup *lookup, const struct pack_reuse *sources,
			size_t n_sources, const char *compressor)
{
	size_t n_members = 0;

	*lookup = (struct member_lookup){ .sources = sources };
	for (size_t i = 0; i < n_sources; i++)
		if (is_usable(&sources[i], compressor))
			n_members += sources[i].index->len;
	if (!n_members)
		return;
	lookup->n_slots = 16;
	while (lookup->n_slots < 2 * n_members)
		lookup->n_slots *= 2;
	lookup->slots = xcalloc(lookup->n_slots, sizeof(*lookup->slots));
	for (size_t i = 0; i < n_sources; i++)
		if (is_usable(&sources[i], compressor))
			add_members(lookup, (uint32_t)i);
}

void member_lookup_release(struct member_lookup *lookup)
{
	free(lookup->slots);
	lookup->slots = NULL;
	lookup->n_slots = 0;
}

bool member_lookup_take(const struct member_lookup *lookup, const struct digest *plain,
			size_t plain_len, struct buf *packed, struct digest *ret_packed)
{
	if (!lookup->n_slots)
		return false;
	const struct member_slot *slot = find_slot(lookup, plain);
	if (!slot->member_plus_1)
		return false;
	struct member_record record = record_of(lookup, slot);
	if (record.plain_len != plain_len ||
	    !member_record_read(&record, lookup->sources[slot->source].blob_fd, packed))
		return false;
	*ret_packed = record.packed;
	return true;
}
