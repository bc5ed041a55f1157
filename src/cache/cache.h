/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key -> record on disk. A record is a payload (JSON text, whose meaning is the caller's) with the
 * names of what went into its key, when it was written and used, in which boot and whether synced.
 * Records are self-checking files written aside and renamed: a torn or flipped one is a miss and is
 * removed. A record of another boot that was never synced is reported as such: its data must be
 * verified before use.
 *
 * Single flight: who wants to make the result of a key takes its lock first; the lock is an OFD
 * lock that dies with its holder. After the wait the caller looks again.
 */
#ifndef CBUILD_CACHE_CACHE_H
#define CBUILD_CACHE_CACHE_H

#include "base/digest.h"
#include "base/error.h"
#include "cache/key.h"

struct cache;

enum { CACHE_RECORD_SIZE_MAX = 4 * 1024 * 1024 };

/* root_fd: of the store's directory; cache/ below it belongs to this module. Borrowed. */
int cache_open(int root_fd, struct cache **ret_cache, struct error *err) must_check;
void cache_close(struct cache *cache);
DEFINE_CLEANUP(struct cache *, cache_close);

struct cache_record {
	struct digest key;
	char *payload;		 /* JSON */
	char *inputs;		 /* JSON: the named inputs of the key, for explanations */
	int64_t made;		 /* seconds */
	int64_t used;		 /* seconds; updated coarsely */
	bool needs_verification; /* of another boot and never synced */
};

void cache_record_release(struct cache_record *record);
DEFINE_RELEASE(struct cache_record, cache_record_release);

/* 1/0/-1 */
int cache_find(struct cache *cache, const struct digest *key, struct cache_record *ret_record,
	       struct error *err) must_check;
int cache_put(struct cache *cache, const struct cache_key *key, const char *payload,
	      struct error *err) must_check;
/* Marks records as synced, after their data were. */
int cache_mark_synced(struct cache *cache, const struct digest *keys, size_t n, struct error *err)
	must_check;
int cache_remove(struct cache *cache, const struct digest *key, struct error *err) must_check;

/* The lock of a key. 1 taken at once, 0 busy (then cache_lock waits). Close *ret_fd to let go. */
int cache_try_lock(struct cache *cache, const struct digest *key, int *ret_fd, struct error *err)
	must_check;
int cache_lock(struct cache *cache, const struct digest *key, int *ret_fd, struct error *err)
	must_check;

typedef int cache_visitor(void *context, const struct cache_record *record, struct error *err);
int cache_list(struct cache *cache, cache_visitor *visit, void *context, struct error *err)
	must_check;
/* Looks at every record file; calls `damaged` with the name of each that is none. */
typedef void cache_damaged(void *context, const char *name);
int cache_check(struct cache *cache, cache_damaged *damaged, void *context, struct error *err)
	must_check;

#endif
