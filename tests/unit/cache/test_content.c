/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_cache.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "cache/content.h"

#include <time.h>

static struct content_memo *open_memo(struct temp_cache *temp, const char *name)
{
	struct content_memo *memo = NULL;
	struct error err = ERROR_INIT;

	must(content_memo_open(temp->cache, name, &memo, &err), &err);
	return memo;
}

static void save_and_free(struct content_memo *memo)
{
	struct error err = ERROR_INIT;

	must(content_memo_save(memo, &err), &err);
	content_memo_free(memo);
}

/* A file of long ago, as far as a memo can tell. */
static struct stat stat_of(uint64_t inode)
{
	return (struct stat){
		.st_dev = 5,
		.st_ino = inode,
		.st_size = (off_t)(inode * 3),
		.st_mtim = { .tv_sec = 1700000000, .tv_nsec = 5 },
		.st_ctim = { .tv_sec = 1700000001, .tv_nsec = 6 },
	};
}

static struct digest digest_of_number(uint64_t number)
{
	return digest_of(&number, sizeof(number));
}

static void add_numbers(struct content_memo *memo, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n; i++) {
		struct stat st = stat_of(i);
		struct digest digest = digest_of_number(i);
		content_memo_add(memo, &st, &digest);
	}
}

static uint64_t count_found(const struct content_memo *memo, uint64_t first, uint64_t n)
{
	uint64_t n_found = 0;

	for (uint64_t i = first; i < first + n; i++) {
		struct stat st = stat_of(i);
		struct digest digest, expected = digest_of_number(i);
		if (!content_memo_find(memo, &st, &digest))
			continue;
		assert_true(digest_equal(&digest, &expected));
		n_found++;
	}
	return n_found;
}

static void everything_is_found_again(void **state)
{
	struct temp_cache *temp = *state;
	enum { N = 20000 };

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, N);
	save_and_free(memo);
	memo = open_memo(temp, "/src");
	assert_int_equal(count_found(memo, 1, N), N);
	assert_int_equal(count_found(memo, N + 1, N), 0);
	content_memo_free(memo);
	memo = open_memo(temp, "/other");
	assert_int_equal(count_found(memo, 1, 100), 0);
	content_memo_free(memo);
}

static void any_change_of_identity_is_a_miss(void **state)
{
	struct temp_cache *temp = *state;
	struct digest digest;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 7, 1);
	save_and_free(memo);
	memo = open_memo(temp, "/src");
	for (int i = 0; i < 8; i++) {
		struct stat st = stat_of(7);
		st.st_dev += i == 0;
		st.st_ino += i == 1;
		st.st_size += i == 2;
		st.st_mtim.tv_sec += i == 3;
		st.st_mtim.tv_nsec += i == 4;
		st.st_ctim.tv_sec += i == 5;
		st.st_ctim.tv_nsec += i == 6;
		assert_int_equal(content_memo_find(memo, &st, &digest), i == 7);
	}
	content_memo_free(memo);
}

