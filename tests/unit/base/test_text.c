/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/text.h"

#include <string.h>

static void reads_durations_as_go(void **state)
{
	struct error err = ERROR_INIT;
	int64_t ns = 0;

	(void)state;
	assert_int_equal(text_parse_duration("1m30s", &ns, &err), 0);
	assert_true(ns == 90000000000);
	assert_int_equal(text_parse_duration("0.5s", &ns, &err), 0);
	assert_true(ns == 500000000);
	assert_int_equal(text_parse_duration("5", &ns, &err), -1);
	assert_non_null(strstr(err.text, "missing unit"));
	assert_int_equal(text_parse_duration("", &ns, &err), -1);
	assert_int_equal(text_parse_duration("1x", &ns, &err), -1);
}

static void reads_sizes_1024_based(void **state)
{
	struct error err = ERROR_INIT;
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(text_parse_size("64m", &bytes, &err), 0);
	assert_true(bytes == 64u << 20);
	assert_int_equal(text_parse_size("1.5GiB", &bytes, &err), 0);
	assert_true(bytes == 3u << 29);
	assert_int_equal(text_parse_size("m", &bytes, &err), -1);
}

static void numbers_have_no_sign_and_a_ceiling(void **state)
{
	struct error err = ERROR_INIT;
	uint64_t number = 7;

	(void)state;
	assert_int_equal(text_parse_unsigned("4294967296", UINT32_MAX, &number, &err), -1);
	assert_int_equal(text_parse_unsigned("-1", 10, &number, &err), -1);
	assert_int_equal(text_parse_unsigned("", 10, &number, &err), -1);
	assert_true(number == 7);
	assert_int_equal(text_parse_unsigned("10", 10, &number, &err), 0);
	assert_true(number == 10);
}

static void times_survive_a_round_trip(void **state)
{
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	int64_t seconds = 0;
	uint32_t nanoseconds = 0;

	(void)state;
	assert_int_equal(
		text_parse_time("2024-02-29T12:00:01.5+02:00", &seconds, &nanoseconds, &err), 0);
	text_add_time(&buf, seconds, nanoseconds);
	assert_string_equal(buf.data, "2024-02-29T10:00:01.5Z");
	assert_int_equal(text_parse_time("2024-02-29", &seconds, &nanoseconds, &err), -1);
}

static void suggests_what_is_near(void **state)
{
	static const char *const options[] = { "COPY", "ADD", "RUN" };

	(void)state;
	assert_string_equal(text_nearest("COPPY", options, 3), "COPY");
	assert_null(text_nearest("COPY", options, 3));
	assert_null(text_nearest("HEALTH", options, 3));
}

static void printable_shows_controls(void **state)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;

	(void)state;
	text_add_printable(&buf, "a\x1b[2J\xc3\xa4\xff", 8);
	assert_string_equal(buf.data, "a\\x1b[2J\xc3\xa4\\xff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_durations_as_go),
		cmocka_unit_test(reads_sizes_1024_based),
		cmocka_unit_test(numbers_have_no_sign_and_a_ceiling),
		cmocka_unit_test(times_survive_a_round_trip),
		cmocka_unit_test(suggests_what_is_near),
		cmocka_unit_test(printable_shows_controls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
