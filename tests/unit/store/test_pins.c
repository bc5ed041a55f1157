/* SPDX-License-Identifier: Apache-2.0 */
/* What a lease pins is seen by who wants to remove, as long as the lease lives. */
#include "temp_store.h"

#include "store/blob.h"

#include <errno.h>
#include <poll.h>

static struct digest some(const char *text)
{
	return digest_of(text, strlen(text));
}

/* What others pin, as `store` sees it; 0 = one of them could not say. */
static int collect(struct store *store, struct map *pins)
{
	struct error err = ERROR_INIT;
	autoclose int lock = -1;
	int known = store_collect(store, pins, &lock, &err);

	must(known, &err);
	assert_int_equal(lock >= 0, known > 0);
	return known;
}

static bool is_pinned(struct store *store, const struct digest *digest)
{
	cleanup(map_release) struct map pins = MAP_INIT;

	assert_int_equal(collect(store, &pins), 1);
	return map_has(&pins, digest_hex(digest).text);
}

static void pins_of_others_are_seen_until_they_end(void **state)
{
	struct temp_store *temp = *state;
	struct store *other = NULL;
	struct error err = ERROR_INIT;
	struct digest digests[] = { some("a"), some("b"), some("c") };
	struct digest put;

	must(store_pin(temp->store, &digests[2], 1, &err), &err);
	assert_false(is_pinned(temp->store, &digests[2])); /* its own */
	must(store_open(temp->path, &other, &err), &err);
	assert_true(is_pinned(other, &digests[2]));
	must(store_pin(other, digests, 2, &err), &err);
	assert_true(is_pinned(temp->store, &digests[0]));
	assert_true(is_pinned(temp->store, &digests[1]));
	assert_false(is_pinned(temp->store, &digests[2]));
	/* a blob by being put, also when it is there already */
	must(blob_put(temp->store, "blob", 4, &put, &err), &err);
	assert_true(is_pinned(other, &put));
	assert_false(is_pinned(temp->store, &put));
	must(blob_put(other, "blob", 4, &put, &err), &err);
	assert_true(is_pinned(temp->store, &put));
	store_close(other);
	assert_false(is_pinned(temp->store, &put));
	assert_false(is_pinned(temp->store, &digests[0]));
}

/* Jobs pin for the build that they belong to. */
static void pins_of_children_outlive_them(void **state)
{
	struct temp_store *temp = *state;
	struct store *other = NULL;
	struct error err = ERROR_INIT;

	for (int i = 0; i < 20; i++) {
		if (fork())
			continue;
		for (int j = 0; j < 50; j++) {
			char text[32];
			(void)snprintf(text, sizeof(text), "%d.%d", i, j);
			struct digest digest = some(text);
			if (store_pin(temp->store, &digest, 1, &err) < 0)
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(wait_for_children(20), 0);
	must(store_open(temp->path, &other, &err), &err);
	cleanup(map_release) struct map pins = MAP_INIT;
	assert_int_equal(collect(other, &pins), 1);
	assert_int_equal(pins.len, 1000);
	struct digest last = some("19.49");
	assert_true(map_has(&pins, digest_hex(&last).text));
	store_close(other);
}

static void lease_path(const struct temp_store *temp, char *path, size_t size)
{
	char leases[64];

	(void)snprintf(leases, sizeof(leases), "%s/leases", temp->path);
	DIR *dir = opendir(leases);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			(void)snprintf(path, size, "%s/%.64s", leases, entry->d_name);
	(void)closedir(dir);
}

static void a_torn_pin_spoils_no_other(void **state)
{
	struct temp_store *temp = *state;
	struct store *other = NULL;
	struct error err = ERROR_INIT;
	struct digest before = some("before"), after = some("after");
	char path[160] = "";

	must(store_pin(temp->store, &before, 1, &err), &err);
	lease_path(temp, path, sizeof(path));
	FILE *file = fopen(path, "a");
	assert_non_null(file);
	assert_true(fputs("\n0123abc", file) >= 0);
	assert_int_equal(fclose(file), 0);
	must(store_pin(temp->store, &after, 1, &err), &err);
	must(store_open(temp->path, &other, &err), &err);
	assert_true(is_pinned(other, &before));
	assert_true(is_pinned(other, &after));
	/* what a lease that found no room for its pins looks like */
	assert_int_equal(chmod(path, 0700), 0);
	cleanup(map_release) struct map pins = MAP_INIT;
	assert_int_equal(collect(other, &pins), 0);
	store_close(other);
}

static void nobody_pins_while_somebody_removes(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;
	cleanup(map_release) struct map pins = MAP_INIT;
	struct digest digest = some("x");
	int lock = -1, told[2];
	char byte;

	assert_int_equal(pipe(told), 0);
	must(store_collect(temp->store, &pins, &lock, &err), &err);
	if (!fork()) {
		struct store *other = NULL;
		(void)close(lock);
		if (store_open(temp->path, &other, &err) < 0 || write(told[1], "o", 1) != 1 ||
		    store_pin(other, &digest, 1, &err) < 0 || write(told[1], "p", 1) != 1)
			_exit(1);
		store_close(other);
		_exit(0);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	struct pollfd poll_fd = { .fd = told[0], .events = POLLIN };
	assert_int_equal(poll(&poll_fd, 1, 200), 0);
	(void)close(lock);
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(byte, 'p');
	assert_int_equal(wait_for_children(1), 0);
	(void)close(told[0]);
	(void)close(told[1]);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_store_setup, temp_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pins_of_others_are_seen_until_they_end),
		TEST(pins_of_children_outlive_them),
		TEST(a_torn_pin_spoils_no_other),
		TEST(nobody_pins_while_somebody_removes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
