/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_tree.h"

#include "base/alloc.h"
#include "context/listing.h"

#include <errno.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

struct options {
	const char *ignore; /* text, or NULL */
	const struct listing_source *sources;
	size_t n_sources;
	struct content_memo *memo;
	unsigned threads;
};

static const struct listing_source EVERYTHING[] = { { LISTING_PATH, "" } };

static int try_listing(const struct temp_tree *tree, struct options options,
		       struct listing **ret_listing, struct error *err)
{
	cleanup(ignore_free) struct ignore *ignore = NULL;
	autoclose int fd = memfd_create("listing", MFD_CLOEXEC);

	assert_true(fd >= 0);
	if (!options.sources) {
		options.sources = EVERYTHING;
		options.n_sources = 1;
	}
	if (options.ignore &&
	    ignore_parse(options.ignore, strlen(options.ignore), ".dockerignore", &ignore, err) < 0)
		return -1;
	if (listing_make(tree->fd, ignore, options.sources, options.n_sources, options.memo,
			 options.threads ? options.threads : 2, fd, err) < 0)
		return -1;
	return listing_open(fd, ret_listing, err);
}

static struct listing *listing_of(const struct temp_tree *tree, struct options options)
{
	struct listing *listing = NULL;
	struct error err = ERROR_INIT;

	if (try_listing(tree, options, &listing, &err) < 0)
		fail_msg("%s", err.text);
	return listing;
}

/* "." for the root, "/" behind directories, "->target" behind links; one blank between. */
static void expect(const struct listing *listing, const char *expected)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	for (size_t i = 0; i < listing_count(listing); i++) {
		struct fs_entry entry = listing_entry(listing, i);
		size_t found = SIZE_MAX;
		buf_printf(&shown, "%s%s%s", i ? " " : "", *entry.path ? entry.path : ".",
			   entry.type == FS_DIR && *entry.path ? "/" : "");
		if (entry.type == FS_SYMLINK)
			buf_printf(&shown, "->%s", entry.target);
		/* Order and search agree. */
		assert_true(listing_find(listing, entry.path, &found));
		assert_int_equal(found, i);
	}
	assert_string_equal(shown.data, expected);
}

static void expect_of(const struct temp_tree *tree, struct options options, const char *expected)
{
	cleanup(listing_close) struct listing *listing = listing_of(tree, options);

	expect(listing, expected);
}

static struct fs_entry entry_of(const struct listing *listing, const char *path)
{
	size_t i = 0;

	if (!listing_find(listing, path, &i))
		fail_msg("no '%s'", path);
	return listing_entry(listing, i);
}

static void keeps_what_a_copy_needs(void **state)
{
	struct temp_tree *tree = *state;
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 1700000000, 123456789 } };

	temp_tree_write(tree, "d/f", "hello");
	assert_int_equal(fchmodat(tree->fd, "d/f", 04750, 0), 0);
	assert_int_equal(utimensat(tree->fd, "d/f", times, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "d", 01777, 0), 0);
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	expect(listing, ". d/ d/f");
	struct fs_entry file = entry_of(listing, "d/f"), dir = entry_of(listing, "d");
	struct digest digest = digest_of("hello", 5);
	assert_int_equal(file.type, FS_FILE);
	assert_int_equal(file.mode, 04750);
	assert_int_equal(file.size, 5);
	assert_int_equal(file.mtime, 1700000000);
	assert_int_equal(file.mtime_nsec, 123456789);
	assert_int_equal(file.uid, 0);
	assert_int_equal(file.gid, 0);
	assert_true(file.has_digest && digest_equal(&file.digest, &digest));
	assert_int_equal(dir.mode, 01777);
	assert_false(dir.has_digest);
}

static void stands_in_the_order_of_a_walk(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "a/z", "");
	temp_tree_write(tree, "a-b", "");
	temp_tree_write(tree, "a.b", "");
	temp_tree_write(tree, "a/b/c", "");
	temp_tree_write(tree, "ab", "");
	temp_tree_write(tree, "B", "");
	expect_of(tree, (struct options){ 0 }, ". B a/ a/b/ a/b/c a/z a-b a.b ab");
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	size_t first = 0, last = 0;
	listing_range(listing, "a", &first, &last);
	assert_int_equal(first, 2);
	assert_int_equal(last, 6);
	listing_range(listing, "a/b", &first, &last);
	assert_int_equal(last - first, 2);
	listing_range(listing, "", &first, &last);
	assert_int_equal(last - first, 9);
	listing_range(listing, "a/c", &first, &last);
	assert_int_equal(last - first, 0);
	listing_range(listing, "zz", &first, &last);
	assert_int_equal(last - first, 0);
	assert_false(listing_find(listing, "a/", &first));
}

