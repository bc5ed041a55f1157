/* SPDX-License-Identifier: Apache-2.0 */
#include "log_text.h"

#include "../cmocka_head.h"

#include <stdlib.h>
#include <string.h>

static void check_n(const char *line, size_t len, const char *expected)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	log_text_add(&text, line, len);
	assert_string_equal(text.data, expected);
}

static void check(const char *line, const char *expected)
{
	check_n(line, strlen(line), expected);
}

static void text_stays_as_it_is(void **state)
{
	(void)state;
	check("plain\ttext", "plain\ttext");
	check("gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x90\xb3",
	      "gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac "
	      "\xf0\x9f\x90\xb3");
	check("", "");
}

/* L-01 */
static void escape_sequences_are_left_out(void **state)
{
	(void)state;
	check("\x1b[31mred\x1b[0m", "red");
	check("\x1b[2J\x1b[1;1Htop", "top");
	check("\x1b[?25lx\x1b[ q", "x");
	check("a\x1b]0;title\x07z", "az");
	check("a\x1b]52;c;ZXZpbA==\x1b\\z", "az");
	check("a\x1bP1$r\x1b\\b\x1b_apc\x1b\\c\x1b^pm\x1b\\d\x1bXsos\x1b\\e", "abcde");
	check("a\x1b(0b\x1b=c\x1b"
	      "7d",
	      "abcd");
	check("a\x1bM", "a");
	/* the note that Jenkins would unpack */
	check("\x1b[8mha:AAAA\x1b[0mx", "ha:AAAAx");
}

/* L-01 */
static void eight_bit_controls_are_left_out(void **state)
{
	(void)state;
	check("a\xc2\x9b"
	      "31mb",
	      "ab");
	check("a\xc2\x9d"
	      "0;title\x07"
	      "b",
	      "ab");
	check("a\xc2\x90x\xc2\x9c"
	      "b",
	      "ab");
	check("a\xc2\x85"
	      "b",
	      "ab");
	check("a\x9b"
	      "31mb",
	      "a\xef\xbf\xbd"
	      "31mb");
}

/* L-01 */
static void sequences_without_an_end_end_with_the_line(void **state)
{
	(void)state;
	check("a\x1b]0;never closed", "a");
	check("a\x1b[", "a");
	check("a\x1b", "a");
	check("a\x1b[31", "a");
}

/* L-01 */
static void controls_and_directions_are_left_out(void **state)
{
	(void)state;
	check_n("a\0b\x08\x07\x7f\x0b"
		"c",
		8, "abc");
	check("a\xe2\x80\xae"
	      "b\xe2\x81\xa6"
	      "c\xd8\x9c"
	      "d",
	      "abcd");
	check("a\xe2\x80\xa8"
	      "b",
	      "a b");
}

/* L-01 */
static void what_is_no_utf8_is_replaced(void **state)
{
	(void)state;
	check("\xff", "\xef\xbf\xbd");
	check("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
	check("\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
	check("\xf0\x9f\x90", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void collect(void *context, const char *line, size_t len, bool is_cut)
{
	struct buf *buf = context;

	buf_add_char(buf, '[');
	buf_add(buf, line, len);
	buf_add_text(buf, is_cut ? "!]" : "]");
}

static void check_lines(const char *data, const char *expected)
{
	/* in one piece, and byte by byte */
	for (size_t step = strlen(data) ? strlen(data) : 1; step; step = step > 1 ? 1 : 0) {
		cleanup(line_cutter_release) struct line_cutter cutter = LINE_CUTTER_INIT;
		cleanup(buf_release) struct buf lines = BUF_INIT;
		for (size_t i = 0; i < strlen(data); i += step)
			line_cutter_add(&cutter, data + i, step, collect, &lines);
		line_cutter_flush(&cutter, collect, &lines);
		assert_string_equal(lines.data, expected);
	}
}

static void lines_end_at_newlines_and_returns(void **state)
{
	(void)state;
	check_lines("a\nb\n", "[a][b]");
	check_lines("a\r\nb", "[a][b]");
	check_lines("10%\r20%\r\n", "[10%][20%]");
	check_lines("a\n\nb", "[a][][b]");
	check_lines("\r\r\ra", "[a]");
	check_lines("a\r\n\r\nb", "[a][b]");
	check_lines("", "");
}

/* L-01 */
static void a_long_line_is_cut_once(void **state)
{
	(void)state;
	cleanup(line_cutter_release) struct line_cutter cutter = LINE_CUTTER_INIT;
	cleanup(buf_release) struct buf lines = BUF_INIT;
	char *block = malloc(10000);

	memset(block, 'x', 10000);
	for (int i = 0; i < 100; i++)
		line_cutter_add(&cutter, block, 10000, collect, &lines);
	assert_int_equal(lines.len, 0);
	line_cutter_add(&cutter, "\nnext\n", 6, collect, &lines);
	assert_int_equal(lines.len, LOG_LINE_MAX + strlen("[!][next]"));
	assert_string_equal(lines.data + LOG_LINE_MAX + 1, "!][next]");
	free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_as_it_is),
		cmocka_unit_test(escape_sequences_are_left_out),
		cmocka_unit_test(eight_bit_controls_are_left_out),
		cmocka_unit_test(sequences_without_an_end_end_with_the_line),
		cmocka_unit_test(controls_and_directions_are_left_out),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
		cmocka_unit_test(lines_end_at_newlines_and_returns),
		cmocka_unit_test(a_long_line_is_cut_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
