/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a listing: a header, the records in order, and the texts they point to. */
#ifndef CBUILD_CONTEXT_LISTING_FORMAT_H
#define CBUILD_CONTEXT_LISTING_FORMAT_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/vec.h"

#include <stdint.h>

#define LISTING_MAGIC "cblist1"

struct listing_header {
	char magic[8];
	uint64_t n_records;
	uint64_t texts_len;
};

/* A text is at texts + at, with a NUL behind its len bytes. */
struct listing_record {
	uint64_t path_at;
	uint64_t target_at;
	uint32_t path_len;
	uint32_t target_len;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
	uint32_t mode;
	uint32_t dev_major, dev_minor;
	uint64_t first_link;
	uint32_t type;
	uint32_t has_digest;
	unsigned char digest[DIGEST_SIZE];
};

/* A listing while it is made. */
struct listing_draft {
	VEC(struct listing_record) records;
	struct buf texts;
};

static inline const char *listing_draft_path(const struct listing_draft *draft, size_t i)
{
	return draft->texts.data + draft->records.items[i].path_at;
}

#endif
