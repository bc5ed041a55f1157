/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that works on a store is killed at any moment, again and again: what is there
 * afterwards is whole, and the next one finds no rubbish.
 */
#include "temp_store.h"

#include "store/blob.h"

#include <signal.h>
#include <time.h>

enum { KILLS = 40, CONTENTS = 16 };

/* The same few contents, so that blobs meet each other too. */
static size_t content_of(unsigned number, char *text, size_t size)
{
	memset(text, (int)('a' + number % CONTENTS), size);
	return 1 + number % CONTENTS * 4000;
}

static void work_until_killed(const char *path, unsigned seed)
{
	static char text[CONTENTS * 4000 + 1];
	struct store *store = NULL;
	struct error err = ERROR_INIT;

	if (store_open(path, &store, &err) < 0)
		_exit(1);
	for (unsigned i = seed;; i = i * 1103515245 + 12345) {
		struct store_tag target = { .size = i % 100 };
		struct blob_ingest *ingest = NULL;
		size_t len = content_of(i >> 16, text, sizeof(text));
		char name[32];
		const char *names[] = { name };
		(void)snprintf(name, sizeof(name), "image:%u", (i >> 20) % 50);
		if (blob_ingest_new(store, &ingest, &err) < 0 ||
		    blob_ingest_write(ingest, text, len / 2, &err) < 0 ||
		    blob_ingest_write(ingest, text + len / 2, len - len / 2, &err) < 0 ||
		    blob_ingest_finish(ingest, NULL, 0, false, &target.digest, NULL, &err) < 0 ||
		    store_set_tags(store, names, 1, &target, &err) < 0 ||
		    fs_make_dirs(store_tmp_fd(store), "some/deep/dir", 0700, &err) < 0)
			_exit(1);
		if (i >> 16 & 1 && blob_remove(store, &target.digest, &err) < 0)
			_exit(1);
	}
}

static int verify(void *context, const struct digest *digest, uint64_t size, struct error *err)
{
	const struct temp_store *temp = context;

	(void)size;
	assert_int_equal(blob_verify(temp->store, digest, err), 1);
	return 0;
}

static void sleep_microseconds(unsigned us)
{
	const struct timespec time = { .tv_nsec = us * 1000L };

	(void)nanosleep(&time, NULL);
}

static void whatever_a_kill_leaves_is_whole(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;

	store_close(temp->store);
	for (unsigned i = 0; i < KILLS; i++) {
		cleanup(store_tags_release) struct store_tags tags = { 0 };
		pid_t children[2];
		for (unsigned k = 0; k < 2; k++) {
			children[k] = fork();
			if (!children[k])
				work_until_killed(temp->path, 2 * i + k + 1);
		}
		sleep_microseconds(500 + i * i * 25);
		for (unsigned k = 0; k < 2; k++) {
			int status = 0;
			assert_int_equal(kill(children[k], SIGKILL), 0);
			assert_int_equal(waitpid(children[k], &status, 0), children[k]);
			assert_true(WIFSIGNALED(status));
		}
		temp->store = NULL;
		must(store_open(temp->path, &temp->store, &err), &err);
		assert_int_equal(count_names(temp, "tmp"), 0);
		assert_int_equal(count_names(temp, "leases"), 1);
		must(blob_list(temp->store, verify, temp, &err), &err);
		must(store_list_tags(temp->store, &tags, &err), &err);
		store_close(temp->store);
	}
	temp->store = NULL;
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_store_setup, temp_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_a_kill_leaves_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
