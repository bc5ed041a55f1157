/* SPDX-License-Identifier: Apache-2.0 */
/* What a listing reads and what it need not read; and what becomes of its file. */
#include "temp_tree.h"

#include "base/alloc.h"
#include "context/listing.h"

#include <sys/mman.h>
#include <time.h>

struct fixture {
	struct temp_tree tree, state;
	struct cache *cache;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	struct error err = ERROR_INIT;

	fixture->tree = temp_tree_make();
	fixture->state = temp_tree_make();
	if (cache_open(fixture->state.fd, &fixture->cache, &err) < 0)
		fail_msg("%s", err.text);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	cache_close(fixture->cache);
	temp_tree_remove(&fixture->state);
	temp_tree_remove(&fixture->tree);
	free(fixture);
	return 0;
}

static struct content_memo *open_memo(struct fixture *fixture)
{
	struct content_memo *memo = NULL;
	struct error err = ERROR_INIT;

	if (content_memo_open(fixture->cache, "tree", &memo, &err) < 0)
		fail_msg("%s", err.text);
	return memo;
}

static void save(struct content_memo *memo)
{
	struct error err = ERROR_INIT;

	if (content_memo_save(memo, &err) < 0)
		fail_msg("%s", err.text);
}

/* A memo does not trust a file that was written just now. */
static void let_files_grow_old(void)
{
	const struct timespec wait = { .tv_nsec = 100 * 1000 * 1000 };

	(void)nanosleep(&wait, NULL);
}

