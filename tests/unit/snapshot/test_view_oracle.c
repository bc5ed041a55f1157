/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's overlay is the oracle: over random stacks of layers, our merged view shows what a
 * mount of them shows.
 */
#include "fixture.h"
#include "random_tree.h"

#include "base/path.h"
#include "snapshot/view.h"

enum { STACKS = 150, LAYERS_MAX = 6 };

static const char OPAQUE[] = "trusted.overlay.opaque";

/* Marks as a RUN's upper or an unpacked layer has them, wherever they happen to fall. */
static void add_marks(int fd, struct dice *dice)
{
	for (unsigned i = roll(dice, 8); i > 0; i--) {
		autofree char *path = random_path(dice);
		if (roll(dice, 2)) {
			(void)!mknodat(fd, path, S_IFCHR, makedev(0, 0));
			continue;
		}
		int dir_fd = openat(fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir_fd < 0)
			continue;
		/* only "y" says so, and only in that name */
		static const char *const values[] = { "y", "y", "y", "n", "yes" };
		const char *value = values[roll(dice, countof(values))];
		const char *name = roll(dice, 5) ? OPAQUE : "user.overlay.opaque";
		assert_int_equal(fsetxattr(dir_fd, name, value, strlen(value), 0), 0);
		(void)close(dir_fd);
	}
}

static void make_random_layer(const struct fixture *fixture, unsigned number, struct dice *dice)
{
	struct snapshot_draft *draft = new_draft(fixture);

	for (unsigned i = 5 + roll(dice, 40); i > 0; i--)
		change_tree(snapshot_draft_fd(draft), dice);
	add_marks(snapshot_draft_fd(draft), dice);
	commit(draft, number);
}

static int add_line(void *lines, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		    struct error *err)
{
	cleanup(buf_release) struct buf line = BUF_INIT;

	(void)dev;
	(void)err;
	assert_true(inode != 0);
	describe_entry(entry, &line);
	strv_add(lines, line.data);
	return 0;
}

/* Each path that can be made of the names: found or not, listed, read. */
static void compare_single_paths(struct snapshot_view *view, int mount_fd, struct dice *dice)
{
	struct error err = ERROR_INIT;

	for (int i = 0; i < 100; i++) {
		cleanup(buf_release) struct buf actual = BUF_INIT, expected = BUF_INIT;
		autofree char *path = random_path(dice);
		struct fs_entry entry, there;
		struct stat st;
		/* a symlink on the way is the caller's to resolve */
		autofree char *parent = path_parent(path), *resolved = NULL;
		if (snapshot_view_resolve(view, parent, true, &resolved, &err) < 0 ||
		    strcmp(resolved, parent) != 0)
			continue;
		int found = snapshot_view_find(view, path, &entry, &err);
		must(found, &err);
		int is_there = look_at(mount_fd, path, &there, &st);
		assert_int_equal(found, is_there);
		if (!found)
			continue;
		describe_entry(&entry, &actual);
		describe_entry(&there, &expected);
		assert_string_equal(actual.data, expected.data);
		if (entry.type != FS_DIR)
			continue;
		cleanup(strv_release) struct strv names = STRV_INIT, paths = STRV_INIT;
		must(snapshot_view_list(view, path, &names, &err), &err);
		walk_tree(mount_fd, path, &paths);
		size_t n = 0;
		for (size_t k = 0; k < paths.len; k++) {
			if (strchr(paths.items[k] + strlen(path) + 1, '/'))
				continue;
			assert_true(n < names.len);
			assert_string_equal(names.items[n++], path_base_name(paths.items[k]));
		}
		assert_int_equal(n, names.len);
	}
}

