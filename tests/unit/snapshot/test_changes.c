/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step changed, read off the upper directory of a real overlay: single cases by hand, and
 * random ones against a naive comparison of the whole tree before and after.
 */
#include "fixture.h"
#include "random_tree.h"

#include "base/path.h"
#include "snapshot/changes.h"

/* --- single cases ------------------------------------------------------------------------------
 */

/* A snapshot to work on, its overlay, and what to look for. */
struct step {
	const struct fixture *fixture;
	struct snapshot_draft *draft;
	int mount_fd;
};

static const unsigned BASE = 1000;

/* The base is made by the caller in a draft of its own first. */
static struct step start_step(const struct fixture *fixture, struct snapshot_draft *base)
{
	struct digest parent = id_of(BASE);
	struct step step = { .fixture = fixture, .draft = new_draft(fixture), .mount_fd = -1 };
	struct error err = ERROR_INIT;

	commit(base, BASE);
	must(snapshot_draft_mount(step.draft, &parent, 1, &step.mount_fd, &err), &err);
	return step;
}

static void add_short(const struct fs_entry *entry, struct buf *text)
{
	static const char letters[] = "?fdlcbpsHW";

	buf_printf(text, "%s%c %s", text->len ? "\n" : "", letters[entry->type], entry->path);
	if (entry->target)
		buf_printf(text, " -> %s", entry->target);
	if (entry->capability)
		buf_printf(text, " capability");
	if (entry->type == FS_HARDLINK || entry->type == FS_WHITEOUT) {
		assert_int_equal(entry->size, 0);
		assert_null(entry->capability);
	}
}

static void expect_changes(struct step *step, const char *expected)
{
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL;
	cleanup(changes_release) struct changes changes = CHANGES_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct digest parent = id_of(BASE);
	struct error err = ERROR_INIT;

	must(snapshot_draft_freeze(step->draft, &err), &err);
	must(snapshot_view_open(step->fixture->snapshots, &parent, 1, &below, &err), &err);
	must(changes_read(snapshot_draft_fd(step->draft), below, &changes, &err), &err);
	for (size_t i = 0; i < changes.len; i++)
		add_short(&changes.items[i], &text);
	assert_string_equal(text.data, expected);
	(void)close(step->mount_fd);
	snapshot_draft_free(step->draft);
}

static void nothing_done_is_nothing_changed(void **state)
{
	struct snapshot_draft *base = new_draft(*state);

	make_file(snapshot_draft_fd(base), "file", "text");
	struct step step = start_step(*state, base);
	expect_changes(&step, "");
}

static void parents_are_listed_and_what_was_only_copied_up_is_not(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int fd = snapshot_draft_fd(base);

	make_dirs(fd, "a/b/c");
	make_dirs(fd, "x/y");
	make_file(fd, "a/b/c/file", "text");
	make_file(fd, "a/b/other", "text");
	make_file(fd, "x/y/file", "text");
	struct step step = start_step(*state, base);
	make_file(step.mount_fd, "a/b/c/new", "");
	try_touch_nothing(step.mount_fd, "x/y/file");
	try_touch_nothing(step.mount_fd, "a/b/other");
	struct stat st;
	assert_int_equal(fstatat(snapshot_draft_fd(step.draft), "x/y/file", &st, 0), 0);
	expect_changes(&step, "d a\nd a/b\nd a/b/c\nf a/b/c/new");
}

static void mode_and_owner_of_a_directory_are_changes_and_its_time_is_none(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int fd = snapshot_draft_fd(base);

	make_dirs(fd, "mode");
	make_dirs(fd, "owner");
	make_dirs(fd, "time");
	struct step step = start_step(*state, base);
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	assert_int_equal(fchmodat(step.mount_fd, "mode", 0700, 0), 0);
	assert_int_equal(fchownat(step.mount_fd, "owner", 5, 5, 0), 0);
	assert_int_equal(utimensat(step.mount_fd, "time", times, 0), 0);
	assert_int_equal(fchmodat(step.mount_fd, ".", 0711, 0), 0);
	expect_changes(&step, "d mode\nd owner");
}

