/* SPDX-License-Identifier: Apache-2.0 */
/* Views over plain directories: what needs neither mounts nor root. */
#include "tree.h"

#include "snapshot/view.h"

enum { LAYERS = 3 };

struct stack {
	char path[32];
	int fd;
	int layers[LAYERS]; /* lowest first */
};

static int stack_setup(void **state)
{
	struct stack *stack = calloc(1, sizeof(*stack));
	char name[8];

	strcpy(stack->path, "view.XXXXXX");
	if (!mkdtemp(stack->path))
		return -1;
	stack->fd = open_subdir(AT_FDCWD, stack->path);
	for (int i = 0; i < LAYERS; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		make_dirs(stack->fd, name);
		stack->layers[i] = open_subdir(stack->fd, name);
	}
	*state = stack;
	return 0;
}

static int stack_teardown(void **state)
{
	struct stack *stack = *state;
	struct error err = ERROR_INIT;

	for (int i = 0; i < LAYERS; i++)
		(void)close(stack->layers[i]);
	(void)close(stack->fd);
	int result = fs_remove_tree(AT_FDCWD, stack->path, &err);
	free(stack);
	return result;
}

static struct snapshot_view *view_of(const struct stack *stack)
{
	struct snapshot_view *view = NULL;
	struct error err = ERROR_INIT;

	must(snapshot_view_of_dirs(NULL, stack->layers, LAYERS, &view, &err), &err);
	return view;
}

static int add_path(void *text, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		    struct error *err)
{
	(void)dev;
	(void)inode;
	(void)err;
	buf_printf(text, "%s|", entry->path);
	return 0;
}

static void expect_walk(struct snapshot_view *view, const char *top, const char *expected)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	must(snapshot_view_walk(view, top, add_path, &text, &err), &err);
	assert_string_equal(text.data, expected);
}

static void upper_layers_cover_lower_ones(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	struct fs_entry entry;
	int fd = -1;

	make_dirs(stack->layers[0], "dir/sub");
	make_file(stack->layers[0], "dir/a", "low");
	make_file(stack->layers[0], "dir/gone", "low");
	make_file(stack->layers[0], "was", "file");
	make_dirs(stack->layers[1], "dir/sub");
	make_whiteout(stack->layers[1], "dir/gone");
	make_file(stack->layers[1], "dir/sub/b", "mid");
	make_dirs(stack->layers[2], "dir");
	make_dirs(stack->layers[2], "was");
	make_file(stack->layers[2], "dir/a", "high");
	view = view_of(stack);
	expect_walk(view, "", "|dir|dir/a|dir/sub|dir/sub/b|was|");
	expect_walk(view, "dir/sub", "dir/sub|dir/sub/b|");
	expect_walk(view, "dir/a", "dir/a|");
	assert_int_equal(snapshot_view_open_file(view, "dir/a", &fd, &err), 1);
	must(fs_read_fd(fd, 100, "file", &text, &err), &err);
	assert_string_equal(text.data, "high");
	(void)close(fd);
	assert_int_equal(snapshot_view_find(view, "dir/gone", &entry, &err), 0);
	assert_int_equal(snapshot_view_find(view, "dir/gone/below", &entry, &err), 0);
	assert_int_equal(snapshot_view_open_file(view, "nothing", &fd, &err), 0);
	assert_int_equal(snapshot_view_find(view, "was", &entry, &err), 1);
	assert_int_equal(entry.type, FS_DIR);
}

/* A directory's things come right behind it: '/' is before every other byte. */
static void walks_are_in_walk_order(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;

	make_dirs(stack->layers[0], "a/b");
	make_file(stack->layers[1], "a.b", "");
	make_file(stack->layers[2], "a-", "");
	make_file(stack->layers[0], "A", "");
	make_file(stack->layers[0], "\xff", "");
	view = view_of(stack);
	expect_walk(view, "", "|A|a|a/b|a-|a.b|\xff|");
}

static void the_empty_tree_has_a_root(void **state)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(strv_release) struct strv names = STRV_INIT;
	autofree char *path = NULL;
	struct error err = ERROR_INIT;
	struct fs_entry entry;
	int fd = -1;

	(void)state;
	must(snapshot_view_of_dirs(NULL, NULL, 0, &view, &err), &err);
	assert_int_equal(snapshot_view_find(view, "", &entry, &err), 1);
	assert_int_equal(entry.type, FS_DIR);
	assert_int_equal(entry.mode, 0755);
	assert_int_equal(entry.uid, 0);
	must(snapshot_view_list(view, "", &names, &err), &err);
	assert_int_equal(names.len, 0);
	assert_int_equal(snapshot_view_find(view, "a/b", &entry, &err), 0);
	assert_int_equal(snapshot_view_open_file(view, "", &fd, &err), 0);
	must(snapshot_view_resolve(view, "/a/../b/c/", true, &path, &err), &err);
	assert_string_equal(path, "b/c");
	expect_walk(view, "", "|");
}

static void what_cannot_be_read_is_not_opened(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	struct error err = ERROR_INIT;
	int fd = -1;

	assert_int_equal(mknodat(stack->layers[0], "pipe", S_IFIFO | 0600, 0), 0);
	assert_int_equal(symlinkat("file", stack->layers[0], "link"), 0);
	make_file(stack->layers[0], "file", "");
	view = view_of(stack);
	assert_int_equal(snapshot_view_open_file(view, "pipe", &fd, &err), -1);
	assert_int_equal(snapshot_view_open_file(view, "link", &fd, &err), -1);
	assert_int_equal(snapshot_view_open_file(view, "file", &fd, &err), 1);
	(void)close(fd);
}

