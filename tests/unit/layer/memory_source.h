/* SPDX-License-Identifier: Apache-2.0 */
/* Entries with content from memory, as layer_pack reads them, and a sink that keeps the bytes. */
#ifndef CBUILD_TESTS_LAYER_MEMORY_SOURCE_H
#define CBUILD_TESTS_LAYER_MEMORY_SOURCE_H

#include "tar_builder.h"

#include "base/buf.h"
#include "base/vec.h"
#include "layer/pack.h"

struct memory_entry {
	struct fs_entry entry;
	const char *content; /* entry.size bytes, or real_size of them */
	size_t content_len;
};

struct memory_source {
	VEC(struct memory_entry) entries;
	size_t at;
	size_t n_opened;
};

static inline int memory_next(void *context, const struct fs_entry **ret_entry, struct error *err)
{
	struct memory_source *source = context;

	(void)err;
	if (source->at == source->entries.len)
		return 0;
	*ret_entry = &source->entries.items[source->at++].entry;
	return 1;
}

static inline int memory_open(void *context, const struct fs_entry *entry, int *ret_fd,
			      struct error *err)
{
	struct memory_source *source = context;
	const struct memory_entry *item = &source->entries.items[source->at - 1];

	(void)err;
	assert_string_equal(entry->path, item->entry.path);
	*ret_fd = file_of(item->content, item->content_len);
	source->n_opened++;
	return 0;
}

static inline void memory_add(struct memory_source *source, struct fs_entry entry,
			      const char *content, size_t len)
{
	if (entry.type == FS_FILE)
		entry.size = len;
	vec_push(&source->entries, (struct memory_entry){ entry, content, len });
}

static inline struct pack_source memory_pack_source(struct memory_source *source)
{
	source->at = 0;
	return (struct pack_source){ .next = memory_next, .open = memory_open, .context = source };
}

static inline int keep_bytes(void *context, const void *data, size_t len, struct error *err)
{
	(void)err;
	buf_add(context, data, len);
	return 0;
}

static inline struct pack_sink keeping_sink(struct buf *buf)
{
	buf_clear(buf);
	return (struct pack_sink){ keep_bytes, buf };
}

/* Bytes that compress a little and are the same everywhere. */
static inline char *some_bytes(uint32_t seed, size_t len)
{
	char *bytes = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (char)('a' + (seed >> 24) % (i / 512 % 2 ? 4 : 60));
	}
	bytes[len] = '\0';
	return bytes;
}

#endif