static void what_is_gone_leaves_a_whiteout(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int fd = snapshot_draft_fd(base);

	make_dirs(fd, "dir/sub");
	make_file(fd, "dir/file", "text");
	make_file(fd, "file", "text");
	struct step step = start_step(*state, base);
	assert_int_equal(unlinkat(step.mount_fd, "dir/file", 0), 0);
	assert_int_equal(unlinkat(step.mount_fd, "dir/sub", AT_REMOVEDIR), 0);
	make_file(step.mount_fd, "gone again", "");
	assert_int_equal(unlinkat(step.mount_fd, "gone again", 0), 0);
	expect_changes(&step, "d dir\nW dir/file\nW dir/sub");
}

static void a_directory_made_anew_hides_what_was_in_the_old_one(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int fd = snapshot_draft_fd(base);
	struct error err = ERROR_INIT;

	make_dirs(fd, "dir/deep/er");
	make_file(fd, "dir/b", "old");
	make_file(fd, "dir/d", "old");
	make_file(fd, "dir/deep/x", "old");
	struct step step = start_step(*state, base);
	must(fs_remove_tree(step.mount_fd, "dir", &err), &err);
	make_dirs(step.mount_fd, "dir/deep");
	make_file(step.mount_fd, "dir/c", "new");
	make_file(step.mount_fd, "dir/d", "new");
	expect_changes(&step, "d dir\nW dir/b\nf dir/c\nf dir/d\nd dir/deep\nW dir/deep/er\nW "
			      "dir/deep/x");
}

static void files_and_directories_take_each_others_places(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int fd = snapshot_draft_fd(base);
	struct error err = ERROR_INIT;

	make_dirs(fd, "dir/sub");
	make_file(fd, "file", "text");
	struct step step = start_step(*state, base);
	must(fs_remove_tree(step.mount_fd, "dir", &err), &err);
	make_file(step.mount_fd, "dir", "now a file");
	assert_int_equal(unlinkat(step.mount_fd, "file", 0), 0);
	make_dirs(step.mount_fd, "file/sub");
	expect_changes(&step, "f dir\nd file\nd file/sub");
}

static void hard_links_point_to_the_first_name_that_is_listed(void **state)
{
	struct snapshot_draft *base = new_draft(*state);

	make_file(snapshot_draft_fd(base), "a", "text");
	struct step step = start_step(*state, base);
	int fd = step.mount_fd;
	make_file(fd, "d", "new");
	assert_int_equal(linkat(fd, "d", fd, "c", 0), 0);
	assert_int_equal(mkdirat(fd, "b", 0755), 0);
	assert_int_equal(linkat(fd, "d", fd, "b/z", 0), 0);
	/* an old file gets a second name: it is as before itself */
	assert_int_equal(linkat(fd, "a", fd, "a2", 0), 0);
	assert_int_equal(symlinkat("somewhere", fd, "s1"), 0);
	assert_int_equal(linkat(fd, "s1", fd, "s2", 0), 0);
	expect_changes(&step, "f a2\nd b\nf b/z\nH c -> b/z\nH d -> b/z\nl s1 -> somewhere\nH s2 "
			      "-> s1");
}

static void sockets_are_left_out(void **state)
{
	struct snapshot_draft *base = new_draft(*state);

	make_file(snapshot_draft_fd(base), "was a file", "text");
	struct step step = start_step(*state, base);
	assert_int_equal(unlinkat(step.mount_fd, "was a file", 0), 0);
	assert_int_equal(mknodat(step.mount_fd, "was a file", S_IFSOCK | 0700, 0), 0);
	assert_int_equal(mknodat(step.mount_fd, "new", S_IFSOCK | 0700, 0), 0);
	assert_int_equal(mknodat(step.mount_fd, "pipe", S_IFIFO | 0700, 0), 0);
	expect_changes(&step, "p pipe\nW was a file");
}

/* A copy drops its names one by one, which changes the time of the others. */
static void links_that_nobody_touched_leave_nothing(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	int base_fd = snapshot_draft_fd(base);
	struct stat st;

	make_dirs(base_fd, "d");
	make_file(base_fd, "d/one", "text");
	assert_int_equal(linkat(base_fd, "d/one", base_fd, "two", 0), 0);
	struct step step = start_step(*state, base);
	make_file(step.mount_fd, "new", "text");
	struct snapshot_draft *draft = step.draft;
	struct error err = ERROR_INIT;
	must(snapshot_draft_freeze(draft, &err), &err);
	assert_int_equal(fstatat(snapshot_draft_fd(draft), "new", &st, 0), 0);
	assert_int_equal(fstatat(snapshot_draft_fd(draft), "two", &st, 0), -1);
	assert_int_equal(fstatat(snapshot_draft_fd(draft), "d", &st, 0), -1);
	(void)close(step.mount_fd);
	snapshot_draft_free(draft);
}

