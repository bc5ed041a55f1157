/* SPDX-License-Identifier: Apache-2.0 */
#include "memo.h"
#include "state.h"

#include "base/alloc.h"

#include <string.h>

/* So many savings an entry outlives that nobody asked for: two builds of one tree take turns. */
enum { MEMO_IDLE_MAX = 4 };

static int compare_added(const void *a, const void *b)
{
	const struct hashed_entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return memcmp(&x->entry.identity, &y->entry.identity, sizeof(x->entry.identity));
}

/* What is to be written: the same arrays as in the file. */
struct collection {
	uint64_t *hashes;
	struct memo_entry *entries;
	size_t n;
};

static void collection_release(struct collection *collection)
{
	free(collection->hashes);
	free(collection->entries);
}
DEFINE_RELEASE(struct collection, collection_release);

/* Each identity once; a later one of the same hash would never be found either. */
static void collect(struct collection *collection, uint64_t hash, const struct memo_entry *entry,
		    uint64_t idle)
{
	size_t n = collection->n;

	if (idle > MEMO_IDLE_MAX || n == MEMO_ENTRIES_MAX ||
	    (n && collection->hashes[n - 1] == hash))
		return;
	collection->hashes[n] = hash;
	collection->entries[n] = *entry;
	collection->entries[n].idle = idle;
	collection->n++;
}

/* Merges what was there, in its order, with what is new, which goes first: it is newer. */
static void collect_all(struct content_memo *memo, struct collection *collection)
{
	size_t n_max = memo->n_entries + memo->added.len, next = 0;

	qsort(memo->added.items, memo->added.len, sizeof(*memo->added.items), compare_added);
	collection->hashes = xcalloc(n_max, sizeof(*collection->hashes));
	collection->entries = xcalloc(n_max, sizeof(*collection->entries));
	for (size_t i = 0; i < memo->added.len; i++) {
		const struct hashed_entry *added = &memo->added.items[i];
		for (; next < memo->n_entries && memo->hashes[next] < added->hash; next++)
			collect(collection, memo->hashes[next], &memo->entries[next],
				memo->used[next] ? 0 : memo->entries[next].idle + 1);
		collect(collection, added->hash, &added->entry, 0);
	}
	for (; next < memo->n_entries; next++)
		collect(collection, memo->hashes[next], &memo->entries[next],
			memo->used[next] ? 0 : memo->entries[next].idle + 1);
}

/*
 * Writing a large memo anew costs more than hashing a few small files once more the next time; they
 * wait until there are more of them.
 */
static bool is_worth_writing(const struct content_memo *memo)
{
	uint64_t hash_ns = 0, write_ns = memo->n_entries * 150;

	for (size_t i = 0; i < memo->added.len; i++)
		hash_ns += 15000 + memo->added.items[i].entry.identity.size;
	return hash_ns > write_ns / 4;
}

int content_memo_save(struct content_memo *memo, struct error *err)
{
	static const char zeros[8];
	cleanup(collection_release) struct collection collection = { 0 };
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	size_t name_len = strlen(memo->name);

	if (!is_worth_writing(memo))
		return 0;
	collect_all(memo, &collection);
	struct memo_head head = {
		.version = MEMO_VERSION,
		.name_len = (uint32_t)name_len,
		.n_entries = collection.n,
	};
	memcpy(head.magic, MEMO_MAGIC, sizeof(head.magic));
	buf_reserve(&bytes, sizeof(head) + memo_padded(name_len) +
				    collection.n * (sizeof(uint64_t) + sizeof(struct memo_entry)));
	buf_add(&bytes, &head, sizeof(head));
	buf_add(&bytes, memo->name, name_len);
	buf_add(&bytes, zeros, memo_padded(name_len) - name_len);
	buf_add(&bytes, collection.hashes, collection.n * sizeof(*collection.hashes));
	buf_add(&bytes, collection.entries, collection.n * sizeof(*collection.entries));
	head.checksum = memo_checksum(bytes.data, bytes.len);
	memcpy(bytes.data, &head, sizeof(head));
	return cache_write_file(memo->cache, "files", memo->file, &bytes, err);
}
