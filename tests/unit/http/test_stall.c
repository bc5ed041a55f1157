/* SPDX-License-Identifier: Apache-2.0 */
#include "stall.h"

#include "../cmocka_head.h"

#define SECOND UINT64_C(1000000000)

static void notices_a_trickle(void **state)
{
	struct stall stall = { 0 };
	uint64_t now = SECOND, bytes = 0;
	bool has_stalled = false;

	(void)state;
	for (int i = 0; i < 32 && !has_stalled; i++, now += SECOND)
		has_stalled = stall_check(&stall, now, bytes += 100, false, false);
	assert_true(has_stalled);
	assert_true(now >= 31 * SECOND);
}

static void lets_a_slow_one_be(void **state)
{
	struct stall stall = { 0 };
	uint64_t now = SECOND, bytes = 0;

	(void)state;
	for (int i = 0; i < 1000; i++, now += SECOND)
		assert_false(stall_check(&stall, now, bytes += 1100, false, false));
}

static void waits_longer_for_the_answer_to_an_upload(void **state)
{
	struct stall stall = { 0 };

	(void)state;
	assert_false(stall_check(&stall, SECOND, 9, true, false));
	assert_false(stall_check(&stall, 200 * SECOND, 9, true, false));
	assert_true(stall_check(&stall, 400 * SECOND, 9, true, false));
}

static void does_not_blame_the_other_side_for_our_pause(void **state)
{
	struct stall stall = { 0 };

	(void)state;
	assert_false(stall_check(&stall, SECOND, 9, false, false));
	assert_false(stall_check(&stall, 100 * SECOND, 9, false, true));
	assert_false(stall_check(&stall, 120 * SECOND, 9, false, false));
	assert_true(stall_check(&stall, 151 * SECOND, 9, false, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_a_trickle),
		cmocka_unit_test(lets_a_slow_one_be),
		cmocka_unit_test(waits_longer_for_the_answer_to_an_upload),
		cmocka_unit_test(does_not_blame_the_other_side_for_our_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