static void compare_contents(struct snapshot_view *view, int mount_fd, const struct strv *paths)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < paths->len; i++) {
		cleanup(buf_release) struct buf actual = BUF_INIT, expected = BUF_INIT;
		autoclose int fd = -1;
		struct stat st;
		assert_int_equal(fstatat(mount_fd, paths->items[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		if (!S_ISREG(st.st_mode))
			continue;
		assert_int_equal(snapshot_view_open_file(view, paths->items[i], &fd, &err), 1);
		must(fs_read_fd(fd, 100, "file", &actual, &err), &err);
		assert_int_equal(
			fs_read_whole(mount_fd, paths->items[i], 100, "file", &expected, &err), 1);
		assert_string_equal(actual.data, expected.data);
	}
}

/* As the kernel resolves it with the mount as its root. */
static void compare_resolving(struct snapshot_view *view, int mount_fd, struct dice *dice)
{
	for (int i = 0; i < 100; i++) {
		struct error err = ERROR_INIT, none = ERROR_INIT;
		autofree char *path = random_path(dice), *resolved = NULL;
		autoclose int fd = -1;
		struct stat there;
		struct fs_entry entry;
		int opened = fs_open_in_root(mount_fd, path, O_PATH, 0, &fd, &none);
		int result = snapshot_view_resolve(view, path, true, &resolved, &err);
		if (opened < 0) {
			/* a loop for the kernel is one for us */
			assert_int_equal(none.sys, ELOOP);
			assert_int_equal(result, -1);
			continue;
		}
		if (opened == 0) {
			/* nothing there: or a file in the middle */
			if (result == 0)
				assert_int_equal(snapshot_view_find(view, resolved, &entry, &err),
						 0);
			continue;
		}
		must(result, &err);
		assert_int_equal(fstat(fd, &there), 0);
		struct stat mine;
		assert_int_equal(
			fstatat(mount_fd, *resolved ? resolved : ".", &mine, AT_SYMLINK_NOFOLLOW),
			0);
		assert_int_equal(there.st_ino, mine.st_ino);
	}
}

static void compare_stack(const struct fixture *fixture, unsigned seed)
{
	cleanup(strv_release) struct strv actual = STRV_INIT, expected = STRV_INIT,
					  paths = STRV_INIT;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	struct dice dice = { seed };
	struct digest ids[LAYERS_MAX];
	struct error err = ERROR_INIT;
	unsigned n = 1 + roll(&dice, LAYERS_MAX);
	autoclose int mount_fd = -1;

	for (unsigned i = 0; i < n; i++) {
		make_random_layer(fixture, seed * LAYERS_MAX + i, &dice);
		ids[i] = id_of(seed * LAYERS_MAX + i);
	}
	must(snapshot_mount(fixture->snapshots, ids, n, &mount_fd, &err), &err);
	must(snapshot_view_open(fixture->snapshots, ids, n, &view, &err), &err);
	describe_tree(mount_fd, &expected);
	must(snapshot_view_walk(view, "", add_line, &actual, &err), &err);
	assert_same_lines(&actual, &expected);
	walk_tree(mount_fd, "", &paths);
	compare_contents(view, mount_fd, &paths);
	compare_single_paths(view, mount_fd, &dice);
	compare_resolving(view, mount_fd, &dice);
}

/* What marks a directory as opaque, and what only looks like it. */
static void only_one_value_of_one_attribute_hides(void **state)
{
	static const struct {
		const char *name, *value;
		bool hides;
	} cases[] = {
		{ "trusted.overlay.opaque", "y", true },
		{ "trusted.overlay.opaque", "n", false },
		{ "trusted.overlay.opaque", "yes", false },
		{ "trusted.overlay.opaque", "x", false },
		{ "user.overlay.opaque", "y", false },
	};

	for (unsigned i = 0; i < countof(cases); i++) {
		cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
		struct digest ids[] = { id_of(1000 + 2 * i), id_of(1001 + 2 * i) };
		struct error err = ERROR_INIT;
		struct fs_entry entry;
		autoclose int mount_fd = -1;
		for (unsigned layer = 0; layer < 2; layer++) {
			struct snapshot_draft *draft = new_draft(*state);
			int fd = snapshot_draft_fd(draft);
			make_dirs(fd, "dir");
			make_file(fd, layer ? "dir/high" : "dir/low", "");
			int dir_fd = open_subdir(fd, "dir");
			if (layer)
				assert_int_equal(fsetxattr(dir_fd, cases[i].name, cases[i].value,
							   strlen(cases[i].value), 0),
						 0);
			(void)close(dir_fd);
			commit(draft, 1000 + 2 * i + layer);
		}
		const struct fixture *fixture = *state;
		must(snapshot_mount(fixture->snapshots, ids, 2, &mount_fd, &err), &err);
		must(snapshot_view_open(fixture->snapshots, ids, 2, &view, &err), &err);
		assert_int_equal(faccessat(mount_fd, "dir/low", F_OK, 0) == 0, !cases[i].hides);
		assert_int_equal(snapshot_view_find(view, "dir/low", &entry, &err),
				 !cases[i].hides);
		assert_int_equal(snapshot_view_find(view, "dir/high", &entry, &err), 1);
	}
}

static void the_view_is_what_a_mount_shows(void **state)
{
	for (unsigned seed = 0; seed < STACKS; seed++)
		compare_stack(*state, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_one_value_of_one_attribute_hides),
		TEST(the_view_is_what_a_mount_shows),
	};
	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