static struct stat stat_of(const struct fixture *fixture, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(fixture->tree.fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static int make(const struct fixture *fixture, struct content_memo *memo)
{
	static const struct listing_source everything = { LISTING_PATH, "" };
	struct error err = ERROR_INIT;
	int fd = memfd_create("listing", MFD_CLOEXEC);

	if (listing_make(fixture->tree.fd, NULL, &everything, 1, memo, 2, fd, &err) < 0)
		fail_msg("%s", err.text);
	return fd;
}

static struct digest digest_in_listing(const struct fixture *fixture, struct content_memo *memo,
				       const char *path)
{
	cleanup(listing_close) struct listing *listing = NULL;
	autoclose int fd = make(fixture, memo);
	struct error err = ERROR_INIT;
	size_t i = 0;

	assert_int_equal(listing_open(fd, &listing, &err), 0);
	assert_true(listing_find(listing, path, &i));
	assert_true(listing_entry(listing, i).has_digest);
	return listing_entry(listing, i).digest;
}

static void what_is_remembered_is_not_read(void **state)
{
	struct fixture *fixture = *state;
	struct digest planted = digest_of("planted", 7);

	temp_tree_write(&fixture->tree, "d/f", "content");
	let_files_grow_old();
	struct content_memo *memo = open_memo(fixture);
	struct stat st = stat_of(fixture, "d/f");
	content_memo_add(memo, &st, &planted);
	save(memo);
	content_memo_free(memo);
	cleanup(content_memo_free) struct content_memo *again = open_memo(fixture);
	struct digest digest = digest_in_listing(fixture, again, "d/f");
	assert_true(digest_equal(&digest, &planted));
}

static void a_changed_file_is_read_again(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->tree, "f", "before");
	let_files_grow_old();
	struct content_memo *memo = open_memo(fixture);
	(void)digest_in_listing(fixture, memo, "f");
	save(memo);
	content_memo_free(memo);

	/* Same size and, afterwards, same time: only its change time tells. */
	struct stat st = stat_of(fixture, "f");
	temp_tree_write(&fixture->tree, "f", "behind");
	const struct timespec times[] = { st.st_atim, st.st_mtim };
	assert_int_equal(utimensat(fixture->tree.fd, "f", times, 0), 0);
	cleanup(content_memo_free) struct content_memo *again = open_memo(fixture);
	struct digest digest = digest_in_listing(fixture, again, "f");
	struct digest expected = digest_of("behind", 6);
	assert_true(digest_equal(&digest, &expected));
}

static void what_was_read_is_remembered(void **state)
{
	struct fixture *fixture = *state;
	struct digest digest, expected = digest_of("content", 7);

	temp_tree_write(&fixture->tree, "f", "content");
	assert_int_equal(linkat(fixture->tree.fd, "f", fixture->tree.fd, "g", 0), 0);
	let_files_grow_old();
	struct content_memo *memo = open_memo(fixture);
	(void)digest_in_listing(fixture, memo, "g");
	save(memo);
	content_memo_free(memo);
	cleanup(content_memo_free) struct content_memo *again = open_memo(fixture);
	struct stat st = stat_of(fixture, "f");
	assert_true(content_memo_find(again, &st, &digest));
	assert_true(digest_equal(&digest, &expected));
	/* With the memo, too, both names of the file have it. */
	digest = digest_in_listing(fixture, again, "g");
	assert_true(digest_equal(&digest, &expected));
}

static void the_same_context_gives_the_same_bytes(void **state)
{
	struct fixture *fixture = *state;
	cleanup(buf_release) struct buf first = BUF_INIT, second = BUF_INIT;
	struct error err = ERROR_INIT;

	temp_tree_write(&fixture->tree, "a/b", "1");
	temp_tree_write(&fixture->tree, "c", "2");
	temp_tree_link(&fixture->tree, "l", "a/b");
	autoclose int one = make(fixture, NULL), two = make(fixture, NULL);
	assert_int_equal(lseek(one, 0, SEEK_SET), 0);
	assert_int_equal(lseek(two, 0, SEEK_SET), 0);
	assert_int_equal(fs_read_fd(one, 1 << 20, "listing", &first, &err), 0);
	assert_int_equal(fs_read_fd(two, 1 << 20, "listing", &second, &err), 0);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
}

/* Opens it and asks for everything: an answer or an error, but nothing beyond the file. */
static void try_bytes(const struct buf *bytes)
{
	cleanup(listing_close) struct listing *listing = NULL;
	autoclose int fd = memfd_create("damaged", MFD_CLOEXEC);
	struct error err = ERROR_INIT;

	assert_int_equal(fs_write_all(fd, bytes->data, bytes->len, &err), 0);
	if (listing_open(fd, &listing, &err) < 0) {
		assert_int_equal(err.code, ERROR_CORRUPT);
		return;
	}
	for (size_t i = 0; i < listing_count(listing); i++) {
		struct fs_entry entry = listing_entry(listing, i);
		size_t found = 0;
		assert_true(strlen(entry.path) < bytes->len);
		assert_true(listing_first_link(listing, i) <= i);
		(void)listing_find(listing, entry.path, &found);
	}
}

static void a_damaged_file_does_no_harm(void **state)
{
	struct fixture *fixture = *state;
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	struct error err = ERROR_INIT;

	temp_tree_write(&fixture->tree, "a/b", "1");
	temp_tree_link(&fixture->tree, "l", "a/b");
	autoclose int fd = make(fixture, NULL);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fs_read_fd(fd, 1 << 20, "listing", &bytes, &err), 0);
	for (size_t i = 0; i < bytes.len; i++) {
		char was = bytes.data[i];
		bytes.data[i] = (char)(was ^ 0x41);
		try_bytes(&bytes);
		bytes.data[i] = (char)0xff;
		try_bytes(&bytes);
		bytes.data[i] = was;
	}
	/* Cut short, it is never taken for whole. */
	for (size_t len = bytes.len; len-- > 0;) {
		struct listing *listing = NULL;
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		assert_int_equal(listing_open(fd, &listing, &err), -1);
		assert_int_equal(err.code, ERROR_CORRUPT);
	}
}

#define fixture_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_remembered_is_not_read),
		fixture_test(a_changed_file_is_read_again),
		fixture_test(what_was_read_is_remembered),
		fixture_test(the_same_context_gives_the_same_bytes),
		fixture_test(a_damaged_file_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
