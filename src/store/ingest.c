/* SPDX-License-Identifier: Apache-2.0 */
#include "partial.h"
#include "state.h"

#include "base/alloc.h"
#include "base/aside.h"
#include "base/fs.h"
#include "store/blob.h"

#include <errno.h>
#include <sys/stat.h>

enum { READ_SIZE = 64 * 1024 };

struct blob_ingest {
	struct store *store;
	struct aside aside;
	int partial_fd;	 /* partial/, where it */
	bool is_partial; /* stays when it is not finished */
	struct hasher hasher;
	uint64_t written; /* through blob_ingest_write, and hashed */
};

int blob_ingest_new(struct store *store, struct blob_ingest **ret_ingest, struct error *err)
{
	struct aside aside = ASIDE_INIT;

	int tmp_fd = lease_tmp_fd(store->lease);
	if (tmp_fd < 0)
		return error_sys(err, "new blob: make 'tmp/%s'", store->lease->name);
	if (aside_open(tmp_fd, 0600, &aside, err) < 0)
		return error_wrap(err, "new blob");
	struct blob_ingest *ingest = xcalloc(1, sizeof(*ingest));
	*ingest = (struct blob_ingest){
		.store = store, .aside = aside, .partial_fd = -1, .hasher = HASHER_INIT
	};
	hasher_start(&ingest->hasher);
	*ret_ingest = ingest;
	return 0;
}

int blob_ingest_resume(struct store *store, const struct digest *digest, uint64_t size,
		       struct blob_ingest **ret_ingest, uint64_t *ret_have, struct error *err)
{
	struct partial partial;

	int found = partial_open(store->root_fd, digest, size, &partial, err);
	if (found <= 0)
		return found;
	struct blob_ingest *ingest = xcalloc(1, sizeof(*ingest));
	*ingest = (struct blob_ingest){
		.store = store,
		.aside = { .fd = partial.fd,
			   .dir_fd = partial.folder_fd,
			   .name = xstrdup(digest_hex(digest).text) },
		.partial_fd = partial.folder_fd,
		.is_partial = true,
		.hasher = HASHER_INIT,
	};
	hasher_start(&ingest->hasher);
	*ret_ingest = ingest;
	*ret_have = partial.have;
	return 1;
}

int blob_sweep_partial(const struct store *store, bool all, struct error *err)
{
	return partial_sweep(store->root_fd, all, err);
}

void blob_ingest_free(struct blob_ingest *ingest)
{
	if (!ingest)
		return;
	if (ingest->is_partial) {
		/* the name stays */
		free(ingest->aside.name);
		ingest->aside.name = NULL;
	}
	aside_release(&ingest->aside);
	close_fd_at(&ingest->partial_fd);
	hasher_release(&ingest->hasher);
	free(ingest);
}

void blob_ingest_discard(struct blob_ingest *ingest)
{
	ingest->is_partial = false;
	blob_ingest_free(ingest);
}

int blob_ingest_write(struct blob_ingest *ingest, const void *data, size_t len, struct error *err)
{
	if (fs_write_all(ingest->aside.fd, data, len, err) < 0)
		return error_wrap(err, "new blob");
	hasher_add(&ingest->hasher, data, len);
	ingest->written += len;
	return 0;
}

int blob_ingest_fd(const struct blob_ingest *ingest)
{
	return ingest->aside.fd;
}

static int hash_again(struct blob_ingest *ingest, struct digest *ret_digest, struct error *err)
{
	unsigned char bytes[READ_SIZE];
	off_t at = 0;

	hasher_start(&ingest->hasher);
	for (;;) {
		ssize_t n = pread(ingest->aside.fd, bytes, sizeof(bytes), at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read new blob");
		if (!n)
			break;
		hasher_add(&ingest->hasher, bytes, (size_t)n);
		at += n;
	}
	*ret_digest = hasher_finish(&ingest->hasher);
	return 0;
}

static int check(const struct digest *digest, uint64_t size, const struct digest *expected,
		 uint64_t expected_size, struct error *err)
{
	if (expected && size != expected_size)
		return error_set(err, ERROR_CORRUPT, "blob %s has %llu bytes, not %llu",
				 digest_format(expected).text, (unsigned long long)size,
				 (unsigned long long)expected_size);
	if (expected && !digest_equal(digest, expected))
		return error_set(err, ERROR_CORRUPT, "blob %s has digest %s",
				 digest_format(expected).text, digest_format(digest).text);
	return 0;
}

/* What is there under that name with another size was torn (a power cut): ours takes its place. */
static int place(struct blob_ingest *ingest, const struct digest *digest, uint64_t size,
		 struct error *err)
{
	int blobs_fd = ingest->store->blobs_fd;
	struct digest_text name = digest_hex(digest);
	uint64_t there = 0;

	if (fchmod(ingest->aside.fd, 0444) < 0)
		return error_sys(err, "change mode of blob %s", name.text);
	int placed = aside_place(&ingest->aside, blobs_fd, name.text, err);
	if (placed)
		return placed < 0 ? -1 : 0;
	int found = blob_find(ingest->store, digest, &there, err);
	if (found < 0 || (found && there == size))
		return found < 0 ? -1 : 0;
	return aside_replace(&ingest->aside, blobs_fd, name.text, err);
}

int blob_ingest_finish(struct blob_ingest *given, const struct digest *expected,
		       uint64_t expected_size, bool was_verified, struct digest *ret_digest,
		       uint64_t *ret_size, struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = given;
	struct digest digest;
	struct stat st;

	if (fstat(ingest->aside.fd, &st) < 0)
		return error_sys(err, "new blob");
	uint64_t size = (uint64_t)st.st_size;
	if (ingest->written == size && size)
		digest = hasher_finish(&ingest->hasher);
	else if (was_verified && expected)
		digest = *expected;
	else if (hash_again(ingest, &digest, err) < 0)
		return -1;
	if (check(&digest, size, expected, expected_size, err) < 0) {
		ingest->is_partial = false; /* of no use to anybody */
		return -1;
	}
	if (store_pin(ingest->store, &digest, 1, err) < 0 || place(ingest, &digest, size, err) < 0)
		return -1;
	ingest->is_partial = false; /* it has its own name now */
	if (ret_digest)
		*ret_digest = digest;
	if (ret_size)
		*ret_size = size;
	return 0;
}

int blob_put(struct store *store, const void *data, size_t len, struct digest *ret_digest,
	     struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = NULL;
	struct digest digest = digest_of(data, len);
	uint64_t there = 0;

	if (store_pin(store, &digest, 1, err) < 0)
		return -1;
	int found = blob_find(store, &digest, &there, err);
	if (found < 0)
		return -1;
	if (!found || there != len) {
		if (blob_ingest_new(store, &ingest, err) < 0 ||
		    blob_ingest_write(ingest, data, len, err) < 0 ||
		    blob_ingest_finish(take_ptr(&ingest), &digest, len, false, NULL, NULL, err) < 0)
			return -1;
	}
	if (ret_digest)
		*ret_digest = digest;
	return 0;
}
