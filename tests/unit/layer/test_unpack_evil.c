/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that mean harm. After each of them the canary beside the root is as it was. */
#include "scratch.h"

#include "../cmocka_head.h"

#include <string.h>
#include <sys/resource.h>
#include <zstd.h>

static void assert_refused(struct scratch *scratch, const char *what)
{
	tar_end(&scratch->tar);
	if (scratch_unpack(scratch) == 0) {
		autofree char *tree = describe_tree(scratch->root, false);
		fail_msg("'%s' was unpacked:\n%s", what, tree);
	}
	if (scratch->err.code != ERROR_CORRUPT || !strstr(scratch->err.text, what))
		fail_msg("'%s': error %d: %s", what, scratch->err.code, scratch->err.text);
	assert_canary_alive(scratch);
	scratch_empty_root(scratch);
}

/* T-01 */
static void refuses_names_that_leave_the_root(void **state)
{
	static const char *const names[] = { "../o",	    "a/../../o", "./../o",
					     "a/./../../o", "..",	 "../canary/file",
					     "/../o",	    "a/../..",	 "/a/b/../../../c" };
	struct scratch *scratch = *state;

	for (int mode = UNPACK_OVERLAY_LOWER; mode <= UNPACK_MERGE; mode++) {
		scratch->options.mode = (enum unpack_mode)mode;
		for (size_t i = 0; i < countof(names); i++) {
			tar_add(&scratch->tar, (struct tar_spec){ .name = names[i] });
			assert_refused(scratch, names[i]);
			tar_pax_text(&scratch->tar, "path", names[i]);
			tar_add(&scratch->tar, (struct tar_spec){ .name = "x", .type = '5' });
			assert_refused(scratch, names[i]);
		}
	}
}

/* T-01 */
static void keeps_odd_names_inside(void **state)
{
	struct scratch *scratch = *state;
	struct buf *tar = &scratch->tar;

	tar_add(tar, (struct tar_spec){ .name = "/abs" });
	tar_add(tar, (struct tar_spec){ .name = "//tmp///abs" });
	tar_add(tar, (struct tar_spec){ .name = "././/dot/." });
	tar_add(tar, (struct tar_spec){ .name = "gone/../x/y/..//up" });
	tar_add(tar, (struct tar_spec){ .name = "...", .content = "three" });
	tar_add(tar, (struct tar_spec){ .name = "..a" });
	/* a name with a NUL ends there for every system call; it must not end elsewhere */
	tar_pax(tar, "path", "nul\0/../../canary/file", 22);
	tar_add(tar, (struct tar_spec){ .name = "x" });
	assert_unpacks(scratch);
	assert_tree(scratch, "/... 100644 0:0 0 'three'\n"
			     "/..a 100644 0:0 0 ''\n"
			     "/abs 100644 0:0 0 ''\n"
			     "/dot 100644 0:0 0 ''\n"
			     "/nul 100644 0:0 0 ''\n"
			     "/tmp 40755 0:0 0\n"
			     "/tmp/abs 100644 0:0 0 ''\n"
			     "/x 40755 0:0 0\n"
			     "/x/up 100644 0:0 0 ''\n");
	assert_canary_alive(scratch);
}

