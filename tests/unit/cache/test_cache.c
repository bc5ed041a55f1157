/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_cache.h"

#include "base/alloc.h"

#include <signal.h>
#include <time.h>

static struct digest put(struct temp_cache *temp, const char *name, const char *payload)
{
	cleanup(cache_key_release) struct cache_key key;
	struct error err = ERROR_INIT;

	cache_key_start(&key, "run", 1);
	cache_key_add_text(&key, "name", name);
	cache_key_finish(&key);
	must(cache_put(temp->cache, &key, payload, &err), &err);
	return key.digest;
}

static char *path_of(const struct digest *key)
{
	return xasprintf("cache/records/%s", digest_hex(key).text);
}

static bool is_there(struct temp_cache *temp, const struct digest *key)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };
	struct error err = ERROR_INIT;

	int found = cache_find(temp->cache, key, &record, &err);
	must(found, &err);
	return found > 0;
}

static void a_record_is_found_as_it_was_put(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(cache_record_release) struct cache_record record = { 0 };
	struct error err = ERROR_INIT;

	time_t before = time(NULL);
	struct digest key = put(temp, "a", "{\"layer\":1}");
	assert_int_equal(cache_find(temp->cache, &key, &record, &err), 1);
	assert_true(digest_equal(&record.key, &key));
	assert_string_equal(record.payload, "{\"layer\":1}");
	assert_string_equal(record.inputs,
			    "[[\"kind\",\"run\"],[\"version\",\"1\"],[\"name\",\"a\"]]");
	assert_true(record.made >= before && record.made <= time(NULL));
	assert_false(record.needs_verification);
	struct digest other = digest_of("other", 5);
	assert_false(is_there(temp, &other));
}

static void a_new_record_takes_the_place_of_the_old_one(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(cache_record_release) struct cache_record record = { 0 };
	struct error err = ERROR_INIT;

	struct digest key = put(temp, "a", "1");
	(void)put(temp, "a", "2");
	assert_int_equal(cache_find(temp->cache, &key, &record, &err), 1);
	assert_string_equal(record.payload, "2");
}

/* Every bit but those of the one byte that says whether it is synced (and is trusted only there).
 */
static void any_flipped_bit_makes_a_miss_and_the_record_is_removed(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	struct digest key = put(temp, "a", "{}");
	autofree char *path = path_of(&key);
	size_t n_newer = 0;

	read_file(temp->root_fd, path, &bytes);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		if (bit / 8 == 12)
			continue;
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		write_file(temp->root_fd, path, bytes.data, bytes.len);
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(is_there(temp, &key));
		/* a higher version is not ours to remove */
		if (faccessat(temp->root_fd, path, F_OK, 0) == 0)
			n_newer++;
	}
	assert_int_equal(n_newer, 31);
	write_file(temp->root_fd, path, bytes.data, bytes.len);
	assert_true(is_there(temp, &key));
}

static void a_torn_record_is_a_miss(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	struct digest key = put(temp, "a", "{\"some\":\"thing\"}");
	autofree char *path = path_of(&key);

	read_file(temp->root_fd, path, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		write_file(temp->root_fd, path, bytes.data, len);
		assert_false(is_there(temp, &key));
		assert_int_equal(faccessat(temp->root_fd, path, F_OK, 0), -1);
	}
	buf_add_char(&bytes, 'x');
	write_file(temp->root_fd, path, bytes.data, bytes.len);
	assert_false(is_there(temp, &key));
}

static void a_record_under_another_name_is_a_miss(void **state)
{
	struct temp_cache *temp = *state;
	struct digest key = put(temp, "a", "{}"), other = digest_of("x", 1);
	autofree char *from = path_of(&key), *to = path_of(&other);

	assert_int_equal(renameat(temp->root_fd, from, temp->root_fd, to), 0);
	assert_false(is_there(temp, &other));
}

/* Rewrites the boot in a record as if it had been written in another one. */
static void move_to_another_boot(struct temp_cache *temp, const struct digest *key)
{
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	autofree char *path = path_of(key);

	read_file(temp->root_fd, path, &bytes);
	bytes.data[48] = bytes.data[48] == '0' ? '1' : '0';
	char mark = bytes.data[12];
	bytes.data[12] = 0;
	struct digest hash = digest_of(bytes.data, bytes.len - DIGEST_SIZE);
	bytes.data[12] = mark;
	memcpy(bytes.data + bytes.len - DIGEST_SIZE, &hash, DIGEST_SIZE);
	write_file(temp->root_fd, path, bytes.data, bytes.len);
}

