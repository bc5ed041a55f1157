/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/base64.h"

#include <string.h>

static void encodes_and_decodes(void **state)
{
	/* RFC 4648 section 10 */
	static const char *const pairs[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };

	(void)state;
	for (size_t i = 0; i < countof(pairs); i++) {
		cleanup(buf_release) struct buf there = BUF_INIT;
		cleanup(buf_release) struct buf back = BUF_INIT;
		base64_encode(pairs[i][0], strlen(pairs[i][0]), &there);
		assert_string_equal(there.data, pairs[i][1]);
		assert_true(base64_decode(there.data, &back));
		assert_string_equal(back.data, pairs[i][0]);
	}
}

static void reads_other_spellings_and_refuses_rubbish(void **state)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;

	(void)state;
	assert_true(base64_decode("-_8", &buf));
	assert_memory_equal(buf.data, "\xfb\xff", 2);
	assert_false(base64_decode("Zg=a", &buf));
	assert_false(base64_decode("Z g=", &buf));
	assert_int_equal(buf.len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes),
		cmocka_unit_test(reads_other_spellings_and_refuses_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
