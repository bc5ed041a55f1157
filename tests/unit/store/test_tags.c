/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_store.h"

#include "base/alloc.h"

static struct store_tag target_of(const char *content)
{
	return (struct store_tag){
		.media_type = (char *)(uintptr_t) "application/vnd.oci.image.manifest.v1+json",
		.digest = digest_of(content, strlen(content)),
		.size = strlen(content),
		.platform = (char *)(uintptr_t) "linux/arm64/v8",
	};
}

static void set(struct temp_store *temp, const char *name, const char *content)
{
	struct store_tag target = target_of(content);
	struct error err = ERROR_INIT;

	must(store_set_tags(temp->store, &name, name ? 1 : 0, &target, &err), &err);
}

static size_t count_tags(const struct temp_store *temp)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	struct error err = ERROR_INIT;

	must(store_list_tags(temp->store, &tags, &err), &err);
	return tags.len;
}

static struct digest digest_at(const struct temp_store *temp, const char *name)
{
	cleanup(store_tag_release) struct store_tag tag = { 0 };
	struct error err = ERROR_INIT;

	assert_int_equal(store_find_tag(temp->store, name, &tag, &err), 1);
	return tag.digest;
}

static void a_tag_is_found_as_it_was_set(void **state)
{
	struct temp_store *temp = *state;
	cleanup(store_tag_release) struct store_tag tag = { 0 };
	struct error err = ERROR_INIT;
	struct digest digest = digest_of("one", 3);

	set(temp, "docker.io/library/a:1", "one");
	assert_int_equal(store_find_tag(temp->store, "docker.io/library/a:1", &tag, &err), 1);
	assert_string_equal(tag.name, "docker.io/library/a:1");
	assert_string_equal(tag.platform, "linux/arm64/v8");
	assert_string_equal(tag.media_type, "application/vnd.oci.image.manifest.v1+json");
	assert_int_equal(tag.size, 3);
	assert_true(digest_equal(&tag.digest, &digest));
	struct store_tag none = { 0 };
	assert_int_equal(store_find_tag(temp->store, "docker.io/library/a:2", &none, &err), 0);
}

static void a_tag_moves(void **state)
{
	struct temp_store *temp = *state;
	struct digest two = digest_of("two", 3);

	set(temp, "a:1", "one");
	set(temp, "b:1", "one");
	set(temp, "a:1", "two");
	assert_int_equal(count_tags(temp), 2);
	struct digest now = digest_at(temp, "a:1");
	assert_true(digest_equal(&now, &two));
}

static void an_untagged_entry_gives_way_to_a_name(void **state)
{
	struct temp_store *temp = *state;
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	struct error err = ERROR_INIT;

	set(temp, NULL, "one");
	set(temp, NULL, "one");
	set(temp, NULL, "two");
	assert_int_equal(count_tags(temp), 2);
	set(temp, "a:1", "one");
	must(store_list_tags(temp->store, &tags, &err), &err);
	assert_int_equal(tags.len, 2);
	assert_null(tags.items[0].name);
	assert_string_equal(tags.items[1].name, "a:1");
	set(temp, NULL, "one");
	assert_int_equal(count_tags(temp), 2);
}

static void removing_is_a_question(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;

	set(temp, "a:1", "one");
	set(temp, "b:1", "two");
	assert_int_equal(store_remove_tag(temp->store, "a:1", &err), 1);
	assert_int_equal(store_remove_tag(temp->store, "a:1", &err), 0);
	assert_int_equal(count_tags(temp), 1);
}

static void setting_what_is_so_already_writes_nothing(void **state)
{
	struct temp_store *temp = *state;
	struct stat before, after;

	set(temp, "a:1", "one");
	assert_int_equal(fstatat(store_root_fd(temp->store), "index.json", &before, 0), 0);
	set(temp, "a:1", "one");
	assert_int_equal(fstatat(store_root_fd(temp->store), "index.json", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	set(temp, "a:1", "two");
	assert_int_equal(fstatat(store_root_fd(temp->store), "index.json", &after, 0), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
}

static void what_other_tools_wrote_is_kept(void **state)
{
	struct temp_store *temp = *state;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	write_text(temp, "index.json",
		   "{\"schemaVersion\":2,\"x\":[1],\"manifests\":["
		   "{\"digest\":\"sha512:00\",\"size\":1,\"mediaType\":\"odd\"},"
		   "{\"digest\":\"sha256:"
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
		   "\"size\":0,\"mediaType\":\"m\",\"annotations\":{\"created by\":\"umoci\","
		   "\"org.opencontainers.image.ref.name\":\"u:1\"}}]}");
	set(temp, "a:1", "one");
	assert_int_equal(fs_read_whole(store_root_fd(temp->store), "index.json", 10000, "index",
				       &text, &err),
			 1);
	assert_non_null(strstr(text.data, "\"x\":[1]"));
	assert_non_null(strstr(text.data, "sha512:00"));
	assert_non_null(strstr(text.data, "umoci"));
	assert_int_equal(count_tags(temp), 2);
	(void)digest_at(temp, "u:1");
}

static void a_damaged_index_is_an_error_and_stays(void **state)
{
	struct temp_store *temp = *state;
	struct store_tag target = target_of("one");
	struct store_tag tag = { 0 };
	struct error err = ERROR_INIT;
	const char *name = "a:1";
	static const char *const bad[] = { "{\"manifests\":[", "[]", "{\"manifests\":{}}", "" };
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < countof(bad); i++) {
		write_text(temp, "index.json", bad[i]);
		assert_int_equal(store_set_tags(temp->store, &name, 1, &target, &err), -1);
		assert_int_equal(err.code, ERROR_CORRUPT);
		assert_int_equal(store_find_tag(temp->store, name, &tag, &err), -1);
		buf_clear(&text);
		assert_int_equal(fs_read_whole(store_root_fd(temp->store), "index.json", 1000,
					       "index", &text, &err),
				 1);
		assert_string_equal(text.data, bad[i]);
	}
}

static void tags_of_eight_processes_are_all_there(void **state)
{
	struct temp_store *temp = *state;
	enum { PROCESSES = 8, TAGS = 50 };
	char name[32];

	for (int p = 0; p < PROCESSES; p++) {
		if (fork())
			continue;
		struct store *store = NULL;
		struct error err = ERROR_INIT;
		if (store_open(temp->path, &store, &err) < 0)
			_exit(1);
		for (int t = 0; t < TAGS; t++) {
			struct store_tag target = target_of("one");
			const char *names[] = { name, "shared:latest" };
			(void)snprintf(name, sizeof(name), "image%d:%d", p, t);
			target.size = (uint64_t)t;
			if (store_set_tags(store, names, 2, &target, &err) < 0)
				_exit(1);
		}
		store_close(store);
		_exit(0);
	}
	assert_int_equal(wait_for_children(PROCESSES), 0);
	assert_int_equal(count_tags(temp), PROCESSES * TAGS + 1);
	for (int p = 0; p < PROCESSES; p++)
		for (int t = 0; t < TAGS; t++) {
			(void)snprintf(name, sizeof(name), "image%d:%d", p, t);
			(void)digest_at(temp, name);
		}
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_store_setup, temp_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tag_is_found_as_it_was_set),
		TEST(a_tag_moves),
		TEST(an_untagged_entry_gives_way_to_a_name),
		TEST(removing_is_a_question),
		TEST(setting_what_is_so_already_writes_nothing),
		TEST(what_other_tools_wrote_is_kept),
		TEST(a_damaged_index_is_an_error_and_stays),
		TEST(tags_of_eight_processes_are_all_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
