/* SPDX-License-Identifier: Apache-2.0 */
/* A step's result comes back from its record as it was, and a damaged one is no result. */
#include "../cmocka_head.h"
#include "exec/result.h"

#include <string.h>

static struct step_result make(void)
{
	return (struct step_result){
		.has_layer = true,
		.key = digest_of("key", 3),
		.chain_id = digest_of("chain", 5),
		.diff_id = digest_of("diff", 4),
		.digest = digest_of("blob", 4),
		.size = 1234567890123,
		.compression = LAYER_ZSTD,
		.made = 1700000000,
		.made_nsec = 999999999,
		.milliseconds = 42,
		.n_members = 7,
		.n_reused = 6,
	};
}

static void comes_back_as_it_was(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT, again = BUF_INIT;
	struct step_result result = make(), back;
	struct error err = ERROR_INIT;

	(void)state;
	step_result_encode(&result, &text);
	if (step_result_decode(text.data, text.len, &back, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(back.has_layer && !back.is_cached && !back.is_done);
	assert_true(back.size == result.size && back.made_nsec == result.made_nsec);
	assert_int_equal(back.compression, LAYER_ZSTD);
	assert_true(back.n_members == 7 && back.n_reused == 6);
	step_result_encode(&back, &again);
	assert_string_equal(text.data, again.data);
}

/* Records of an earlier cbuild say nothing of members. */
static void members_may_be_missing(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct step_result result = make(), back;
	struct error err = ERROR_INIT;

	(void)state;
	step_result_encode(&result, &text);
	char *at = strstr(text.data, ",\"members\"");
	assert_non_null(at);
	(void)strcpy(at, "}");
	if (step_result_decode(text.data, strlen(text.data), &back, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(back.n_members == 0 && back.n_reused == 0);
}

static void impossible_numbers_are_refused(void **state)
{
	static const char *const from[] = { "\"size\":1234567890123",
					    "\"compression\":", "\"reused\":6",
					    "\"digest\":\"sha256" };
	static const char *const to[] = { "\"size\":-234567890123", "\"compression\":9",
					  "\"reused\":8", "\"digest\":\"sha257" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		cleanup(buf_release) struct buf text = BUF_INIT, bad = BUF_INIT;
		struct step_result result = make(), back;
		struct error err = ERROR_INIT;
		step_result_encode(&result, &text);
		char *at = strstr(text.data, from[i]);
		assert_non_null(at);
		buf_add(&bad, text.data, (size_t)(at - text.data));
		buf_printf(&bad, "%s%s", to[i], at + strlen(from[i]));
		assert_int_equal(step_result_decode(bad.data, bad.len, &back, &err), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(members_may_be_missing),
		cmocka_unit_test(impossible_numbers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
