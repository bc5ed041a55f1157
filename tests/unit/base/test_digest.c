/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/digest.h"

#include <string.h>

static const char EMPTY[] =
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void hashes_as_fips_180(void **state)
{
	struct digest digest = digest_of("", 0);

	(void)state;
	assert_string_equal(digest_format(&digest).text, EMPTY);
}

/* M-02 */
static void refuses_everything_but_the_exact_form(void **state)
{
	struct error err = ERROR_INIT;
	struct digest digest;
	char bad[80];

	(void)state;
	assert_int_equal(digest_parse(EMPTY, &digest, &err), 0);
	strcpy(bad, EMPTY);
	bad[7] = 'E';
	assert_int_equal(digest_parse(bad, &digest, &err), -1);
	strcpy(bad, EMPTY);
	bad[70] = '\0';
	assert_int_equal(digest_parse(bad, &digest, &err), -1);
	assert_int_equal(digest_parse("sha256:../../etc/passwd", &digest, &err), -1);
	assert_int_equal(digest_parse("sha512:00", &digest, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_fips_180),
		cmocka_unit_test(refuses_everything_but_the_exact_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