static void what_another_boot_did_not_sync_must_be_verified(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest synced = put(temp, "a", "{}"), unsynced = put(temp, "b", "{}");
	struct digest gone = digest_of("gone", 4);
	const struct digest keys[] = { gone, synced };

	must(cache_mark_synced(temp->cache, keys, 2, &err), &err);
	for (int i = 0; i < 2; i++) {
		cleanup(cache_record_release) struct cache_record record = { 0 };
		const struct digest *key = i ? &unsynced : &synced;
		move_to_another_boot(temp, key);
		assert_int_equal(cache_find(temp->cache, key, &record, &err), 1);
		assert_int_equal(record.needs_verification, i == 1);
	}
	assert_false(is_there(temp, &gone));
}

static void set_mtime(struct temp_cache *temp, const char *path, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(temp->root_fd, path, times, 0), 0);
}

static void use_is_noted_once_an_hour(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest key = put(temp, "a", "{}");
	autofree char *path = path_of(&key);
	time_t now = time(NULL);
	const time_t written[] = { now - 600, now - 7200, now + 86400 };

	for (size_t i = 0; i < countof(written); i++) {
		cleanup(cache_record_release) struct cache_record record = { 0 };
		struct stat st;
		set_mtime(temp, path, written[i]);
		assert_int_equal(cache_find(temp->cache, &key, &record, &err), 1);
		assert_int_equal(fstatat(temp->root_fd, path, &st, 0), 0);
		assert_int_equal(st.st_mtim.tv_sec == written[i], i == 0);
		assert_true(record.used >= now - 600 && record.used <= now + 60);
	}
}

static void removing_is_idempotent(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest key = put(temp, "a", "{}");

	must(cache_remove(temp->cache, &key, &err), &err);
	must(cache_remove(temp->cache, &key, &err), &err);
	assert_false(is_there(temp, &key));
}

static int count_record(void *context, const struct cache_record *record, struct error *err)
{
	(void)err;
	assert_string_equal(record->payload, "{}");
	++*(int *)context;
	return 0;
}

static void count_damaged(void *context, const char *name)
{
	assert_string_equal(name, "rubbish");
	++*(int *)context;
}

static void listing_shows_the_good_and_checking_the_damaged(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	int n_good = 0, n_damaged = 0;

	must(cache_list(temp->cache, count_record, &n_good, &err), &err);
	assert_int_equal(n_good, 0);
	(void)put(temp, "a", "{}");
	(void)put(temp, "b", "{}");
	write_file(temp->root_fd, "cache/records/rubbish", "x", 1);
	must(cache_list(temp->cache, count_record, &n_good, &err), &err);
	must(cache_check(temp->cache, count_damaged, &n_damaged, &err), &err);
	assert_int_equal(n_good, 2);
	assert_int_equal(n_damaged, 1);
}