/* T-01 */
static void refuses_names_beyond_the_limits(void **state)
{
	struct scratch *scratch = *state;
	cleanup(buf_release) struct buf name = BUF_INIT;

	while (name.len < 5000)
		buf_add_text(&name, "directory/");
	tar_pax_text(&scratch->tar, "path", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x" });
	assert_refused(scratch, "more than 4095 bytes");
	tar_pax_text(&scratch->tar, "linkpath", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x", .type = '2', .link = "x" });
	assert_refused(scratch, "more than 4095 bytes");
	tar_pax_text(&scratch->tar, "linkpath", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x", .type = '1', .link = "x" });
	assert_refused(scratch, "more than 4095 bytes");

	buf_clear(&name);
	while (name.len < 3000)
		buf_add_text(&name, "d/");
	tar_pax_text(&scratch->tar, "path", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x" });
	assert_refused(scratch, "deeper than 1024");

	buf_clear(&name);
	while (name.len < 300)
		buf_add_char(&name, 'n');
	tar_pax_text(&scratch->tar, "path", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x" });
	assert_refused(scratch, "File name too long");

	/* three hundred levels are fine, and go away again */
	buf_clear(&name);
	while (name.len < 600)
		buf_add_text(&name, "d/");
	tar_pax_text(&scratch->tar, "path", name.data);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x", .type = '5' });
	assert_unpacks(scratch);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "d", .content = "file now" });
	assert_unpacks(scratch);
	assert_tree(scratch, "/d 100644 0:0 0 'file now'\n");
}

/* T-02: an earlier entry makes the link that a later one would write through. */
static void writes_through_no_symlink(void **state)
{
	struct scratch *scratch = *state;
	autofree char *absolute = xasprintf("%s/", scratch->canary);
	const char *const targets[] = { scratch->canary, "../canary", absolute,
					"../../../../../../../../tmp" };

	for (size_t i = 0; i < countof(targets); i++) {
		struct buf *tar = &scratch->tar;
		tar_add(tar, (struct tar_spec){ .name = "d", .type = '2', .link = targets[i] });
		tar_add(tar, (struct tar_spec){ .name = "d/file", .content = "owned" });
		tar_add(tar, (struct tar_spec){ .name = "d/dir/inner", .content = "owned" });
		tar_add(tar, (struct tar_spec){ .name = "d/new/", .type = '5', .mode = 0777 });
		tar_add(tar, (struct tar_spec){ .name = "d/link", .type = '2', .link = "/" });
		tar_add(tar, (struct tar_spec){ .name = "d/.wh.file" });
		tar_add(tar, (struct tar_spec){ .name = "d/.wh..wh..opq" });
		assert_unpacks(scratch);
		assert_canary_alive(scratch);
		scratch_empty_root(scratch);
	}
	char name[16], link[16];
	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "l%d", i);
		(void)snprintf(link, sizeof(link), "l%d", i + 1);
		tar_add(&scratch->tar,
			(struct tar_spec){ .name = name, .type = '2', .link = link });
	}
	tar_add(&scratch->tar, (struct tar_spec){ .name = "l0/x" });
	assert_refused(scratch, "l0/x");
}

/* T-03: metadata of an entry that replaces a symlink goes to what is new, never through it. */
static void changes_nothing_through_a_symlink(void **state)
{
	struct scratch *scratch = *state;
	autofree char *target = xasprintf("%s/file", scratch->canary);
	static const char types[] = { '0', '2', '6', '5', '3' };

	for (int mode = UNPACK_OVERLAY_LOWER; mode <= UNPACK_MERGE; mode++) {
		scratch->options.mode = (enum unpack_mode)mode;
		for (size_t i = 0; i < countof(types); i++) {
			struct tar_spec link = { .name = "s", .type = '2', .link = target };
			struct tar_spec over = { .name = "s",
						 .type = types[i],
						 .link = target,
						 .mode = 04777,
						 .uid = 99,
						 .mtime = 1,
						 .major = 1,
						 .minor = 3 };
			tar_add(&scratch->tar, link);
			tar_pax_text(&scratch->tar, "SCHILY.xattr.user.evil", "1");
			tar_add(&scratch->tar, over);
			assert_unpacks(scratch);
			assert_canary_alive(scratch);
			scratch_empty_root(scratch);
		}
	}
}

/* T-04: the class of CVE-2025-47290: a parent that was right a moment ago. */
static void resolves_parents_anew_when_they_change(void **state)
{
	struct scratch *scratch = *state;

	for (int i = 0; i < 200; i++) {
		struct buf *tar = &scratch->tar;
		tar_add(tar, (struct tar_spec){ .name = "p/a" });
		tar_add(tar, (struct tar_spec){ .name = "p", .type = '2', .link = "../canary" });
		tar_add(tar, (struct tar_spec){ .name = "p/file", .content = "owned" });
		tar_add(tar, (struct tar_spec){ .name = "p", .type = '5', .mode = 0755 });
		tar_add(tar, (struct tar_spec){ .name = "p/b" });
	}
	assert_unpacks(scratch);
	assert_canary_alive(scratch);
	/* "../canary" is "/canary" inside */
	assert_tree(scratch, "/canary 40755 0:0 0\n"
			     "/canary/file 100644 0:0 0 'owned'\n"
			     "/p 40755 0:0 0 trusted.overlay.opaque[1]\n"
			     "/p/b 100644 0:0 0 ''\n");
	scratch_empty_root(scratch);

	/* a directory that is open under two names, one of which is replaced from within */
	struct buf *tar = &scratch->tar;
	tar_add(tar, (struct tar_spec){ .name = "a", .type = '2', .link = "." });
	tar_add(tar, (struct tar_spec){ .name = "a/x" });
	tar_add(tar, (struct tar_spec){ .name = "a/a", .type = '5', .mode = 0755 });
	tar_add(tar, (struct tar_spec){ .name = "a/y" });
	assert_unpacks(scratch);
	assert_tree(scratch, "/a 40755 0:0 0 trusted.overlay.opaque[1]\n"
			     "/a/y 100644 0:0 0 ''\n"
			     "/x 100644 0:0 0 ''\n");
}

/* T-05 */
static void refuses_hard_links_to_anything_outside(void **state)
{
	struct scratch *scratch = *state;
	autofree char *absolute = xasprintf("%s/file", scratch->canary);
	const char *const targets[] = { absolute,      "../canary/file", "../../etc/passwd",
					"/etc/passwd", "victim",	 "later" };

	/* "victim" is in the working directory only */
	char was[4096];
	assert_non_null(getcwd(was, sizeof(was)));
	write_text(scratch->canary, "victim", "x");
	assert_return_code(chdir(scratch->canary), errno);
	free(scratch->canary_before);
	scratch->canary_before = describe_tree(scratch->canary, true);
	for (int mode = UNPACK_OVERLAY_LOWER; mode <= UNPACK_MERGE; mode++) {
		scratch->options.mode = (enum unpack_mode)mode;
		for (size_t i = 0; i < countof(targets); i++) {
			tar_add(&scratch->tar,
				(struct tar_spec){ .name = "h", .type = '1', .link = targets[i] });
			tar_add(&scratch->tar, (struct tar_spec){ .name = "later" });
			assert_refused(scratch, targets[i] + strspn(targets[i], "/"));
		}
	}
	assert_return_code(chdir(was), errno);
}

/* T-05 */
static void refuses_hard_links_that_are_none(void **state)
{
	struct scratch *scratch = *state;
	struct buf *tar = &scratch->tar;

	tar_add(tar, (struct tar_spec){ .name = "d/", .type = '5' });
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "d" });
	assert_refused(scratch, "directory");
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "./" });
	assert_refused(scratch, "root");
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "h" });
	assert_refused(scratch, "not there");
	/* a deletion is nothing that could get another name */
	tar_add(tar, (struct tar_spec){ .name = ".wh.w" });
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "w" });
	assert_refused(scratch, "not there");
	tar_add(tar, (struct tar_spec){ .name = "f", .content = "x" });
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "f", .content = "data" });
	tar_end(tar);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	tar_pax_text(tar, "size", "4");
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "f", .content = "data" });
	tar_end(tar);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
}

