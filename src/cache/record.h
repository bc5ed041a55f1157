/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a record file: a head, payload, inputs, and the SHA-256 of all that. Pure. Numbers
 * are the machine's: a store does not move between byte orders, and the magic would not fit.
 */
#ifndef CBUILD_CACHE_RECORD_H
#define CBUILD_CACHE_RECORD_H

#include "base/buf.h"
#include "cache/cache.h"

enum { RECORD_VERSION = 1, RECORD_BOOT_SIZE = 40 };

/* Of a boot of the machine, as the kernel names it; padded with zeros. */
struct boot_id {
	char text[RECORD_BOOT_SIZE];
};

/*
 * One byte of the file is not covered by its hash, and is written over in place when the data of
 * the record have been synced. Only exactly this value says so.
 */
enum { RECORD_SYNCED_MARK = 'S' };
size_t record_synced_offset(void);

void record_encode(const struct digest *key, const struct boot_id *boot, int64_t made,
		   const char *payload, const char *inputs, struct buf *bytes);

enum record_state {
	RECORD_GOOD,
	RECORD_DAMAGED,
	RECORD_NEWER /* of a later cbuild that shares the store: not ours to judge */
};

/*
 * `key` may be NULL (any). Strings of *ret_record belong to the caller; used is left, and
 * needs_verification says that it is not synced and of another boot than `boot`.
 */
enum record_state record_decode(const char *bytes, size_t len, const struct digest *key,
				const struct boot_id *boot, struct cache_record *ret_record);

#endif