static int open_temp_file(struct temp_cache *temp, const char *text)
{
	write_file(temp->root_fd, "file", text, strlen(text));
	int fd = openat(temp->root_fd, "file", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static bool is_remembered(struct temp_cache *temp, const struct stat *st)
{
	struct content_memo *memo = open_memo(temp, "/src");
	struct digest digest;

	bool found = content_memo_find(memo, st, &digest);
	content_memo_free(memo);
	return found;
}

static bool is_within_milliseconds(const struct timespec *since, int64_t milliseconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000 <
	       milliseconds;
}

static void a_file_written_just_now_is_not_remembered(void **state)
{
	struct temp_cache *temp = *state;
	struct digest digest = digest_of("one", 3);
	struct content_memo *memo = NULL;
	struct stat st;

	int fd = open_temp_file(temp, "one");
	/* that it was just now can be said only by who had the processor in between */
	do {
		content_memo_free(memo);
		assert_int_equal(pwrite(fd, "one", 3, 0), 3);
		memo = open_memo(temp, "/src");
		assert_int_equal(fstat(fd, &st), 0);
	} while (!is_within_milliseconds(&st.st_ctim, 15));
	content_memo_add(memo, &st, &digest);
	save_and_free(memo);
	assert_false(is_remembered(temp, &st));

	(void)usleep(60000);
	memo = open_memo(temp, "/src");
	content_memo_add(memo, &st, &digest);
	save_and_free(memo);
	assert_true(is_remembered(temp, &st));
	(void)close(fd);
}

static void a_file_from_the_future_is_not_remembered(void **state)
{
	struct temp_cache *temp = *state;
	struct stat st = stat_of(1);
	struct digest digest = digest_of_number(1);

	st.st_mtim.tv_sec = (time_t)1 << 40;
	struct content_memo *memo = open_memo(temp, "/src");
	content_memo_add(memo, &st, &digest);
	save_and_free(memo);
	assert_false(is_remembered(temp, &st));
}

static void an_edit_that_keeps_size_and_mtime_is_seen(void **state)
{
	struct temp_cache *temp = *state;
	struct digest digest = digest_of("one", 3);
	struct stat st, after;

	int fd = open_temp_file(temp, "one");
	assert_int_equal(fstat(fd, &st), 0);
	(void)usleep(60000);
	struct content_memo *memo = open_memo(temp, "/src");
	content_memo_add(memo, &st, &digest);
	save_and_free(memo);
	assert_true(is_remembered(temp, &st));

	assert_int_equal(pwrite(fd, "two", 3, 0), 3);
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(fstat(fd, &after), 0);
	assert_int_equal(after.st_size, st.st_size);
	assert_int_equal(after.st_mtim.tv_nsec, st.st_mtim.tv_nsec);
	assert_false(is_remembered(temp, &after));
	(void)close(fd);
}

/* The one memo file there is, as a path below the root. */
static char *memo_path(struct temp_cache *temp)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	struct error err = ERROR_INIT;
	const char *name = NULL;
	unsigned char type;

	assert_int_equal(dir_reader_open_at(temp->root_fd, "cache/files", &reader, &err), 1);
	assert_int_equal(dir_reader_next(&reader, &name, &type, &err), 1);
	return xasprintf("cache/files/%s", name);
}

static void a_damaged_memo_is_empty(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(buf_release) struct buf bytes = BUF_INIT;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 3);
	save_and_free(memo);
	autofree char *path = memo_path(temp);
	read_file(temp->root_fd, path, &bytes);
	for (size_t bit = 0; bit < bytes.len * 8; bit += 3) {
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		write_file(temp->root_fd, path, bytes.data, bytes.len);
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		memo = open_memo(temp, "/src");
		assert_int_equal(count_found(memo, 1, 3), 0);
		content_memo_free(memo);
	}
	for (size_t len = 0; len < bytes.len; len += 7) {
		write_file(temp->root_fd, path, bytes.data, len);
		memo = open_memo(temp, "/src");
		assert_int_equal(count_found(memo, 1, 3), 0);
		content_memo_free(memo);
	}
	write_file(temp->root_fd, path, bytes.data, bytes.len);
	memo = open_memo(temp, "/src");
	assert_int_equal(count_found(memo, 1, 3), 3);
	content_memo_free(memo);
}

static void a_memo_of_another_tree_is_not_taken_for_this_one(void **state)
{
	struct temp_cache *temp = *state;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 3);
	save_and_free(memo);
	autofree char *path = memo_path(temp);
	struct digest other = digest_of("/srd", 4);
	autofree char *other_path = xasprintf("cache/files/%s", digest_hex(&other).text);
	assert_int_equal(renameat(temp->root_fd, path, temp->root_fd, other_path), 0);
	memo = open_memo(temp, "/srd");
	assert_int_equal(count_found(memo, 1, 3), 0);
	content_memo_free(memo);
}

static ino_t inode_of_memo(struct temp_cache *temp)
{
	autofree char *path = memo_path(temp);
	struct stat st;

	assert_int_equal(fstatat(temp->root_fd, path, &st, 0), 0);
	return st.st_ino;
}

