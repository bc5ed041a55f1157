/* SPDX-License-Identifier: Apache-2.0 */
/* What lands on a tree, and which entries of a layer come of it. */
#include "landing.h"

#include "../cmocka_head.h"
#include "base/fs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char path[32];
	int fd;
	struct snapshots *snapshots;
	struct snapshot_view *view;
	struct landing landing;
};

/* A tree with usr/, usr/lib/ and the file usr/old. */
static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct error err = ERROR_INIT;

	strcpy(world->path, "landing.XXXXXX");
	if (!mkdtemp(world->path) || fs_open_dir(world->path, false, &world->fd, &err) < 0 ||
	    fs_make_dirs(world->fd, "usr/lib", 0755, &err) < 0 ||
	    fs_write_atomic(world->fd, "usr/old", "old", 3, 0644, &err) < 0 ||
	    snapshots_open(world->fd, world->fd, &world->snapshots, &err) < 0 ||
	    snapshot_view_of_dirs(world->snapshots, &world->fd, 1, &world->view, &err) < 0)
		return -1;
	landing_init(&world->landing, world->view, 1000);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	landing_release(&world->landing);
	snapshot_view_free(world->view);
	snapshots_close(world->snapshots);
	int result = fs_remove_tree(AT_FDCWD, world->path, &err);
	(void)close(world->fd);
	free(world);
	return result;
}

static void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static void put_file(struct landing *landing, const char *path, const char *text)
{
	struct fs_entry entry = { .type = FS_FILE,
				  .mode = 0644,
				  .size = strlen(text),
				  .mtime = 5,
				  .has_digest = true,
				  .digest = digest_of(text, strlen(text)) };
	struct landed_content content = { .data = text, .len = strlen(text) };

	landing_put(landing, path, &entry, &content);
}

/* The paths of the layer, a space behind each. */
static void expect_layer(struct landing *landing, const char *expected)
{
	cleanup(buf_release) struct buf paths = BUF_INIT;
	struct error err = ERROR_INIT;
	struct landed *entries = NULL;
	size_t n = 0;

	must(landing_finish(landing, &entries, &n, &err), &err);
	for (size_t i = 0; i < n; i++)
		buf_printf(&paths, "%s ", entries[i].entry.path);
	free(entries);
	assert_string_equal(paths.data, expected);
}

static void parents_are_made_where_they_are_missing(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct error err = ERROR_INIT;
	struct fs_entry made = { 0 };

	must(landing_make_parents(landing, "usr/share/a/b", 0750, 7, 8, &err), &err);
	put_file(landing, "usr/share/a/b", "b");
	assert_int_equal(landing_find(landing, "usr/share/a", &made, &err), 1);
	assert_int_equal(made.mode, 0750);
	assert_int_equal(made.uid, 7);
	assert_int_equal(made.gid, 8);
	assert_int_equal(made.mtime, 1000);
	/* usr is there: it is named, not made */
	assert_int_equal(landing_make_dir(landing, "usr", 0700, 0, 0, &err), 0);
	expect_layer(landing, "usr usr/share usr/share/a usr/share/a/b ");
}

static void a_file_is_in_the_way_of_a_directory(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct error err = ERROR_INIT;

	assert_int_equal(landing_make_parents(landing, "usr/old/x", 0755, 0, 0, &err), -1);
	assert_non_null(strstr(err.text, "'/usr/old'"));
}

static void what_landed_last_is_there(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct error err = ERROR_INIT;
	struct fs_entry there = { 0 };

	put_file(landing, "usr/new", "first");
	put_file(landing, "usr/new", "the second");
	assert_int_equal(landing_find(landing, "usr/new", &there, &err), 1);
	assert_int_equal(there.size, 10);
	assert_int_equal(landing_find(landing, "usr/old", &there, &err), 1);
	assert_int_equal(there.size, 3);
	assert_int_equal(landing_find(landing, "usr/none", &there, &err), 0);
	expect_layer(landing, "usr usr/new ");
}

/* A file in the place of a directory hides what that had. */
static void a_landed_file_hides_what_was_below(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct error err = ERROR_INIT;
	struct fs_entry there = { 0 };

	assert_int_equal(landing_find(landing, "usr/lib", &there, &err), 1);
	put_file(landing, "usr", "a file");
	assert_int_equal(landing_find(landing, "usr/lib", &there, &err), 0);
	assert_int_equal(landing_find(landing, "usr/old", &there, &err), 0);
}

/* Nothing is looked up below it: even what is made in the tree meanwhile is not seen. */
static void below_a_new_directory_nothing_is_looked_up(void **state)
{
	struct world *world = *state;
	struct landing *landing = &world->landing;
	struct error err = ERROR_INIT;
	struct fs_entry there = { 0 };

	must(landing_make_dir(landing, "new", 0755, 0, 0, &err), &err);
	must(fs_make_dirs(world->fd, "new/sub", 0755, &err), &err);
	assert_int_equal(landing_find(landing, "new/sub", &there, &err), 0);
	/* its mode may change: it is as new as before */
	struct fs_entry again = { .type = FS_DIR, .mode = 0700 };
	landing_put(landing, "new", &again, NULL);
	assert_int_equal(landing_find(landing, "new/sub", &there, &err), 0);
	put_file(landing, "new/f", "f");
	expect_layer(landing, "new new/f ");
}

/* A directory that was there and lands again is not new. */
static void below_an_old_directory_things_are_found(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct error err = ERROR_INIT;
	struct fs_entry there = { 0 };
	struct fs_entry dir = { .type = FS_DIR, .mode = 0700 };

	landing_put(landing, "usr", &dir, NULL);
	assert_int_equal(landing_find(landing, "usr/old", &there, &err), 1);
	expect_layer(landing, "usr ");
}

static void links_are_grouped_by_inode(void **state)
{
	struct landing *landing = &((struct world *)*state)->landing;
	struct map groups = MAP_INIT;

	uint64_t first = landing_link_group(landing, &groups, 1, 10);
	assert_true(first);
	assert_true(landing_link_group(landing, &groups, 1, 10) == first);
	assert_true(landing_link_group(landing, &groups, 2, 10) != first);
	assert_true(landing_link_group(landing, &groups, 1, 0) == 0);
	map_release(&groups);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parents_are_made_where_they_are_missing),
		TEST(a_file_is_in_the_way_of_a_directory),
		TEST(what_landed_last_is_there),
		TEST(a_landed_file_hides_what_was_below),
		TEST(below_a_new_directory_nothing_is_looked_up),
		TEST(below_an_old_directory_things_are_found),
		TEST(links_are_grouped_by_inode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
