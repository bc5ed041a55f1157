/* SPDX-License-Identifier: Apache-2.0 */
#include "masker.h"

#include "../cmocka_head.h"
#include "base/base64.h"

#include <string.h>

static void watch_values(struct secret_watch *watch, const char *const *values, size_t n)
{
	*watch = (struct secret_watch)SECRET_WATCH_INIT;
	for (size_t i = 0; i < n; i++)
		secret_watch_add(watch, "id", values[i], strlen(values[i]));
	secret_watch_finish(watch);
}

/* In pieces of `piece` bytes. */
static void mask(const struct secret_watch *watch, const char *text, size_t len, size_t piece,
		 struct buf *out)
{
	cleanup(masker_release) struct masker masker;

	masker_init(&masker, watch);
	for (size_t i = 0; i < len; i += piece)
		masker_add(&masker, text + i, len - i < piece ? len - i : piece, out);
	masker_finish(&masker, out);
}

static void expect(const struct secret_watch *watch, const char *text, const char *expected)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 7, 4096 };

	for (size_t i = 0; i < countof(pieces); i++) {
		cleanup(buf_release) struct buf out = BUF_INIT;
		mask(watch, text, strlen(text), pieces[i], &out);
		assert_string_equal(out.data, expected);
	}
}

/* K-06 */
static void masks_values_in_pieces_of_any_size(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch, (const char *const[]){ "hunter2-token\n", "terrible", "abcd" }, 3);
	expect(&watch, "nothing of it\n", "nothing of it\n");
	expect(&watch, "a hunter2-token b", "a *** b");
	expect(&watch, "hunter2-token", "***");
	expect(&watch, "hunter2-tokeN", "hunter2-tokeN");
	expect(&watch, "hunter2-hunter2-token.", "hunter2-***.");
	expect(&watch, "hunterrible!", "hun***!");
	expect(&watch, "hunter2-tokenterrible", "***");
	expect(&watch, "xabcdx abc\n", "x***x abc\n");
	expect(&watch, "", "");
}

/* K-06 */
static void masks_what_overlaps(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch, (const char *const[]){ "aaaaab", "abcabc", "bcab" }, 3);
	expect(&watch, "aaaaaaabc", "aa***c");
	expect(&watch, "xabcabcabcx", "x***x");
	expect(&watch, "abcab", "a***");
}

/* K-06 */
static void masks_what_is_read_when_controls_are_left_out(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch, (const char *const[]){ "hunter2-token" }, 1);
	expect(&watch, "a hunter\x1b[31m2-tok\x1b[0men b", "a *** b");
	expect(&watch, "a hun\x1b]0;title\x07ter2\x1b]8;;x\x1b\\-token b", "a *** b");
	expect(&watch,
	       "a hun\x1b(Bter2\b-tok\x7f\xc2\x9b"
	       "1men b",
	       "a *** b");
	expect(&watch, "a hunter2\xe2\x80\xae-to\xd8\x9cken\xe2\x81\xa6 b", "a ***\xe2\x81\xa6 b");
	expect(&watch, "a hunter2-\r\ntoken b", "a *** b");
	/* within a string that a log leaves out */
	expect(&watch, "\x1b]0;hunter2-token\x07.", "\x1b]0;***\x07.");
	/* what a log shows stands between */
	expect(&watch, "hunter2-\xe2\x82\xactoken", "hunter2-\xe2\x82\xactoken");
	expect(&watch, "hunter2-\ttoken", "hunter2-\ttoken");
	/* a string that is not ended ends with its line */
	expect(&watch, "\x1b]0;x\nhunter2\x1b[m-token", "\x1b]0;x\n***");
}

static void masks_values_that_are_wide(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch,
		     (const char *const[]){ "\xc2\xa3"
					    "5\xe2\x82\xac\xd8\xb9" },
		     1);
	expect(&watch, "a \xc2\xa3\x1b[m5\xe2\x82\xac\xd8\xb9 \xc2\xa3", "a *** \xc2\xa3");
}

/* K-06 */
static void masks_encoded_values(void **state)
{
	static const char value[] = "p/ss wörd+1~x";
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch, (const char *const[]){ value }, 1);
	for (size_t before = 0; before < 5; before++) {
		cleanup(buf_release) struct buf plain = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
		buf_add(&plain, "user:", before);
		buf_add_text(&plain, value);
		buf_add_text(&plain, "@");
		base64_encode(plain.data, plain.len, &text);
		mask(&watch, text.data, text.len, 3, &out);
		assert_non_null(strstr(out.data, "***"));
		/* at most what it shares a digit with is left at each end */
		assert_true(out.len <= before * 8 / 6 + 1 + 3 + 4);
	}
	expect(&watch, "702f73732077c3b67264", "702f73732077c3b67264");
	expect(&watch, "702f73732077c3b672642b317e78", "***");
	expect(&watch, "702F73732077C3B672642B317E78", "***");
	expect(&watch, "=p%2Fss%20w%C3%B6rd%2B1~x&", "=***&");
	expect(&watch, "=p%2fss+w%c3%b6rd%2b1~x&", "=***&");
	expect(&watch, "=p/ss%20w%C3%B6rd%2B1~x&", "=***&");
}