static void a_record_too_large_is_refused(void **state)
{
	struct temp_cache *temp = *state;
	cleanup(cache_key_release) struct cache_key key;
	autofree char *payload = calloc(1, CACHE_RECORD_SIZE_MAX + 1);
	struct error err = ERROR_INIT;

	memset(payload, ' ', CACHE_RECORD_SIZE_MAX);
	cache_key_start(&key, "run", 1);
	cache_key_finish(&key);
	assert_int_equal(cache_put(temp->cache, &key, payload, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
}

static void the_lock_of_a_key_is_its_own(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest a = digest_of("a", 1), b = digest_of("b", 1);
	int first = -1, second = -1, third = -1;

	assert_int_equal(cache_try_lock(temp->cache, &a, &first, &err), 1);
	assert_int_equal(cache_try_lock(temp->cache, &a, &second, &err), 0);
	assert_int_equal(cache_try_lock(temp->cache, &b, &third, &err), 1);
	(void)close(first);
	assert_int_equal(cache_try_lock(temp->cache, &a, &second, &err), 1);
	(void)close(second);
	(void)close(third);
}

static void the_lock_dies_with_its_holder(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;
	struct digest key = digest_of("a", 1);
	int ready[2], fd = -1;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t holder = fork();
	if (!holder) {
		if (cache_lock(temp->cache, &key, &fd, &err) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(cache_try_lock(temp->cache, &key, &fd, &err), 0);
	pid_t waiter = fork();
	if (!waiter)
		_exit(cache_lock(temp->cache, &key, &fd, &err) < 0);
	(void)usleep(20000);
	assert_int_equal(waitpid(waiter, NULL, WNOHANG), 0);
	assert_int_equal(kill(holder, SIGKILL), 0);
	int status = 0;
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	assert_int_equal(cache_try_lock(temp->cache, &key, &fd, &err), 1);
	(void)close(fd);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* Each looks, locks, looks again and makes: a byte in a file for every time something was made. */
static void make_once(struct temp_cache *temp, int round, int log_fd)
{
	struct error err = ERROR_INIT;
	struct cache *cache = NULL;
	char name[16];
	int lock = -1;

	(void)snprintf(name, sizeof(name), "round %d", round);
	cleanup(cache_key_release) struct cache_key key;
	cache_key_start(&key, "run", 1);
	cache_key_add_text(&key, "name", name);
	cache_key_finish(&key);
	must(cache_open(temp->root_fd, &cache, &err), &err);
	cleanup(cache_record_release) struct cache_record record = { 0 };
	if (cache_find(cache, &key.digest, &record, &err) == 0) {
		must(cache_lock(cache, &key.digest, &lock, &err), &err);
		if (cache_find(cache, &key.digest, &record, &err) == 0) {
			assert_int_equal(write(log_fd, "x", 1), 1);
			must(cache_put(cache, &key, "{}", &err), &err);
		}
		(void)close(lock);
	}
	cache_close(cache);
}

static void what_many_need_is_made_once(void **state)
{
	struct temp_cache *temp = *state;
	enum { PROCESSES = 8, ROUNDS = 25 };
	struct stat st;

	int log_fd = openat(temp->root_fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (int p = 0; p < PROCESSES; p++) {
		if (fork())
			continue;
		for (int round = 0; round < ROUNDS; round++)
			make_once(temp, round, log_fd);
		_exit(0);
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status = 1;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(fstat(log_fd, &st), 0);
	assert_int_equal(st.st_size, ROUNDS);
	(void)close(log_fd);
}

static void write_until_killed(struct temp_cache *temp, unsigned seed)
{
	for (unsigned i = seed;; i++) {
		char name[16];
		struct error err = ERROR_INIT;
		(void)snprintf(name, sizeof(name), "name %u", i % 20);
		struct digest key = put(temp, name, "{\"layer\":1}");
		if (cache_mark_synced(temp->cache, &key, 1, &err) < 0 ||
		    (i % 3 == 0 && cache_remove(temp->cache, &key, &err) < 0))
			_exit(1);
	}
}

static void refuse_damage(void *context, const char *name)
{
	(void)context;
	fail_msg("'%s' is damaged", name);
}

static void whatever_a_kill_leaves_is_whole(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;

	for (unsigned i = 0; i < 40; i++) {
		pid_t children[2];
		for (unsigned k = 0; k < 2; k++) {
			children[k] = fork();
			if (!children[k])
				write_until_killed(temp, i * 7 + k);
		}
		(void)usleep(500 + i * 100);
		for (unsigned k = 0; k < 2; k++) {
			int status = 0;
			assert_int_equal(kill(children[k], SIGKILL), 0);
			assert_int_equal(waitpid(children[k], &status, 0), children[k]);
			assert_true(WIFSIGNALED(status));
		}
		must(cache_check(temp->cache, refuse_damage, NULL, &err), &err);
	}
	/* nothing but the folder of records */
	struct stat st;
	assert_int_equal(fstatat(temp->root_fd, "cache", &st, 0), 0);
	assert_int_equal(st.st_nlink, 3);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_cache_setup, temp_cache_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_is_found_as_it_was_put),
		TEST(a_new_record_takes_the_place_of_the_old_one),
		TEST(any_flipped_bit_makes_a_miss_and_the_record_is_removed),
		TEST(a_torn_record_is_a_miss),
		TEST(a_record_under_another_name_is_a_miss),
		TEST(what_another_boot_did_not_sync_must_be_verified),
		TEST(use_is_noted_once_an_hour),
		TEST(removing_is_idempotent),
		TEST(listing_shows_the_good_and_checking_the_damaged),
		TEST(a_record_too_large_is_refused),
		TEST(the_lock_of_a_key_is_its_own),
		TEST(the_lock_dies_with_its_holder),
		TEST(what_many_need_is_made_once),
		TEST(whatever_a_kill_leaves_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
