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

static void leftovers_come_back(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT, again = BUF_INIT;
	char path[] = "/a b\n\"c", other[] = "/d";
	struct leftover leftovers[] = {
		{ .diff_id = digest_of("one", 3),
		  .size = 3000000000,
		  .n_paths = 9,
		  .paths = { { path, 2000000000 }, { other, 7 } } },
		{ .diff_id = digest_of("two", 3), .is_rewritten = true, .size = 1, .n_paths = 1 },
	};
	struct step_result result = make();
	cleanup(step_result_release) struct step_result back = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	result.leftovers = leftovers;
	result.n_leftovers = 2;
	step_result_encode(&result, &text);
	if (step_result_decode(text.data, text.len, &back, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(back.n_leftovers, 2);
	assert_true(digest_equal(&back.leftovers[0].diff_id, &leftovers[0].diff_id));
	assert_string_equal(back.leftovers[0].paths[0].path, path);
	assert_true(back.leftovers[0].paths[1].size == 7 && !back.leftovers[0].paths[2].path);
	assert_true(!back.leftovers[0].is_rewritten && back.leftovers[1].is_rewritten);
	step_result_encode(&back, &again);
	assert_string_equal(text.data, again.data);
}

static void refuses_leftovers(const char *leftovers)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct step_result result = make();
	cleanup(step_result_release) struct step_result back = { 0 };
	struct error err = ERROR_INIT;

	step_result_encode(&result, &text);
	buf_truncate(&text, strlen(text.data) - 1);
	buf_printf(&text, ",\"leftovers\":%s}", leftovers);
	assert_int_equal(step_result_decode(text.data, text.len, &back, &err), -1);
	assert_int_equal(back.n_leftovers, 0);
}

static void impossible_leftovers_are_refused(void **state)
{
	cleanup(buf_release) struct buf many = BUF_INIT;

	(void)state;
	refuses_leftovers("1");
	refuses_leftovers("[{\"diffID\":\"x\"}]");
	buf_add_text(&many, "[1");
	for (int i = 0; i < LEFTOVERS_MAX; i++)
		buf_add_text(&many, ",1");
	buf_add_char(&many, ']');
	refuses_leftovers(many.data);
	struct digest digest = digest_of("x", 1);
	buf_clear(&many);
	buf_printf(&many, "[{\"diffID\":\"%s\",\"size\":1,\"n\":1,\"paths\":[{\"size\":-1}]}]",
		   digest_format(&digest).text);
	refuses_leftovers(many.data);
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
		cmocka_unit_test(leftovers_come_back),
		cmocka_unit_test(impossible_leftovers_are_refused),
		cmocka_unit_test(members_may_be_missing),
		cmocka_unit_test(impossible_numbers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