static void leaves_short_values_alone(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;

	(void)state;
	watch_values(&watch, (const char *const[]){ "", "\n\n", "abc\n" }, 3);
	assert_true(secret_watch_is_empty(&watch));
	expect(&watch, "abc", "abc");
}

/* A line that may be the beginning of a value is not kept from who reads along. */
static void holds_no_line_for_few_bytes(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;
	cleanup(masker_release) struct masker masker;
	cleanup(buf_release) struct buf out = BUF_INIT;

	(void)state;
	watch_values(&watch, (const char *const[]){ "hunter2-token" }, 1);
	masker_init(&masker, &watch);
	masker_add(&masker, "fetch\n", 6, &out);
	assert_string_equal(out.data, "fetch\n");
	masker_add(&masker, "hunter2-tok", 11, &out);
	assert_string_equal(out.data, "fetch\n");
	masker_add(&masker, "en\n", 3, &out);
	assert_string_equal(out.data, "fetch\n***\n");
	masker_finish(&masker, &out);
	assert_string_equal(out.data, "fetch\n***\n");
}

/* What is held is bounded, whatever stands within a value that has begun. */
static void holds_no_more_than_it_must(void **state)
{
	cleanup(secret_watch_release) struct secret_watch watch;
	cleanup(masker_release) struct masker masker;
	cleanup(buf_release) struct buf out = BUF_INIT;
	static char blanks[4096];

	(void)state;
	memset(blanks, '\r', sizeof(blanks));
	watch_values(&watch, (const char *const[]){ "hunter2-token" }, 1);
	masker_init(&masker, &watch);
	masker_add(&masker, "hunter2", 7, &out);
	for (int i = 0; i < 100; i++)
		masker_add(&masker, blanks, sizeof(blanks), &out);
	assert_true(masker.held.len < 128 * 1024);
	assert_true(out.len > 200 * 1024);
}

static void finds_a_long_value(void **state)
{
	enum { LEN = 400 * 1024 };
	cleanup(secret_watch_release) struct secret_watch watch = SECRET_WATCH_INIT;
	cleanup(buf_release) struct buf value = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
	uint32_t number = 1;

	(void)state;
	for (int i = 0; i < LEN; i++) {
		number = number * 1664525 + 1013904223;
		buf_add_char(&value, (char)('!' + (number >> 24) % 90));
	}
	secret_watch_add(&watch, "id", value.data, value.len);
	secret_watch_finish(&watch);
	buf_printf(&text, "a %s b", value.data);
	mask(&watch, text.data, text.len, 65536, &out);
	assert_string_equal(out.data, "a *** b");
	buf_clear(&text);
	buf_clear(&out);
	base64_encode(value.data, value.len, &text);
	mask(&watch, text.data, text.len, 65536, &out);
	assert_memory_equal(out.data, "***", 3);
}

/* K-06: a value never comes through, wherever the pieces end and whatever stands around it. */
static void no_value_comes_through(void **state)
{
	static const char *const values[] = { "abcabd", "bcabdabca", "dddda" };
	static const char *const noise[] = { "a", "b", "c", "d", "\n", "\x1b[m", "abcab", "ddd" };
	cleanup(secret_watch_release) struct secret_watch watch;
	uint32_t number = 7;

	(void)state;
	watch_values(&watch, values, countof(values));
	for (int round = 0; round < 3000; round++) {
		cleanup(buf_release) struct buf text = BUF_INIT, out = BUF_INIT;
		for (int i = 0; i < 40; i++) {
			number = number * 1664525 + 1013904223;
			buf_add_text(&text, noise[number >> 29]);
		}
		mask(&watch, text.data, text.len, 1 + (number >> 20) % 9, &out);
		for (size_t i = 0; i < countof(values); i++)
			assert_null(strstr(out.data, values[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_values_in_pieces_of_any_size),
		cmocka_unit_test(masks_what_overlaps),
		cmocka_unit_test(masks_what_is_read_when_controls_are_left_out),
		cmocka_unit_test(masks_values_that_are_wide),
		cmocka_unit_test(masks_encoded_values),
		cmocka_unit_test(leaves_short_values_alone),
		cmocka_unit_test(holds_no_line_for_few_bytes),
		cmocka_unit_test(holds_no_more_than_it_must),
		cmocka_unit_test(finds_a_long_value),
		cmocka_unit_test(no_value_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