static void a_capability_is_a_change_and_is_kept(void **state)
{
	struct snapshot_draft *base = new_draft(*state);

	make_file(snapshot_draft_fd(base), "gets", "text");
	make_file(snapshot_draft_fd(base), "has", "text");
	make_file(snapshot_draft_fd(base), "keeps", "text");
	make_file(snapshot_draft_fd(base), "other", "text");
	try_capability(snapshot_draft_fd(base), "has");
	try_capability(snapshot_draft_fd(base), "keeps");
	struct step step = start_step(*state, base);
	try_capability(step.mount_fd, "gets");
	int fd = openat(step.mount_fd, "has", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fremovexattr(fd, "security.capability"), 0);
	(void)close(fd);
	fd = openat(step.mount_fd, "other", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fsetxattr(fd, "user.note", "x", 1, 0), 0);
	(void)close(fd);
	try_touch_nothing(step.mount_fd, "keeps");
	expect_changes(&step, "f gets capability\nf has");
}

/* Times without nanoseconds may have been cut: then the contents decide. */
static void contents_decide_where_times_cannot(void **state)
{
	struct snapshot_draft *base = new_draft(*state);
	static const char *const names[] = { "fine same", "fine changed", "whole changed",
					     "whole same" };
	struct timespec times[2] = { { .tv_sec = 1700000000 }, { .tv_sec = 1700000000 } };

	for (size_t i = 0; i < countof(names); i++) {
		times[1].tv_nsec = i < 2 ? 5 : 0;
		make_file(snapshot_draft_fd(base), names[i], "text");
		assert_int_equal(utimensat(snapshot_draft_fd(base), names[i], times, 0), 0);
	}
	struct step step = start_step(*state, base);
	for (size_t i = 0; i < countof(names); i++) {
		times[1].tv_nsec = i < 2 ? 5 : 0;
		make_file(step.mount_fd, names[i], i == 1 || i == 2 ? "tixt" : "text");
		assert_int_equal(utimensat(step.mount_fd, names[i], times, 0), 0);
	}
	expect_changes(&step, "f whole changed");
}

static void a_path_too_long_is_an_error(void **state)
{
	struct snapshot_draft *draft = new_draft(*state);
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL;
	struct changes changes = CHANGES_INIT;
	struct error err = ERROR_INIT;
	char name[201];

	memset(name, 'n', 200);
	name[200] = '\0';
	int fd = open_subdir(snapshot_draft_fd(draft), ".");
	for (int i = 0; i < 30; i++) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		int child = open_subdir(fd, name);
		(void)close(fd);
		fd = child;
	}
	(void)close(fd);
	must(snapshot_view_of_dirs(NULL, NULL, 0, &below, &err), &err);
	assert_int_equal(changes_read(snapshot_draft_fd(draft), below, &changes, &err), -1);
	assert_int_equal(err.sys, ENAMETOOLONG);
	snapshot_draft_free(draft);
}

/* --- random ones -------------------------------------------------------------------------------
 */

enum { ROUNDS = 150, LAYERS_MAX = 3 };

/* What a path was, as far as a layer can tell. */
struct node {
	char *path;
	char *signature;
	struct stat st;
};

struct tree {
	struct node *nodes;
	size_t n;
};

static void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->nodes[i].path);
		free(tree->nodes[i].signature);
	}
	free(tree->nodes);
}
DEFINE_RELEASE(struct tree, tree_release);

static char *sign(int root_fd, const char *path, struct stat *st)
{
	cleanup(buf_release) struct buf text = BUF_INIT, content = BUF_INIT;
	struct error err = ERROR_INIT;
	struct fs_entry entry;

	assert_int_equal(look_at(root_fd, path, &entry, st), 1);
	describe_entry(&entry, &text);
	if (S_ISREG(st->st_mode) && st->st_mtim.tv_nsec == 0) {
		assert_int_equal(fs_read_whole(root_fd, path, 100, path, &content, &err), 1);
		buf_printf(&text, " content=%s", content.data);
	}
	return buf_take(&text);
}