/* P-10 */
static void odd_names_are_names(void **state)
{
	struct temp_tree *tree = *state;
	char longest[256] = { 0 };

	memset(longest, 'x', 255);
	temp_tree_write(tree, "new\nline", "1");
	temp_tree_write(tree, "\xff\xfe", "2");
	temp_tree_write(tree, " ", "3");
	temp_tree_write(tree, "*[a]?\\", "4");
	temp_tree_write(tree, "...", "5");
	temp_tree_write(tree, longest, "6");
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	assert_int_equal(listing_count(listing), 7);
	struct digest digest = digest_of("2", 1);
	struct fs_entry entry = entry_of(listing, "\xff\xfe");
	assert_true(digest_equal(&entry.digest, &digest));
	(void)entry_of(listing, "new\nline");
	(void)entry_of(listing, longest);
	/* As a path, a name with wildcards stands for itself. */
	const struct listing_source source = { LISTING_PATH, "*[a]?\\" };
	expect_of(tree, (struct options){ .sources = &source, .n_sources = 1 }, ". *[a]?\\");
}

/* P-10 */
static void hard_links_know_each_other(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "b", "same");
	temp_tree_write(tree, "other", "same");
	temp_tree_dir(tree, "d");
	assert_int_equal(linkat(tree->fd, "b", tree->fd, "d/c", 0), 0);
	assert_int_equal(linkat(tree->fd, "b", tree->fd, "a", 0), 0);
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	expect(listing, ". a b d/ d/c other");
	assert_int_equal(listing_first_link(listing, 1), 1);
	assert_int_equal(listing_first_link(listing, 2), 1);
	assert_int_equal(listing_first_link(listing, 4), 1);
	assert_int_equal(listing_first_link(listing, 5), 5);
	struct digest digest = digest_of("same", 4);
	for (size_t i = 1; i < 6; i++) {
		struct fs_entry entry = listing_entry(listing, i);
		if (entry.type == FS_FILE)
			assert_true(entry.has_digest && digest_equal(&entry.digest, &digest));
	}
}

/* P-10: opening the pipe would wait for ever. */
static void special_files_are_listed_but_never_opened(void **state)
{
	struct temp_tree *tree = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(mkfifoat(tree->fd, "pipe", 0600), 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", tree->path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	assert_int_equal(entry_of(listing, "pipe").type, FS_FIFO);
	assert_int_equal(entry_of(listing, "socket").type, FS_SOCKET);
	assert_false(entry_of(listing, "pipe").has_digest);
}

/* P-09 */
static void leaves_out_what_is_ignored(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "node_modules/a/b", "");
	temp_tree_write(tree, "src/a.c", "");
	temp_tree_write(tree, "src/a.o", "");
	temp_tree_write(tree, "src/keep.o", "");
	temp_tree_write(tree, "deep/x/y/keep", "");
	temp_tree_write(tree, "deep/x/z", "");
	temp_tree_dir(tree, "empty/kept");
	expect_of(tree,
		  (struct options){ .ignore = "node_modules\n**/*.o\n!src/keep.o\ndeep\n"
					      "!deep/x/y/keep\n" },
		  ". deep/ deep/x/ deep/x/y/ deep/x/y/keep empty/ empty/kept/ src/ src/a.c "
		  "src/keep.o");
	expect_of(tree, (struct options){ .ignore = "*\n" }, ".");
	expect_of(tree, (struct options){ .ignore = "*\n!src/*.c\n" }, ". src/ src/a.c");
	expect_of(tree, (struct options){ .ignore = "*\n!nothing/here\n" }, ".");
}

static void a_bad_pattern_fails_the_listing(void **state)
{
	struct temp_tree *tree = *state;
	struct listing *listing = NULL;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "a", "");
	assert_int_equal(try_listing(tree, (struct options){ .ignore = "[b-a]\n" }, &listing, &err),
			 -1);
	assert_non_null(strstr(err.text, "'.dockerignore': line 1: syntax error in pattern"));
}

static void lists_only_what_steps_name(void **state)
{
	struct temp_tree *tree = *state;
	const struct listing_source sources[] = {
		{ LISTING_PATH, "a/b" },
		{ LISTING_PATH, "missing/x" },
		{ LISTING_GLOB, "g/*.c" },
		{ LISTING_DEEP, "deep/**/*.h" },
	};

	temp_tree_write(tree, "a/b/c", "");
	temp_tree_write(tree, "a/other", "");
	temp_tree_write(tree, "g/x.c", "");
	temp_tree_write(tree, "g/x.h", "");
	temp_tree_write(tree, "g/dir.c/any", "");
	temp_tree_write(tree, "g/sub/y.c", "");
	temp_tree_write(tree, "deep/1/2/z.h", "");
	temp_tree_write(tree, "deep/1/2/z.c", "");
	temp_tree_write(tree, "deep/3/z.c", "");
	temp_tree_write(tree, "top", "");
	const struct options options = { .sources = sources, .n_sources = 4 };
	expect_of(tree, options,
		  ". a/ a/b/ a/b/c deep/ deep/1/ deep/1/2/ deep/1/2/z.h g/ g/dir.c/ g/dir.c/any "
		  "g/x.c");
	expect_of(tree, (struct options){ .sources = sources + 1, .n_sources = 1 }, ".");
}

