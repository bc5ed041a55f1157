/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/path.h"

#include <stdlib.h>

static void check_clean(const char *path, const char *expected)
{
	char *cleaned = path_clean(path);
	assert_string_equal(cleaned, expected);
	free(cleaned);
}

static void clean_never_leaves_the_root(void **state)
{
	(void)state;
	check_clean("", "");
	check_clean("/", "");
	check_clean("a/./b//c/", "a/b/c");
	check_clean("../../etc", "etc");
	check_clean("a/../../b", "b");
	check_clean("a/b/../c", "a/c");
	check_clean("..a/b", "..a/b");
}

static void check_clean_go(const char *path, const char *expected)
{
	char *cleaned = path_clean_go(path);
	assert_string_equal(cleaned, expected);
	free(cleaned);
}

static void clean_go_is_as_gos(void **state)
{
	(void)state;
	check_clean_go("", ".");
	check_clean_go("/..", "/");
	check_clean_go("/a/../b/", "/b");
	check_clean_go("../../a", "../../a");
	check_clean_go("a/../../b", "../b");
	check_clean_go("./a", "a");
}

static void compare_is_the_order_of_a_walk(void **state)
{
	(void)state;
	assert_true(path_compare("a", "a/b") < 0);
	assert_true(path_compare("a/b", "a.b") < 0);
	assert_true(path_compare("a/z", "a-b") < 0);
	assert_int_equal(path_compare("x/y", "x/y"), 0);
	assert_true(path_compare("b", "a/b") > 0);
}

static void within_wants_whole_components(void **state)
{
	(void)state;
	assert_true(path_is_within("a/b", "a"));
	assert_true(path_is_within("a", "a"));
	assert_true(path_is_within("a", ""));
	assert_false(path_is_within("ab", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_never_leaves_the_root),
		cmocka_unit_test(clean_go_is_as_gos),
		cmocka_unit_test(compare_is_the_order_of_a_walk),
		cmocka_unit_test(within_wants_whole_components),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
