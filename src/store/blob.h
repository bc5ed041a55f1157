/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs by digest: bytes come in through an ingest that hashes while it writes, and appear under
 * their digest at once and whole (O_TMPFILE + linkat; a named file and rename where that cannot
 * be had). Immutable, mode 0444. A blob that somebody removed is a miss, not an error.
 */
#ifndef CBUILD_STORE_BLOB_H
#define CBUILD_STORE_BLOB_H

#include "base/buf.h"
#include "store/store.h"

struct blob_ingest;

int blob_ingest_new(struct store *store, struct blob_ingest **ret_ingest, struct error *err)
	must_check;
/*
 * One that outlives its process until it is finished: partial/<digest>, for a blob that takes long
 * to come. *ret_have says how much of it an earlier process left there (less than `size`; nobody
 * vouches for it), where the descriptor stands. 1; 0 another process has it just now. Those that
 * nobody has and that are too old, or too many, are removed on the way.
 */
int blob_ingest_resume(struct store *store, const struct digest *digest, uint64_t size,
		       struct blob_ingest **ret_ingest, uint64_t *ret_have, struct error *err)
	must_check;
/* Gives up, and leaves nothing to be resumed. */
void blob_ingest_discard(struct blob_ingest *ingest);
int blob_ingest_write(struct blob_ingest *ingest, const void *data, size_t len, struct error *err)
	must_check;
/* For who writes through the descriptor itself (cbuild-net): then finish hashes what is there. */
int blob_ingest_fd(const struct blob_ingest *ingest);
/*
 * Puts the blob into place. With `expected`, digest and size must be those (ERROR_CORRUPT
 * otherwise). `was_verified`: the bytes came through the fd and were hashed by who wrote them, as
 * `expected`. Consumes the ingest in any case.
 */
int blob_ingest_finish(struct blob_ingest *ingest, const struct digest *expected,
		       uint64_t expected_size, bool was_verified, struct digest *ret_digest,
		       uint64_t *ret_size, struct error *err) must_check;
void blob_ingest_free(struct blob_ingest *ingest); /* gives up */
DEFINE_CLEANUP(struct blob_ingest *, blob_ingest_free);

/* Small documents in one go. */
int blob_put(struct store *store, const void *data, size_t len, struct digest *ret_digest,
	     struct error *err) must_check;
/* 1/0/-1 */
int blob_open(const struct store *store, const struct digest *digest, int *ret_fd,
	      struct error *err) must_check;
/* 1/0/-1; the size may be NULL. */
int blob_find(const struct store *store, const struct digest *digest, uint64_t *ret_size,
	      struct error *err) must_check;
/* Reads and verifies; 1/0/-1. A blob that is not what its name says is removed: ERROR_CORRUPT. */
int blob_read(const struct store *store, const struct digest *digest, size_t max, struct buf *buf,
	      struct error *err) must_check;
int blob_remove(struct store *store, const struct digest *digest, struct error *err) must_check;

enum {
	/* smaller ones come again sooner than they are looked for */
	BLOB_PARTIAL_SIZE_MIN = 1024 * 1024,
	BLOB_PARTIAL_SECONDS_MAX = 7 * 24 * 3600
};
#define BLOB_PARTIAL_BYTES_MAX (UINT64_C(16) << 30) /* of all together */

/* Removes interrupted downloads that nobody has: all, or those beyond the limits. */
int blob_sweep_partial(const struct store *store, bool all, struct error *err) must_check;

typedef int blob_visitor(void *context, const struct digest *digest, uint64_t size,
			 struct error *err);
int blob_list(const struct store *store, blob_visitor *visit, void *context, struct error *err)
	must_check;
/* Hashes the whole blob; 1 as named, 0 not, -1 cannot be read. */
int blob_verify(const struct store *store, const struct digest *digest, struct error *err)
	must_check;
/* fdatasync of the blobs put or finished by this process and its children since the start. */
int blob_sync_all(struct store *store, const struct digest *digests, size_t n, struct error *err)
	must_check;

#endif