/* T-05: another name for the link itself is harmless; what it points to is never touched. */
static void links_to_symlinks_without_following(void **state)
{
	struct scratch *scratch = *state;
	autofree char *target = xasprintf("%s/file", scratch->canary);

	tar_add(&scratch->tar, (struct tar_spec){ .name = "s", .type = '2', .link = target });
	tar_add(&scratch->tar, (struct tar_spec){ .name = "h", .type = '1', .link = "s" });
	tar_add(&scratch->tar, (struct tar_spec){ .name = "h", .content = "owned", .mode = 04777 });
	assert_unpacks(scratch);
	assert_canary_alive(scratch);
	struct stat st;
	assert_int_equal(fstatat(scratch->root_fd, "s", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	/* and a hard link of its own name stays what it is */
	tar_add(&scratch->tar, (struct tar_spec){ .name = "h", .type = '1', .link = "h" });
	assert_unpacks(scratch);
	assert_int_equal(fstatat(scratch->root_fd, "h", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 5);
}

/* T-07 */
static void refuses_what_overlay_would_act_upon(void **state)
{
	static const char *const attributes[] = {
		"user.overlay.opaque",	    "trusted.overlay.redirect", "trusted.overlay.metacopy",
		"user.overlay.whiteout",    "trusted.overlay.",		"user.cbuild.owner",
		"trusted.overlay.overlay.x"
	};
	struct scratch *scratch = *state;

	for (int mode = UNPACK_OVERLAY_LOWER; mode <= UNPACK_MERGE; mode++) {
		scratch->options.mode = (enum unpack_mode)mode;
		for (size_t i = 0; i < countof(attributes); i++) {
			autofree char *key = xasprintf("SCHILY.xattr.%s", attributes[i]);
			const char types[] = { '0', '5', '2', '6' };
			tar_pax_text(&scratch->tar, key, "y");
			tar_add(&scratch->tar, (struct tar_spec){ .name = "evil",
								  .type = types[i % 4],
								  .link = "x" });
			assert_refused(scratch, attributes[i]);
		}
		tar_add(&scratch->tar, (struct tar_spec){ .name = "evil", .type = '3' });
		assert_refused(scratch, "evil");
	}
}

/* T-06 */
static void refuses_impossible_whiteouts(void **state)
{
	static const char *const names[] = { ".wh.",	".wh..",   ".wh...",   "a/.wh.",
					     "a/.wh..", ".wh.a/b", "x/.wh.y/z" };
	struct scratch *scratch = *state;

	for (size_t i = 0; i < countof(names); i++) {
		tar_add(&scratch->tar, (struct tar_spec){ .name = names[i] });
		assert_refused(scratch, names[i]);
	}
}

/* T-14 */
static void refuses_capabilities_of_a_namespace(void **state)
{
	static const unsigned char v3[24] = { 1, 0, 0, 3, 0, 4 };
	struct scratch *scratch = *state;

	tar_pax(&scratch->tar, "SCHILY.xattr.security.capability", v3, sizeof(v3));
	tar_add(&scratch->tar, (struct tar_spec){ .name = "ping" });
	assert_refused(scratch, "ping");
	tar_pax(&scratch->tar, "SCHILY.xattr.security.capability", v3, 2);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "ping" });
	assert_refused(scratch, "ping");
}

static void refuses_streams_that_end_too_early(void **state)
{
	struct scratch *scratch = *state;

	tar_add(&scratch->tar, (struct tar_spec){ .name = "f", .size = "00000001000" });
	buf_add_text(&scratch->tar, "less");
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	scratch_empty_root(scratch);
	tar_add(&scratch->tar, (struct tar_spec){ .name = "f", .content = "text" });
	buf_truncate(&scratch->tar, 300);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
}

static void refuses_damaged_headers(void **state)
{
	static const struct tar_spec bad[] = {
		{ .name = "negative", .size = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0" },
		{ .name = "huge", .size = "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff" },
	};
	struct scratch *scratch = *state;

	for (size_t i = 0; i < countof(bad); i++) {
		char size[12];
		memcpy(size, bad[i].size, 12);
		tar_header(&scratch->tar, &bad[i]);
		memcpy(scratch->tar.data + scratch->tar.len - 512 + 124, size, 12);
		/* the checksum goes with it */
		unsigned sum = 0;
		unsigned char *block = (unsigned char *)scratch->tar.data + scratch->tar.len - 512;
		memset(block + 148, ' ', 8);
		for (size_t j = 0; j < 512; j++)
			sum += block[j];
		tar_number((char *)block + 148, 7, sum);
		buf_add_text(&scratch->tar, "some content");
		tar_end(&scratch->tar);
		assert_int_equal(scratch_unpack(scratch), -1);
		assert_int_equal(scratch->err.code, ERROR_CORRUPT);
		scratch_empty_root(scratch);
	}
	tar_add(&scratch->tar, (struct tar_spec){ .name = "f", .content = "text" });
	scratch->tar.data[3] ^= 1;
	tar_end(&scratch->tar);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
}

/* T-08: a PAX or long name header of gigabytes must not be read into memory. */
static void refuses_headers_without_measure(void **state)
{
	static const char types[] = { 'x', 'L', 'K', 'g' };
	struct scratch *scratch = *state;
	struct rusage before, after;

	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	for (size_t i = 0; i < countof(types); i++) {
		static char chunk[64 * 1024];
		tar_header(&scratch->tar, &(struct tar_spec){ .name = "meta",
							      .type = types[i],
							      .size = "00100000000" });
		memset(chunk, 'a', sizeof(chunk));
		for (int j = 0; j < 256; j++)
			buf_add(&scratch->tar, chunk, sizeof(chunk));
		tar_add(&scratch->tar, (struct tar_spec){ .name = "x" });
		tar_end(&scratch->tar);
		assert_int_equal(scratch_unpack(scratch), -1);
		assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	}
	/* a map of a sparse file is read like a header: here one of a billion pieces */
	tar_pax_text(&scratch->tar, "GNU.sparse.minor", "0");
	tar_pax_text(&scratch->tar, "GNU.sparse.major", "1");
	tar_add(&scratch->tar, (struct tar_spec){ .name = "map", .size = "01000000000" });
	buf_add_text(&scratch->tar, "1000000000\n");
	while (scratch->tar.len < 6 * 1024 * 1024)
		buf_add_text(&scratch->tar, "0\n0\n0\n0\n0\n0\n0\n0\n");
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	assert_non_null(strstr(scratch->err.text, "headers of one tar entry"));
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 128 * 1024);
}

static void unpack_file_fails(struct scratch *scratch, const char *name, const char *what)
{
	autofree char *path = xasprintf("%s/layer/%s", TESTDATA, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_return_code(fd, errno);
	scratch->err = (struct error)ERROR_INIT;
	assert_int_equal(layer_unpack(fd, scratch->root_fd, &scratch->options, NULL,
				      &scratch->result, &scratch->err),
			 -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	if (!strstr(scratch->err.text, what))
		fail_msg("%s", scratch->err.text);
	close(fd);
}

/* T-08 */
static void counts_what_is_declared(void **state)
{
	struct scratch *scratch = *state;

	/* two kilobytes that claim to be a terabyte */
	unpack_file_fails(scratch, "sparse-1t-gnu.tar", "largest size");
	unpack_file_fails(scratch, "sparse-1t-pax.tar", "largest size");
	/* and within the budget they are what they say, and take nothing */
	scratch->options.max_size = 2ULL << 40;
	autofree char *path = xasprintf("%s/layer/sparse-1t-gnu.tar", TESTDATA);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (layer_unpack(fd, scratch->root_fd, &scratch->options, NULL, &scratch->result,
			 &scratch->err) == 0) {
		assert_int_equal(fstatat(scratch->root_fd, "sparse", &st, 0), 0);
		assert_int_equal(st.st_size, 1ULL << 40);
		assert_in_range(st.st_blocks, 0, 16);
	}
	close(fd);
}

/* T-08 */
static void stops_at_its_budgets(void **state)
{
	struct scratch *scratch = *state;

	scratch->options.max_entries = 3;
	for (int i = 0; i < 4; i++)
		tar_add(&scratch->tar, (struct tar_spec){ .name = "f" });
	assert_refused(scratch, "more than 3 entries");
	for (int i = 0; i < 3; i++)
		tar_add(&scratch->tar, (struct tar_spec){ .name = "f" });
	assert_unpacks(scratch);

	scratch->options.max_entries = 0;
	scratch->options.max_size = 10000;
	tar_add(&scratch->tar, (struct tar_spec){ .name = "f", .size = "00000023421" });
	buf_reserve(&scratch->tar, 20000);
	memset(scratch->tar.data + scratch->tar.len, 'x', 10240);
	scratch->tar.len += 10240;
	assert_refused(scratch, "largest size");
	/* many small ones, and what is behind the end, count as well */
	for (int i = 0; i < 30; i++)
		tar_add(&scratch->tar, (struct tar_spec){ .name = "f" });
	assert_refused(scratch, "largest size");
}

/* T-08: 100 MiB of zeros in some ten kilobytes. */
static void stops_bombs_by_their_ratio(void **state)
{
	struct scratch *scratch = *state;
	enum { SIZE = 100 * 1024 * 1024 };
	autofree char *plain = xcalloc(1, SIZE);
	cleanup(buf_release) struct buf header = BUF_INIT;

	tar_header(&header, &(struct tar_spec){ .name = "zeros", .size = "00620000000" });
	memcpy(plain, header.data, header.len);
	size_t bound = ZSTD_compressBound(SIZE);
	autofree char *packed = xmalloc(bound);
	size_t len = ZSTD_compress(packed, bound, plain, SIZE, 3);
	assert_false(ZSTD_isError(len));
	assert_in_range(len, 1000, 12000);
	int fd = file_of(packed, len);
	assert_int_equal(layer_unpack(fd, scratch->root_fd, &scratch->options, NULL,
				      &scratch->result, &scratch->err),
			 -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	assert_non_null(strstr(scratch->err.text, "largest ratio"));
	close(fd);
}

#define SCRATCH_TEST(function) \
	cmocka_unit_test_setup_teardown(function, scratch_set_up, scratch_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(refuses_names_that_leave_the_root),
		SCRATCH_TEST(keeps_odd_names_inside),
		SCRATCH_TEST(refuses_names_beyond_the_limits),
		SCRATCH_TEST(writes_through_no_symlink),
		SCRATCH_TEST(changes_nothing_through_a_symlink),
		SCRATCH_TEST(resolves_parents_anew_when_they_change),
		SCRATCH_TEST(refuses_hard_links_to_anything_outside),
		SCRATCH_TEST(refuses_hard_links_that_are_none),
		SCRATCH_TEST(links_to_symlinks_without_following),
		SCRATCH_TEST(refuses_what_overlay_would_act_upon),
		SCRATCH_TEST(refuses_impossible_whiteouts),
		SCRATCH_TEST(refuses_capabilities_of_a_namespace),
		SCRATCH_TEST(refuses_streams_that_end_too_early),
		SCRATCH_TEST(refuses_damaged_headers),
		SCRATCH_TEST(refuses_headers_without_measure),
		SCRATCH_TEST(counts_what_is_declared),
		SCRATCH_TEST(stops_at_its_budgets),
		SCRATCH_TEST(stops_bombs_by_their_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