static void nothing_new_writes_nothing_and_old_entries_fade(void **state)
{
	struct temp_cache *temp = *state;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 100);
	save_and_free(memo);
	ino_t before = inode_of_memo(temp);
	memo = open_memo(temp, "/src");
	assert_int_equal(count_found(memo, 1, 100), 100);
	save_and_free(memo);
	assert_int_equal(inode_of_memo(temp), before);

	/* the first fifty are asked for, the others never */
	for (uint64_t round = 0; round < 5; round++) {
		memo = open_memo(temp, "/src");
		assert_int_equal(count_found(memo, 1, 50), 50);
		add_numbers(memo, 1000 + round, 1);
		save_and_free(memo);
	}
	memo = open_memo(temp, "/src");
	assert_int_equal(count_found(memo, 1, 100), 50);
	content_memo_free(memo);
}

/* One small file more is hashed again rather than written; many or a large one are written. */
static void a_large_memo_is_written_when_it_is_worth_it(void **state)
{
	struct temp_cache *temp = *state;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 20000);
	save_and_free(memo);
	ino_t before = inode_of_memo(temp);
	memo = open_memo(temp, "/src");
	add_numbers(memo, 30000, 1);
	save_and_free(memo);
	assert_int_equal(inode_of_memo(temp), before);

	memo = open_memo(temp, "/src");
	struct stat st = stat_of(40000);
	struct digest digest = digest_of_number(40000);
	st.st_size = 1 << 30;
	content_memo_add(memo, &st, &digest);
	save_and_free(memo);
	assert_int_not_equal(inode_of_memo(temp), before);
	assert_true(is_remembered(temp, &st));

	before = inode_of_memo(temp);
	memo = open_memo(temp, "/src");
	add_numbers(memo, 30000, 1000);
	save_and_free(memo);
	assert_int_not_equal(inode_of_memo(temp), before);
	memo = open_memo(temp, "/src");
	assert_int_equal(count_found(memo, 1, 20000), 20000);
	assert_int_equal(count_found(memo, 30000, 1000), 1000);
	content_memo_free(memo);
}

static void the_same_file_twice_is_one_entry(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(buf_release) struct buf once = BUF_INIT, twice = BUF_INIT;

	struct content_memo *memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 10);
	save_and_free(memo);
	autofree char *path = memo_path(temp);
	read_file(temp->root_fd, path, &once);
	memo = open_memo(temp, "/src");
	add_numbers(memo, 1, 10);
	add_numbers(memo, 1, 10);
	save_and_free(memo);
	read_file(temp->root_fd, path, &twice);
	assert_int_equal(once.len, twice.len);
}

static void hashing_starts_at_the_start_and_moves_nothing(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest digest, expected;
	uint64_t size = 0;
	enum { LEN = 200001 };
	autofree char *text = malloc(LEN + 1);

	memset(text, 'x', LEN);
	text[LEN] = '\0';
	expected = digest_of(text, LEN);
	int fd = open_temp_file(temp, text);
	assert_int_equal(lseek(fd, 77, SEEK_SET), 77);
	must(content_hash_fd(fd, &digest, &size, &err), &err);
	assert_true(digest_equal(&digest, &expected));
	assert_int_equal(size, LEN);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 77);
	(void)close(fd);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_cache_setup, temp_cache_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_found_again),
		TEST(any_change_of_identity_is_a_miss),
		TEST(a_file_written_just_now_is_not_remembered),
		TEST(a_file_from_the_future_is_not_remembered),
		TEST(an_edit_that_keeps_size_and_mtime_is_seen),
		TEST(a_damaged_memo_is_empty),
		TEST(a_memo_of_another_tree_is_not_taken_for_this_one),
		TEST(nothing_new_writes_nothing_and_old_entries_fade),
		TEST(a_large_memo_is_written_when_it_is_worth_it),
		TEST(the_same_file_twice_is_one_entry),
		TEST(hashing_starts_at_the_start_and_moves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
