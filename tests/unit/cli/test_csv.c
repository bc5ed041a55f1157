/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include "../cmocka_head.h"

#include <string.h>

static void check_split(const char *text, const char *expected)
{
	cleanup(strv_release) struct strv fields = STRV_INIT;
	struct error err = ERROR_INIT;
	char joined[256] = "";

	assert_int_equal(csv_split(text, &fields, &err), 0);
	for (size_t i = 0; i < fields.len; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, fields.items[i]);
	}
	assert_string_equal(joined, expected);
}

static void fields_may_be_quoted(void **state)
{
	(void)state;
	check_split("type=oci,dest=out.tar", "type=oci|dest=out.tar");
	check_split("\"name=a,b\",push=true", "name=a,b|push=true");
	check_split("\"say \"\"x\"\"\"", "say \"x\"");
	check_split("a,,b,", "a||b|");
	check_split("", "");
}

static void check_refused(const char *text)
{
	cleanup(strv_release) struct strv fields = STRV_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(csv_split(text, &fields, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_int_equal(fields.len, 0);
}

static void loose_quotes_are_refused(void **state)
{
	(void)state;
	check_refused("\"a");
	check_refused("a\"b\"");
	check_refused("\"a\"b");
}

static void keys_are_lower_case_but_for_annotations(void **state)
{
	(void)state;
	char plain[] = "Type=OCI", annotation[] = "Annotation[Linux].Key=Value", bare[] = "PUSH";
	char *value;

	assert_string_equal(csv_cut_key(plain, &value), "type");
	assert_string_equal(value, "OCI");
	assert_string_equal(csv_cut_key(annotation, &value), "annotation[Linux].Key");
	assert_string_equal(csv_cut_key(bare, &value), "push");
	assert_null(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_may_be_quoted),
		cmocka_unit_test(loose_quotes_are_refused),
		cmocka_unit_test(keys_are_lower_case_but_for_annotations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