static void expect_source(const struct temp_tree *tree, enum listing_source_kind kind,
			  const char *path, const char *expected)
{
	const struct listing_source source = { kind, path };

	expect_of(tree, (struct options){ .sources = &source, .n_sources = 1 }, expected);
}

static void follows_the_links_of_sources(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "real/dir/f", "");
	temp_tree_write(tree, "real/other", "");
	temp_tree_link(tree, "one", "real/dir");
	temp_tree_link(tree, "two", "/one");
	temp_tree_link(tree, "up/out", "../../../../real/other");
	temp_tree_link(tree, "real/dir/inner", "../other");
	expect_source(tree, LISTING_PATH, "one",
		      ". one->real/dir real/ real/dir/ real/dir/f real/dir/inner->../other");
	expect_source(tree, LISTING_PATH, "two/f",
		      ". one->real/dir real/ real/dir/ real/dir/f two->/one");
	/* As in a chroot: ".." does not leave the context. */
	expect_source(tree, LISTING_PATH, "up/out",
		      ". real/ real/other up/ up/out->../../../../real/other");
	expect_source(tree, LISTING_PATH, "one/inner",
		      ". one->real/dir real/ real/dir/ real/dir/inner->../other real/other");
	expect_source(tree, LISTING_GLOB, "one/*",
		      ". one->real/dir real/ real/dir/ real/dir/f real/dir/inner->../other");
	expect_source(tree, LISTING_GLOB, "tw?",
		      ". one->real/dir real/ real/dir/ real/dir/f real/dir/inner->../other "
		      "two->/one");
	expect_source(tree, LISTING_DEEP, "on*", ". one->real/dir");
	expect_source(tree, LISTING_PATH, "real/dir/../other", ". real/ real/other");
}

static void expect_resolved(const struct listing *listing, const char *path, const char *expected)
{
	autofree char *resolved = NULL;
	struct error err = ERROR_INIT;

	if (listing_resolve(listing, path, &resolved, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(resolved, expected);
}

static void resolves_paths_as_the_context_would(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *resolved = NULL;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "real/dir/f", "");
	temp_tree_link(tree, "one", "real/dir");
	temp_tree_link(tree, "two", "/one");
	temp_tree_link(tree, "up", "../../real/dir/..");
	temp_tree_link(tree, "loop", "loop");
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	expect_resolved(listing, "two/f", "real/dir/f");
	expect_resolved(listing, "one", "real/dir");
	expect_resolved(listing, "up", "real");
	expect_resolved(listing, "/one/../dir/f", "real/dir/f");
	expect_resolved(listing, "", "");
	expect_resolved(listing, "two/missing/x", "real/dir/missing/x");
	assert_int_equal(listing_resolve(listing, "loop/x", &resolved, &err), -1);
	assert_non_null(strstr(err.text, "more than 40 symbolic links"));
}

/* "links" is wanted with all in it, but only the pattern makes its links lead further. */
static void a_pattern_follows_links_where_all_is_wanted_already(void **state)
{
	struct temp_tree *tree = *state;
	const struct listing_source sources[] = { { LISTING_PATH, "links" },
						  { LISTING_GLOB, "links/*" } };

	temp_tree_write(tree, "target", "");
	temp_tree_link(tree, "links/l", "../target");
	expect_source(tree, LISTING_PATH, "links", ". links/ links/l->../target");
	expect_of(tree, (struct options){ .sources = sources, .n_sources = 2 },
		  ". links/ links/l->../target target");
}

static void links_that_lead_nowhere_end_there(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_link(tree, "loop", "pool");
	temp_tree_link(tree, "pool", "loop");
	temp_tree_link(tree, "gone", "no/where");
	temp_tree_link(tree, "self", "self/x");
	temp_tree_write(tree, "file", "");
	temp_tree_link(tree, "through", "file/x");
	expect_source(tree, LISTING_PATH, "loop", ". loop->pool pool->loop");
	expect_source(tree, LISTING_PATH, "gone", ". gone->no/where");
	expect_source(tree, LISTING_PATH, "self/y", ". self->self/x");
	expect_source(tree, LISTING_PATH, "through", ". through->file/x");
}

/* P-09 */
static void ignored_targets_stay_out(void **state)
{
	struct temp_tree *tree = *state;
	const struct listing_source source = { LISTING_PATH, "link" };

	temp_tree_write(tree, "secret/key", "");
	temp_tree_link(tree, "link", "secret/key");
	expect_of(tree,
		  (struct options){ .ignore = "secret\n", .sources = &source, .n_sources = 1 },
		  ". link->secret/key");
}

/* P-10: as root the permission check is another user's; without root it is our own. */
static void an_unreadable_file_is_an_error_that_names_it(void **state)
{
	struct temp_tree *tree = *state;
	struct listing *listing = NULL;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "fine", "");
	temp_tree_write(tree, "locked", "secret");
	temp_tree_write(tree, "shut/x", "");
	assert_int_equal(fchmodat(tree->fd, "locked", 0, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "shut", 0, 0), 0);
	assert_int_equal(chmod(tree->path, 0755), 0);
	bool is_root = geteuid() == 0;
	if (is_root)
		(void)setfsuid(12345);
	int dir = try_listing(tree, (struct options){ .ignore = "locked" }, &listing, &err);
	const bool names_dir = strstr(err.text, "'shut'") && err.sys == EACCES;
	int file = try_listing(tree, (struct options){ .ignore = "shut" }, &listing, &err);
	const bool names_file = strstr(err.text, "'locked'") && err.sys == EACCES;
	/* What is ignored need not be readable, even where something may be re-included. */
	int ignored = try_listing(tree, (struct options){ .ignore = "locked\nshut\n!**/y\n" },
				  &listing, &err);
	if (is_root)
		(void)setfsuid(0);
	assert_int_equal(fchmodat(tree->fd, "shut", 0755, 0), 0);
	assert_int_equal(dir, -1);
	assert_true(names_dir);
	assert_int_equal(file, -1);
	assert_true(names_file);
	assert_int_equal(ignored, 0);
	expect(listing, ". fine");
	listing_close(listing);
}

