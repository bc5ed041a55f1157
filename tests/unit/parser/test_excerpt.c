/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "parser/dockerfile.h"

#include <string.h>

static void check(const char *text, struct position at, const char *wanted)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;

	dockerfile_excerpt(text, strlen(text), "Dockerfile", at, &buf);
	assert_string_equal(buf.data, wanted);
}

static void one_line_has_two_around_it(void **state)
{
	(void)state;
	check("a\nb\nc\nd\ne\nf\n", (struct position){ 3, 0, 3 },
	      "Dockerfile:3\n--------------------\n"
	      "   1 |     a\n"
	      "   2 |     b\n"
	      "   3 | >>> c\n"
	      "   4 |     d\n"
	      "   5 |     e\n"
	      "--------------------\n");
}

static void first_line_gives_its_share_away(void **state)
{
	(void)state;
	check("a\nb\nc\nd\n", (struct position){ 1, 0, 1 },
	      "Dockerfile:1\n--------------------\n"
	      "   1 | >>> a\n"
	      "   2 |     b\n"
	      "   3 |     c\n"
	      "--------------------\n");
}

static void line_end_at_the_end_is_a_line(void **state)
{
	(void)state;
	check("a\nb\n", (struct position){ 2, 0, 2 },
	      "Dockerfile:2\n--------------------\n"
	      "   1 |     a\n"
	      "   2 | >>> b\n"
	      "   3 |     \n"
	      "--------------------\n");
}

static void range_has_one_around_it(void **state)
{
	(void)state;
	check("a\nb\r\nc\nd\ne", (struct position){ 2, 0, 3 },
	      "Dockerfile:2\n--------------------\n"
	      "   1 |     a\n"
	      "   2 | >>> b\n"
	      "   3 | >>> c\n"
	      "   4 |     d\n"
	      "--------------------\n");
}

static void caret_stands_below_the_column(void **state)
{
	(void)state;
	check("RUN \t\xc3\xa9x", (struct position){ 1, 8, 1 },
	      "Dockerfile:1:8\n--------------------\n"
	      "   1 | >>> RUN \t\xc3\xa9x\n"
	      "     |         \t ^\n"
	      "--------------------\n");
}

static void control_characters_are_shown_as_such(void **state)
{
	(void)state;
	check("RUN \x1b[2J", (struct position){ 1, 0, 1 },
	      "Dockerfile:1\n--------------------\n"
	      "   1 | >>> RUN \\x1b[2J\n"
	      "--------------------\n");
}

static void long_ones_are_cut(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf excerpt = BUF_INIT;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_add_text(&text, "0123456789\n");
	dockerfile_excerpt(text.data, text.len, "Dockerfile", (struct position){ 1, 0, 5000 },
			   &excerpt);
	assert_non_null(strstr(excerpt.data, "  40 | >>> 0123456789\n"));
	assert_null(strstr(excerpt.data, "  41 |"));
	assert_non_null(strstr(excerpt.data, "... 4960 more lines\n"));
	for (size_t i = 0; i < text.len; i++)
		text.data[i] = 'x';
	buf_clear(&excerpt);
	dockerfile_excerpt(text.data, text.len, "Dockerfile", (struct position){ 1, 0, 1 },
			   &excerpt);
	assert_true(excerpt.len < 600);
	assert_non_null(strstr(excerpt.data, "xxx...\n"));
}

static void long_line_is_shown_around_its_column(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf excerpt = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_add_text(&text, i == 600 ? "Z" : "x");
	dockerfile_excerpt(text.data, text.len, "Dockerfile", (struct position){ 1, 601, 1 },
			   &excerpt);
	const char *mark = strchr(excerpt.data, 'Z'), *caret = strchr(excerpt.data, '^');
	assert_non_null(mark);
	assert_non_null(caret);
	const char *below = strchr(mark, '\n') + 1, *line = mark;
	while (line[-1] != '\n')
		line--;
	assert_int_equal(mark - line, caret - below);
	assert_true(excerpt.len < 1200);
}

static void nothing_for_no_position(void **state)
{
	(void)state;
	check("a\n", (struct position){ 0, 0, 0 }, "");
	check("a\n", (struct position){ 9, 0, 9 }, "");
}

/* K-03 */
static void users_of_urls_are_hidden(void **state)
{
	(void)state;
	check("ADD http://me:tok@h/a@b HTTPS://x@h ssh://git@h /f\nENV A=http://u:p@h?q@r B=://@ C=//a@b\n",
	      (struct position){ 1, 5, 1 },
	      "Dockerfile:1:5\n--------------------\n"
	      "   1 | >>> ADD http://xxxxxx@h/a@b HTTPS://x@h ssh://git@h /f\n"
	      "     |         ^\n"
	      "   2 |     ENV A=http://xxx@h?q@r B=://@ C=//a@b\n"
	      "   3 |     \n"
	      "--------------------\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_of_urls_are_hidden),
		cmocka_unit_test(one_line_has_two_around_it),
		cmocka_unit_test(first_line_gives_its_share_away),
		cmocka_unit_test(line_end_at_the_end_is_a_line),
		cmocka_unit_test(range_has_one_around_it),
		cmocka_unit_test(caret_stands_below_the_column),
		cmocka_unit_test(control_characters_are_shown_as_such),
		cmocka_unit_test(long_ones_are_cut),
		cmocka_unit_test(long_line_is_shown_around_its_column),
		cmocka_unit_test(nothing_for_no_position),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
