/* SPDX-License-Identifier: Apache-2.0 */
/* A memo in memory and in its file; for the files of this folder. */
#ifndef CBUILD_CACHE_MEMO_H
#define CBUILD_CACHE_MEMO_H

#include "base/vec.h"
#include "cache/content.h"

#include <time.h>

enum { MEMO_VERSION = 2, MEMO_ENTRIES_MAX = 4 * 1000 * 1000 };
#define MEMO_MAGIC "cbmemo\0\1" /* eight bytes */

/*
 * The file: a head, the name filled up to eight bytes, the hashes in their order, and the entries
 * in the same order. A search stays among the hashes and looks at one entry.
 */
struct memo_head {
	char magic[8];
	uint64_t checksum; /* xxHash of everything behind it */
	uint32_t version;
	uint32_t name_len;
	uint64_t n_entries;
};

struct identity {
	uint64_t dev, inode, size;
	int64_t mtime, ctime;
	uint32_t mtime_nsec, ctime_nsec;
};

struct memo_entry {
	struct identity identity;
	struct digest digest;
	uint64_t idle; /* savings since somebody asked for it */
};
_Static_assert(sizeof(struct memo_entry) == 88, "entries have no padding");

struct hashed_entry {
	uint64_t hash; /* of the identity */
	struct memo_entry entry;
};

struct content_memo {
	struct cache *cache;
	char *name;
	char *file; /* files/HEX */
	struct timespec opened;
	void *map;
	size_t map_len;
	const uint64_t *hashes; /* in the map */
	const struct memo_entry *entries;
	size_t n_entries;
	unsigned char *used; /* one per entry */
	VEC(struct hashed_entry) added;
};

/* Of everything behind the field itself. */
uint64_t memo_checksum(const void *file, size_t len);
/* Names fill whole numbers. */
size_t memo_padded(size_t len);

#endif
