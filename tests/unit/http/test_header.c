/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/header.h"

#include <stdio.h>
#include <string.h>

static void add(struct header_list *list, const char *line)
{
	assert_int_equal(header_list_add(list, line, strlen(line)), 0);
}

static void finds_headers_without_regard_to_case(void **state)
{
	cleanup(header_list_release) struct header_list list = HEADER_LIST_INIT;

	(void)state;
	add(&list, "ETag:   \"abc\" \r\n");
	add(&list, "no header\r\n");
	add(&list, ": nameless\r\n");
	add(&list, "X-Empty:\r\n");
	assert_string_equal(header_find(&list, "etag"), "\"abc\"");
	assert_string_equal(header_find(&list, "x-empty"), "");
	assert_null(header_find(&list, "location"));
	assert_int_equal(list.all.len, 2);
}

static void has_ceilings(void **state)
{
	cleanup(header_list_release) struct header_list many = HEADER_LIST_INIT;
	cleanup(header_list_release) struct header_list large = HEADER_LIST_INIT;
	static char line[60000] = "X: ";
	int result = 0;

	(void)state;
	for (int i = 0; i < HEADERS_MAX; i++)
		add(&many, "X: y\r\n");
	assert_int_equal(header_list_add(&many, "X: y\r\n", 6), -1);
	memset(line + 3, 'y', sizeof(line) - 4);
	for (int i = 0; i < 3 && result == 0; i++)
		result = header_list_add(&large, line, sizeof(line) - 1);
	assert_int_equal(result, -1);
}

static int read_range(const char *value, uint64_t *start, uint64_t *end, uint64_t *total)
{
	cleanup(header_list_release) struct header_list list = HEADER_LIST_INIT;
	char line[200];

	(void)snprintf(line, sizeof(line), "Content-Range: %s\r\n", value);
	add(&list, line);
	return header_read_range(&list, start, end, total);
}

static void reads_content_ranges_strictly(void **state)
{
	uint64_t start = 0, end = 0, total = 0;
	static const char *const bad[] = { "bytes 5-4/10",
					   "bytes 0-9/9",
					   "bytes 0-9",
					   "bytes */10",
					   "0-9/10",
					   "bytes -1-9/10",
					   "bytes 0-99999999999999999999/10",
					   "bytes 0-9/10 x" };

	(void)state;
	assert_int_equal(read_range("bytes 5-9/10", &start, &end, &total), 1);
	assert_true(start == 5 && end == 9 && total == 10);
	assert_int_equal(read_range("bytes 5-9/*", &start, &end, &total), 1);
	assert_true(total == 0);
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(read_range(bad[i], &start, &end, &total), 0);
}

static unsigned retry_after(const char *value, const char *date)
{
	cleanup(header_list_release) struct header_list list = HEADER_LIST_INIT;
	char line[200];

	(void)snprintf(line, sizeof(line), "Retry-After: %s\r\n", value);
	add(&list, line);
	(void)snprintf(line, sizeof(line), "Date: %s\r\n", date ? date : "");
	if (date)
		add(&list, line);
	return header_read_retry_after(&list);
}

/* */
static void retry_after_is_bounded_and_proof_against_wrong_clocks(void **state)
{
	(void)state;
	assert_int_equal(retry_after("3", NULL), 3);
	assert_int_equal(retry_after("0", NULL), 0);
	assert_int_equal(retry_after("1000000000", NULL), RETRY_AFTER_MAX);
	assert_int_equal(retry_after("99999999999999999999999", NULL), RETRY_AFTER_MAX);
	assert_int_equal(retry_after("-5", NULL), 0);
	assert_int_equal(retry_after("soon", NULL), 0);
	assert_int_equal(retry_after("3 days", NULL), 0);
	/* the server's clock is three years off, and so are both of its dates */
	assert_int_equal(
		retry_after("Wed, 21 Oct 2015 07:28:10 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"), 10);
	assert_int_equal(
		retry_after("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:10 GMT"), 0);
	assert_int_equal(
		retry_after("Fri, 21 Oct 2095 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:10 GMT"),
		RETRY_AFTER_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_headers_without_regard_to_case),
		cmocka_unit_test(has_ceilings),
		cmocka_unit_test(reads_content_ranges_strictly),
		cmocka_unit_test(retry_after_is_bounded_and_proof_against_wrong_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
