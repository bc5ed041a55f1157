/* SPDX-License-Identifier: Apache-2.0 */
/* rules: 13-patterns */
#include "../cmocka_head.h"
#include "../table.h"
#include "base/alloc.h"
#include "base/pattern.h"

static const char *answer(enum pattern_kind kind, const char *text, const char *path)
{
	cleanup(pattern_free) struct pattern *pattern = NULL;
	struct error err = ERROR_INIT;

	if (pattern_compile(text, kind, &pattern, &err) < 0) {
		assert_non_null(strstr(err.text, "syntax error in pattern"));
		return "error";
	}
	int matches = pattern_match(pattern, path, &err);
	if (matches < 0) {
		assert_non_null(strstr(err.text, "syntax error in pattern"));
		assert_true(pattern_is_broken(pattern));
		return "broken";
	}
	if (matches && !strstr(path, pattern_literal(pattern)))
		fail_msg("'%s' matches '%s' without '%s'", text, path, pattern_literal(pattern));
	return matches ? "yes" : "no";
}

static void check_row(enum pattern_kind kind, const char *const cells[TABLE_COLUMNS])
{
	autofree char *text = table_unescape(cells[0]);
	autofree char *path = table_unescape(cells[1]);

	const char *is = answer(kind, text, path);
	if (strcmp(is, cells[2]) != 0)
		fail_msg("'%s' on '%s': %s instead of %s", cells[0], cells[1], is, cells[2]);
}

static void check_glob(const char *const cells[TABLE_COLUMNS])
{
	check_row(PATTERN_GLOB, cells);
}

static void check_deep(const char *const cells[TABLE_COLUMNS])
{
	check_row(PATTERN_DEEP, cells);
}

static void matches_as_go_does(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/pattern/glob", check_glob) > 80);
}

static void matches_as_patternmatcher_does(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/pattern/deep", check_deep) > 120);
}

/* Backtracking would need more than the age of the universe. */
static void no_pattern_is_slow(void **state)
{
	char path[256] = { 0 }, text[256] = { 0 };
	cleanup(pattern_free) struct pattern *pattern = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	for (size_t i = 0; i < 200; i += 2)
		memcpy(text + i, "*a", 2);
	text[200] = 'b';
	path[10] = 'b';
	assert_int_equal(pattern_compile(text, PATTERN_GLOB, &pattern, &err), 0);
	assert_int_equal(pattern_match(pattern, path, &err), 0);
}

static void ceilings_are_named(void **state)
{
	cleanup(pattern_free) struct pattern *pattern = NULL;
	autofree char *text = xcalloc(1, PATTERN_LEN_MAX + 2);
	struct error err = ERROR_INIT;

	(void)state;
	memset(text, '?', PATTERN_WILDCARDS_MAX + 1);
	assert_int_equal(pattern_compile(text, PATTERN_DEEP, &pattern, &err), -1);
	assert_non_null(strstr(err.text, "128 wildcards"));
	memset(text, 'a', PATTERN_LEN_MAX + 1);
	assert_int_equal(pattern_compile(text, PATTERN_GLOB, &pattern, &err), -1);
	assert_non_null(strstr(err.text, "65535"));
}

static bool below(enum pattern_kind kind, const char *text, const char *dir)
{
	cleanup(pattern_free) struct pattern *pattern = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(pattern_compile(text, kind, &pattern, &err), 0);
	return pattern_may_match_below(pattern, dir);
}

static void knows_where_it_cannot_match(void **state)
{
	(void)state;
	assert_true(below(PATTERN_DEEP, "a/b/c", ""));
	assert_true(below(PATTERN_DEEP, "a/b/c", "a"));
	assert_true(below(PATTERN_DEEP, "a/b/c", "a/b"));
	assert_false(below(PATTERN_DEEP, "a/b/c", "a/b/c"));
	assert_false(below(PATTERN_DEEP, "a/b/c", "ab"));
	assert_false(below(PATTERN_DEEP, "ab/c", "a"));
	assert_true(below(PATTERN_DEEP, "a/**", "a"));
	assert_true(below(PATTERN_DEEP, "a/**", "a/x/y"));
	assert_false(below(PATTERN_DEEP, "a/**", "b"));
	assert_true(below(PATTERN_DEEP, "ab**", "abc"));
	assert_true(below(PATTERN_DEEP, "**/x", "any/where"));
	assert_true(below(PATTERN_DEEP, "*/x", "any"));
	assert_false(below(PATTERN_DEEP, "*/x", "any/where"));
	assert_true(below(PATTERN_DEEP, "a/*/c", "a/x"));
	assert_false(below(PATTERN_DEEP, "a/*/c", "b"));
	assert_false(below(PATTERN_DEEP, "a/*", "a/x"));
	assert_false(below(PATTERN_DEEP, "*.md", "docs"));
	/* A class can be a slash. */
	assert_true(below(PATTERN_GLOB, "a[^b]c", "a"));
	assert_false(below(PATTERN_GLOB, "a/**", "a/x"));
}

static void splits_off_leading_directories(void **state)
{
	(void)state;
	assert_int_equal(pattern_literal_dir_len("a/b/*.c"), 3);
	assert_int_equal(pattern_literal_dir_len("a/b/c"), 5);
	assert_int_equal(pattern_literal_dir_len("*"), 0);
	assert_int_equal(pattern_literal_dir_len("a?/b"), 0);
	assert_int_equal(pattern_literal_dir_len("a/\\*/b[c]"), 4);
	assert_int_equal(pattern_literal_dir_len(""), 0);
	assert_true(pattern_has_wildcards("a[b"));
	assert_true(pattern_has_wildcards("\\**"));
	assert_false(pattern_has_wildcards("a\\*b\\"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_as_go_does),
		cmocka_unit_test(matches_as_patternmatcher_does),
		cmocka_unit_test(no_pattern_is_slow),
		cmocka_unit_test(ceilings_are_named),
		cmocka_unit_test(knows_where_it_cannot_match),
		cmocka_unit_test(splits_off_leading_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