static void read_tree(int root_fd, struct tree *tree)
{
	cleanup(strv_release) struct strv paths = STRV_INIT;

	walk_tree(root_fd, "", &paths);
	tree->nodes = xcalloc(paths.len + 1, sizeof(*tree->nodes));
	for (size_t i = 0; i < paths.len; i++) {
		struct node *node = &tree->nodes[tree->n++];
		node->path = xstrdup(paths.items[i]);
		node->signature = sign(root_fd, node->path, &node->st);
	}
}

static const struct node *find_node(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n; i++)
		if (strcmp(tree->nodes[i].path, path) == 0)
			return &tree->nodes[i];
	return NULL;
}

static bool has_text(const struct strv *texts, const char *text)
{
	for (size_t i = 0; i < texts->len; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

/* The path and every directory above it. */
static void add_with_parents(struct strv *paths, const char *path)
{
	for (size_t i = 1; path[i]; i++)
		if (path[i] == '/') {
			autofree char *parent = xstrndup(path, i);
			if (!has_text(paths, parent))
				strv_add(paths, parent);
		}
	if (!has_text(paths, path))
		strv_add(paths, path);
}

static bool is_dir(const struct node *node)
{
	return node && S_ISDIR(node->st.st_mode);
}

static bool is_in_layer(const struct node *node)
{
	return node && !S_ISSOCK(node->st.st_mode);
}

static int compare_paths(const void *a, const void *b)
{
	return path_compare(*(char *const *)a, *(char *const *)b);
}

static void find_changed_paths(const struct tree *before, const struct tree *after,
			       struct strv *paths)
{
	for (size_t i = 0; i < after->n; i++) {
		const struct node *now = &after->nodes[i];
		const struct node *then = find_node(before, now->path);
		if (is_in_layer(now) &&
		    (!is_in_layer(then) || strcmp(now->signature, then->signature) != 0))
			add_with_parents(paths, now->path);
	}
	for (size_t i = 0; i < before->n; i++) {
		const struct node *then = &before->nodes[i];
		autofree char *parent = path_parent(then->path);
		if (is_in_layer(then) && !is_in_layer(find_node(after, then->path)) &&
		    (!*parent || is_dir(find_node(after, parent))))
			add_with_parents(paths, then->path);
	}
	if (paths->len)
		qsort(paths->items, paths->len, sizeof(*paths->items), compare_paths);
}

/* Another name of something that is listed before it, by what the upper says. */
static const char *find_first_name(const struct strv *paths, size_t i, int upper_fd)
{
	struct stat st, other;

	if (fstatat(upper_fd, paths->items[i], &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISDIR(st.st_mode) || st.st_nlink < 2)
		return NULL;
	for (size_t k = 0; k < i; k++)
		if (fstatat(upper_fd, paths->items[k], &other, AT_SYMLINK_NOFOLLOW) == 0 &&
		    other.st_ino == st.st_ino)
			return paths->items[k];
	return NULL;
}

static void describe_expected(const struct strv *paths, const struct tree *after, int mount_fd,
			      int upper_fd, struct strv *lines)
{
	for (size_t i = 0; i < paths->len; i++) {
		cleanup(buf_release) struct buf line = BUF_INIT;
		struct fs_entry entry = { .path = paths->items[i], .type = FS_WHITEOUT };
		struct stat st;
		if (is_in_layer(find_node(after, entry.path))) {
			assert_int_equal(look_at(mount_fd, paths->items[i], &entry, &st), 1);
			const char *first = find_first_name(paths, i, upper_fd);
			if (first) {
				entry.type = FS_HARDLINK;
				entry.target = first;
				entry.size = 0;
				entry.capability = NULL;
			}
		}
		describe_entry(&entry, &line);
		strv_add(lines, line.data);
	}
}

static void make_random_layer(const struct fixture *fixture, unsigned number, struct dice *dice)
{
	struct snapshot_draft *draft = new_draft(fixture);

	for (unsigned i = 5 + roll(dice, 60); i > 0; i--)
		change_tree(snapshot_draft_fd(draft), dice);
	for (unsigned i = roll(dice, 4); i > 0; i--) {
		autofree char *path = random_path(dice);
		(void)!mknodat(snapshot_draft_fd(draft), path, S_IFCHR, makedev(0, 0));
	}
	commit(draft, number);
}

static int add_line(void *lines, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		    struct error *err)
{
	cleanup(buf_release) struct buf line = BUF_INIT;

	(void)dev;
	(void)inode;
	(void)err;
	describe_entry(entry, &line);
	strv_add(lines, line.data);
	return 0;
}

static void compare_changes(const struct fixture *fixture, const struct digest *ids, unsigned n,
			    struct snapshot_draft *draft, const struct tree *before, int mount_fd)
{
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL, *whole = NULL;
	cleanup(changes_release) struct changes changes = CHANGES_INIT;
	cleanup(strv_release) struct strv paths = STRV_INIT, actual = STRV_INIT,
					  expected = STRV_INIT, everything = STRV_INIT;
	cleanup(tree_release) struct tree after = { 0 };
	struct error err = ERROR_INIT;
	int upper_fd = snapshot_draft_fd(draft), fds[LAYERS_MAX + 1];

	/* before the freeze: of a copy only the changes are left after it */
	read_tree(mount_fd, &after);
	find_changed_paths(before, &after, &paths);
	describe_expected(&paths, &after, mount_fd, upper_fd, &expected);
	describe_tree(mount_fd, &everything);
	must(snapshot_draft_freeze(draft, &err), &err);
	must(snapshot_view_open(fixture->snapshots, ids, n, &below, &err), &err);
	must(changes_read(upper_fd, below, &changes, &err), &err);
	for (size_t i = 0; i < changes.len; i++)
		must(add_line(&actual, &changes.items[i], 0, 0, &err), &err);
	assert_same_lines(&actual, &expected);

	/* and the upper as a further layer of a view is what the mount shows */
	strv_release(&actual);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(snapshot_open(fixture->snapshots, &ids[i], &fds[i], &err), 1);
	fds[n] = upper_fd;
	must(snapshot_view_of_dirs(fixture->snapshots, fds, n + 1, &whole, &err), &err);
	for (unsigned i = 0; i < n; i++)
		(void)close(fds[i]);
	must(snapshot_view_walk(whole, "", add_line, &actual, &err), &err);
	assert_same_lines(&actual, &everything);
}

static void change_and_compare(const struct fixture *fixture, unsigned seed)
{
	cleanup(tree_release) struct tree before = { 0 };
	struct dice dice = { 77777 + seed };
	struct digest ids[LAYERS_MAX];
	struct error err = ERROR_INIT;
	unsigned n = 1 + roll(&dice, LAYERS_MAX);
	autoclose int before_fd = -1, mount_fd = -1;

	for (unsigned i = 0; i < n; i++) {
		make_random_layer(fixture, seed * LAYERS_MAX + i, &dice);
		ids[i] = id_of(seed * LAYERS_MAX + i);
	}
	must(snapshot_mount(fixture->snapshots, ids, n, &before_fd, &err), &err);
	read_tree(before_fd, &before);
	struct snapshot_draft *draft = new_draft(fixture);
	must(snapshot_draft_mount(draft, ids, n, &mount_fd, &err), &err);
	for (unsigned i = roll(&dice, 60); i > 0; i--)
		change_tree(mount_fd, &dice);
	compare_changes(fixture, ids, n, draft, &before, mount_fd);
	snapshot_draft_free(draft);
}

static void changes_are_what_a_naive_comparison_finds(void **state)
{
	for (unsigned seed = 0; seed < ROUNDS; seed++)
		change_and_compare(*state, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_done_is_nothing_changed),
		TEST(parents_are_listed_and_what_was_only_copied_up_is_not),
		TEST(mode_and_owner_of_a_directory_are_changes_and_its_time_is_none),
		TEST(what_is_gone_leaves_a_whiteout),
		TEST(a_directory_made_anew_hides_what_was_in_the_old_one),
		TEST(files_and_directories_take_each_others_places),
		TEST(hard_links_point_to_the_first_name_that_is_listed),
		TEST(sockets_are_left_out),
		TEST(links_that_nobody_touched_leave_nothing),
		TEST(a_capability_is_a_change_and_is_kept),
		TEST(contents_decide_where_times_cannot),
		TEST(a_path_too_long_is_an_error),
		TEST(changes_are_what_a_naive_comparison_finds),
	};
	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
