/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include "../cmocka_head.h"

static void hands_out_so_many_per_key(void **state)
{
	struct slots slots = { .width = 2 };

	(void)state;
	struct slot *a = slots_take(&slots, "h down");
	assert_non_null(a);
	assert_non_null(slots_take(&slots, "h down"));
	assert_null(slots_take(&slots, "h down"));
	assert_non_null(slots_take(&slots, "h up"));
	slot_give(a);
	assert_non_null(slots_take(&slots, "h down"));
	slots_release(&slots);
}

static void narrows_when_told_and_widens_again(void **state)
{
	struct slots slots = { .width = 4 };

	(void)state;
	struct slot *slot = slots_take(&slots, "h");
	slot_note(slot, true, 4);
	assert_int_equal(slot->width, 2);
	slot_note(slot, true, 4);
	slot_note(slot, true, 4);
	assert_int_equal(slot->width, 1);
	for (int i = 0; i < SLOTS_WIDEN_AFTER; i++)
		slot_note(slot, false, 4);
	assert_int_equal(slot->width, 2);
	for (int i = 0; i < 10 * SLOTS_WIDEN_AFTER; i++)
		slot_note(slot, false, 4);
	assert_int_equal(slot->width, 4);
	slots_release(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_so_many_per_key),
		cmocka_unit_test(narrows_when_told_and_widens_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
