/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_store.h"

#include "base/alloc.h"
#include "store/blob.h"

static struct digest put(struct temp_store *temp, const char *text)
{
	struct digest digest;
	struct error err = ERROR_INIT;

	must(blob_put(temp->store, text, strlen(text), &digest, &err), &err);
	return digest;
}

static char *blob_path(const struct temp_store *temp, const struct digest *digest)
{
	return xasprintf("%s/blobs/sha256/%s", temp->path, digest_hex(digest).text);
}

/* Writes into the blob, whatever its mode. */
static void overwrite(const struct temp_store *temp, const struct digest *digest, const char *text)
{
	autofree char *name = xasprintf("blobs/sha256/%s", digest_hex(digest).text);

	write_text(temp, name, text);
}

static void a_blob_is_read_as_it_was_put(void **state)
{
	struct temp_store *temp = *state;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;
	struct stat st;
	uint64_t size = 0;

	struct digest digest = put(temp, "hello");
	assert_int_equal(blob_read(temp->store, &digest, 100, &buf, &err), 1);
	assert_string_equal(buf.data, "hello");
	assert_int_equal(blob_find(temp->store, &digest, &size, &err), 1);
	assert_int_equal(size, 5);
	assert_int_equal(blob_verify(temp->store, &digest, &err), 1);
	autofree char *path = blob_path(temp, &digest);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(count_names(temp, "blobs/sha256"), 1);
}