static void many_files_by_many_threads_are_the_same(void **state)
{
	struct temp_tree *tree = *state;
	char path[64], text[64];

	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path), "d%u/f%u", i % 7, i);
		(void)snprintf(text, sizeof(text), "content %u", i);
		temp_tree_write(tree, path, text);
	}
	cleanup(listing_close) struct listing *one =
		listing_of(tree, (struct options){ .threads = 1 });
	cleanup(listing_close) struct listing *many =
		listing_of(tree, (struct options){ .threads = 8 });
	assert_int_equal(listing_count(one), 308);
	assert_int_equal(listing_count(many), 308);
	for (size_t i = 0; i < 308; i++) {
		struct fs_entry a = listing_entry(one, i), b = listing_entry(many, i);
		assert_string_equal(a.path, b.path);
		assert_true(a.has_digest == (a.type == FS_FILE));
		assert_true(b.has_digest == a.has_digest && digest_equal(&a.digest, &b.digest));
	}
	struct digest digest = digest_of("content 299", 11);
	struct fs_entry entry = entry_of(many, "d5/f299");
	assert_true(digest_equal(&entry.digest, &digest));
}

/* Deeper than there are descriptors. */
static void deep_trees_need_no_descriptors(void **state)
{
	struct temp_tree *tree = *state;
	cleanup(buf_release) struct buf path = BUF_INIT;

	for (int i = 0; i < 1500; i++)
		buf_add_text(&path, i ? "/d" : "d");
	temp_tree_dir(tree, path.data);
	cleanup(listing_close) struct listing *listing = listing_of(tree, (struct options){ 0 });
	assert_int_equal(listing_count(listing), 1501);
	assert_string_equal(listing_entry(listing, 1500).path, path.data);
}

static int set_up(void **state)
{
	struct temp_tree *tree = xcalloc(1, sizeof(*tree));

	*tree = temp_tree_make();
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_remove(*state);
	free(*state);
	return 0;
}

#define tree_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(keeps_what_a_copy_needs),
		tree_test(stands_in_the_order_of_a_walk),
		tree_test(odd_names_are_names),
		tree_test(hard_links_know_each_other),
		tree_test(special_files_are_listed_but_never_opened),
		tree_test(leaves_out_what_is_ignored),
		tree_test(a_bad_pattern_fails_the_listing),
		tree_test(lists_only_what_steps_name),
		tree_test(follows_the_links_of_sources),
		tree_test(resolves_paths_as_the_context_would),
		tree_test(a_pattern_follows_links_where_all_is_wanted_already),
		tree_test(links_that_lead_nowhere_end_there),
		tree_test(ignored_targets_stay_out),
		tree_test(an_unreadable_file_is_an_error_that_names_it),
		tree_test(many_files_by_many_threads_are_the_same),
		tree_test(deep_trees_need_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
