/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/retry.h"

static const struct retry_limits limits = RETRY_LIMITS_DEFAULT;

static void knows_which_statuses_pass(void **state)
{
	static const int busy[] = { 408, 425, 429, 500, 502, 503, 504 };
	static const int final[] = { 200, 301, 400, 401, 403, 404, 409, 416, 501, 505 };

	(void)state;
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
		assert_int_equal(retry_cause_of_status(busy[i]), RETRY_BUSY);
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		assert_int_equal(retry_cause_of_status(final[i]), RETRY_NEVER);
}

static void waits_longer_each_time_up_to_half_a_minute(void **state)
{
	uint64_t before = 0;

	(void)state;
	for (unsigned tries = 0; tries < 10; tries++) {
		uint64_t longest = retry_delay(&limits, RETRY_BUSY, tries, 0, 0, UINT32_MAX);
		uint64_t shortest = retry_delay(&limits, RETRY_BUSY, tries, 0, 0, 0);
		assert_true(longest >= before);
		assert_true(longest <= 31 * RETRY_SECOND);
		assert_true(shortest > 0 && shortest < RETRY_SECOND);
		before = longest;
	}
	assert_true(before > 29 * RETRY_SECOND);
	assert_true(retry_delay(&limits, RETRY_BUSY, 0, 0, 0, UINT32_MAX) < RETRY_SECOND);
}

static void gives_up_in_the_end(void **state)
{
	(void)state;
	assert_true(retry_delay(&limits, RETRY_BUSY, 10, 0, 0, 1) == 0);
	assert_true(retry_delay(&limits, RETRY_NEVER, 0, 0, 0, 1) == 0);
	assert_true(retry_delay(&limits, RETRY_UNREACHABLE, 2, 0, 0, 1) > 0);
	assert_true(retry_delay(&limits, RETRY_UNREACHABLE, 3, 0, 0, 1) == 0);
	assert_true(retry_delay(&limits, RETRY_BROKEN, 1, 300 * RETRY_SECOND, 0, 1) == 0);
	assert_true(retry_delay(&limits, RETRY_BUSY, 1, 200 * RETRY_SECOND, 120, 1) == 0);
}

static void waits_at_least_as_long_as_asked(void **state)
{
	(void)state;
	for (uint32_t chance = 0; chance < UINT32_MAX - 99999999; chance += 99999999) {
		uint64_t delay = retry_delay(&limits, RETRY_BUSY, 6, 0, 3, chance);
		assert_true(delay >= 3 * RETRY_SECOND && delay < 4 * RETRY_SECOND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_which_statuses_pass),
		cmocka_unit_test(waits_longer_each_time_up_to_half_a_minute),
		cmocka_unit_test(gives_up_in_the_end),
		cmocka_unit_test(waits_at_least_as_long_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