static void expect_resolved(struct snapshot_view *view, const char *path, bool follow_last,
			    const char *expected)
{
	struct error err = ERROR_INIT;
	autofree char *resolved = NULL;

	int result = snapshot_view_resolve(view, path, follow_last, &resolved, &err);
	if (!expected) {
		assert_int_equal(result, -1);
		return;
	}
	must(result, &err);
	assert_string_equal(resolved, expected);
}

static void symlinks_are_resolved_inside_against_the_whole_stack(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	int low = stack->layers[0], high = stack->layers[2];

	make_dirs(low, "usr/bin");
	make_dirs(high, "usr/lib/deep");
	make_dirs(high, "usr/bin");
	make_file(high, "usr/bin/tool", "");
	assert_int_equal(symlinkat("usr/bin", low, "bin"), 0);
	assert_int_equal(symlinkat("/usr/lib", high, "lib"), 0);
	assert_int_equal(symlinkat("../../../../../../usr/bin/tool", high, "usr/lib/up"), 0);
	assert_int_equal(symlinkat("../bin/../lib/deep/..", low, "usr/around"), 0);
	assert_int_equal(symlinkat("/bin", high, "usr/absolute"), 0);
	assert_int_equal(symlinkat("/nowhere/at/all", low, "dangling"), 0);
	assert_int_equal(symlinkat("loop2", low, "loop1"), 0);
	assert_int_equal(symlinkat("loop1", low, "loop2"), 0);
	view = view_of(stack);
	static const struct {
		const char *path;
		bool follow_last;
		const char *expected;
	} cases[] = {
		{ "", true, "" },
		{ "/", true, "" },
		{ "bin/tool", true, "usr/bin/tool" },
		{ "bin", false, "bin" },
		{ "bin", true, "usr/bin" },
		{ "lib/up", true, "usr/bin/tool" },
		{ "usr/absolute/tool", true, "usr/bin/tool" },
		{ "lib/up", false, "usr/lib/up" },
		{ "/lib/../bin/tool", true, "usr/bin/tool" },
		{ "usr/around/up", true, "usr/bin/tool" },
		{ "../../..//bin/./tool", true, "usr/bin/tool" },
		{ "dangling", true, "nowhere/at/all" },
		{ "dangling/x", true, "nowhere/at/all/x" },
		{ "dangling", false, "dangling" },
		{ "lib/new/file", true, "usr/lib/new/file" },
		{ "lib/new/../../bin/tool", true, "usr/bin/tool" },
		{ "lib/new/er/../../deep/../up", true, "usr/bin/tool" },
		{ "bin/tool/x", true, NULL },
		{ "bin/tool/..", true, NULL },
		{ "loop1", true, NULL },
		{ "loop1", false, "loop1" },
		{ "loop1/x", false, NULL },
	};
	for (size_t i = 0; i < countof(cases); i++)
		expect_resolved(view, cases[i].path, cases[i].follow_last, cases[i].expected);
}

/* A chain as long as the kernel follows, and one more. */
static void forty_symlinks_are_followed(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	char from[16], to[16];

	for (int i = 1; i <= 41; i++) {
		(void)snprintf(from, sizeof(from), "%d", i);
		(void)snprintf(to, sizeof(to), "%d", i - 1);
		assert_int_equal(symlinkat(to, stack->layers[0], from), 0);
	}
	make_file(stack->layers[0], "0", "");
	view = view_of(stack);
	expect_resolved(view, "40", true, "0");
	expect_resolved(view, "41", true, NULL);
}

static int stop_at_b(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		     struct error *err)
{
	(void)dev;
	(void)inode;
	++*(int *)context;
	if (strcmp(entry->path, "b") == 0)
		return error_set(err, ERROR_USAGE, "enough");
	return 0;
}

static void a_visitor_can_stop_a_walk(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	struct error err = ERROR_INIT;
	int n = 0;

	make_dirs(stack->layers[0], "a/x");
	make_dirs(stack->layers[0], "b/x");
	view = view_of(stack);
	assert_int_equal(snapshot_view_walk(view, "", stop_at_b, &n, &err), -1);
	assert_string_equal(err.text, "enough");
	assert_int_equal(n, 4);
	assert_int_equal(snapshot_view_walk(view, "missing", stop_at_b, &n, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void directories_are_deeper_than_descriptors(void **state)
{
	const struct stack *stack = *state;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(buf_release) struct buf path = BUF_INIT, text = BUF_INIT;
	struct error err = ERROR_INIT;
	struct fs_entry entry;

	for (int i = 0; i < 1500; i++)
		buf_add_text(&path, i ? "/d" : "d");
	make_dirs(stack->layers[0], path.data);
	view = view_of(stack);
	assert_int_equal(snapshot_view_find(view, path.data, &entry, &err), 1);
	must(snapshot_view_walk(view, "", add_path, &text, &err), &err);
	assert_int_equal(text.len, 1 + 1500 * 1501);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, stack_setup, stack_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(upper_layers_cover_lower_ones),
		TEST(walks_are_in_walk_order),
		TEST(the_empty_tree_has_a_root),
		TEST(what_cannot_be_read_is_not_opened),
		TEST(symlinks_are_resolved_inside_against_the_whole_stack),
		TEST(forty_symlinks_are_followed),
		TEST(a_visitor_can_stop_a_walk),
		TEST(directories_are_deeper_than_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