static void what_is_not_there_is_a_miss(void **state)
{
	struct temp_store *temp = *state;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct digest digest = digest_of("x", 1);
	struct error err = ERROR_INIT;
	int fd = -1;

	assert_int_equal(blob_open(temp->store, &digest, &fd, &err), 0);
	assert_int_equal(blob_find(temp->store, &digest, NULL, &err), 0);
	assert_int_equal(blob_read(temp->store, &digest, 100, &buf, &err), 0);
	assert_int_equal(blob_remove(temp->store, &digest, &err), 0);
	assert_int_equal(blob_verify(temp->store, &digest, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void a_stream_gets_the_digest_of_all_its_bytes(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct digest digest, expected = digest_of("onetwothree", 11);
	struct error err = ERROR_INIT;
	uint64_t size = 0;

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	must(blob_ingest_write(ingest, "one", 3, &err), &err);
	must(blob_ingest_write(ingest, "two", 3, &err), &err);
	must(blob_ingest_write(ingest, "three", 5, &err), &err);
	must(blob_ingest_finish(ingest, NULL, 0, false, &digest, &size, &err), &err);
	assert_true(digest_equal(&digest, &expected));
	assert_int_equal(size, 11);
}

static void what_was_written_through_the_descriptor_is_hashed(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct digest expected = digest_of("one", 3), other = digest_of("two", 3);
	struct error err = ERROR_INIT;

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	assert_int_equal(write(blob_ingest_fd(ingest), "one", 3), 3);
	assert_int_equal(blob_ingest_finish(ingest, &other, 3, false, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	assert_int_equal(write(blob_ingest_fd(ingest), "one", 3), 3);
	must(blob_ingest_finish(ingest, &expected, 3, false, NULL, NULL, &err), &err);
	assert_int_equal(blob_verify(temp->store, &expected, &err), 1);
}

/* Half through one way, half through the other: the running hash is not the blob's. */
static void both_ways_of_writing_mix(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct digest digest, expected = digest_of("onetwo", 6);
	struct error err = ERROR_INIT;

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	must(blob_ingest_write(ingest, "one", 3, &err), &err);
	assert_int_equal(write(blob_ingest_fd(ingest), "two", 3), 3);
	must(blob_ingest_finish(ingest, NULL, 0, false, &digest, NULL, &err), &err);
	assert_true(digest_equal(&digest, &expected));
}

static void a_verified_blob_is_held_to_its_size(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct digest expected = digest_of("one", 3);
	struct error err = ERROR_INIT;

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	assert_int_equal(write(blob_ingest_fd(ingest), "on", 2), 2);
	assert_int_equal(blob_ingest_finish(ingest, &expected, 3, true, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_int_equal(count_names(temp, "blobs/sha256"), 0);
}

static void the_empty_blob_is_a_blob(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct digest digest, empty = digest_of("", 0);
	struct error err = ERROR_INIT;

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	must(blob_ingest_finish(ingest, NULL, 0, false, &digest, NULL, &err), &err);
	assert_true(digest_equal(&digest, &empty));
	assert_int_equal(blob_find(temp->store, &empty, NULL, &err), 1);
}

static void giving_up_leaves_nothing(void **state)
{
	struct temp_store *temp = *state;
	struct blob_ingest *ingest = NULL;
	struct error err = ERROR_INIT;
	char rest[16];

	must(blob_ingest_new(temp->store, &ingest, &err), &err);
	must(blob_ingest_write(ingest, "one", 3, &err), &err);
	blob_ingest_free(ingest);
	assert_int_equal(count_names(temp, "blobs/sha256"), 0);
	(void)snprintf(rest, sizeof(rest), "tmp");
	assert_int_equal(count_names(temp, rest), 1);
}

static void a_flipped_bit_is_found_and_the_blob_is_gone(void **state)
{
	struct temp_store *temp = *state;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;

	struct digest digest = put(temp, "hello");
	overwrite(temp, &digest, "hellp");
	assert_int_equal(blob_verify(temp->store, &digest, &err), 0);
	assert_int_equal(blob_read(temp->store, &digest, 100, &buf, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_int_equal(buf.len, 0);
	assert_int_equal(blob_find(temp->store, &digest, NULL, &err), 0);
}

static void a_torn_blob_is_healed_by_the_next_one(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;

	struct digest digest = put(temp, "hello");
	overwrite(temp, &digest, "hel");
	(void)put(temp, "hello");
	assert_int_equal(blob_verify(temp->store, &digest, &err), 1);
}

static void reading_has_a_ceiling(void **state)
{
	struct temp_store *temp = *state;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;

	struct digest digest = put(temp, "hello");
	assert_int_equal(blob_read(temp->store, &digest, 4, &buf, &err), -1);
	assert_int_equal(blob_find(temp->store, &digest, NULL, &err), 1);
}

struct seen {
	size_t n;
	uint64_t size;
};

static int see(void *context, const struct digest *digest, uint64_t size, struct error *err)
{
	struct seen *seen = context;

	(void)digest;
	(void)err;
	seen->n++;
	seen->size += size;
	return 0;
}

static void listing_passes_over_what_is_no_blob(void **state)
{
	struct temp_store *temp = *state;
	struct seen seen = { 0 };
	struct error err = ERROR_INIT;

	(void)put(temp, "one");
	(void)put(temp, "three");
	(void)put(temp, "three");
	write_text(temp, "blobs/sha256/.partial", "x");
	write_text(temp, "blobs/sha256/0123", "x");
	must(blob_list(temp->store, see, &seen, &err), &err);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.size, 8);
}

static void many_put_the_same_blob_at_once(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;
	enum { N = 8 };

	for (int p = 0; p < N; p++) {
		if (fork())
			continue;
		char text[16];
		struct digest digest;
		for (int i = 0; i < 100; i++) {
			struct blob_ingest *ingest = NULL;
			(void)snprintf(text, sizeof(text), "text %d", i);
			if (blob_ingest_new(temp->store, &ingest, &err) < 0 ||
			    blob_ingest_write(ingest, text, strlen(text), &err) < 0 ||
			    blob_ingest_finish(ingest, NULL, 0, false, &digest, NULL, &err) < 0 ||
			    blob_verify(temp->store, &digest, &err) != 1)
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(wait_for_children(N), 0);
	assert_int_equal(count_names(temp, "blobs/sha256"), 100);
}

static void syncing_passes_over_what_is_gone(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;
	struct digest digests[] = { put(temp, "one"), put(temp, "two") };

	must(blob_remove(temp->store, &digests[0], &err), &err);
	must(blob_sync_all(temp->store, digests, 2, &err), &err);
	assert_int_equal(blob_verify(temp->store, &digests[1], &err), 1);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_store_setup, temp_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_blob_is_read_as_it_was_put),
		TEST(what_is_not_there_is_a_miss),
		TEST(a_stream_gets_the_digest_of_all_its_bytes),
		TEST(what_was_written_through_the_descriptor_is_hashed),
		TEST(both_ways_of_writing_mix),
		TEST(a_verified_blob_is_held_to_its_size),
		TEST(the_empty_blob_is_a_blob),
		TEST(giving_up_leaves_nothing),
		TEST(a_flipped_bit_is_found_and_the_blob_is_gone),
		TEST(a_torn_blob_is_healed_by_the_next_one),
		TEST(reading_has_a_ceiling),
		TEST(listing_passes_over_what_is_no_blob),
		TEST(many_put_the_same_blob_at_once),
		TEST(syncing_passes_over_what_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
