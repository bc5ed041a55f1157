/* SPDX-License-Identifier: Apache-2.0 */

#include "../cmocka_head.h"
#include "../table.h"
#include "oci/reference.h"

static void check_row(const char *const cells[TABLE_COLUMNS])
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(buf_release) struct buf normal = BUF_INIT, familiar = BUF_INIT;
	struct error err = ERROR_INIT;

	autofree char *name = table_unescape(cells[0]);
	int result = reference_parse(name, &ref, &err);
	if (strcmp(cells[1], "error") == 0) {
		if (result == 0)
			fail_msg("'%s' was accepted", cells[0]);
		if (!strstr(err.text, cells[2]))
			fail_msg("'%s': '%s' does not say '%s'", cells[0], err.text, cells[2]);
		return;
	}
	if (result < 0)
		fail_msg("'%s': %s", cells[0], err.text);
	reference_format(&ref, &normal);
	assert_string_equal(normal.data, cells[1]);
	reference_format_familiar(&ref, true, &familiar);
	assert_string_equal(familiar.data, cells[2]);

	/* The normalised name is its own normal form. */
	cleanup(reference_release) struct reference again = REFERENCE_INIT;
	assert_int_equal(reference_parse(normal.data, &again, &err), 0);
	cleanup(buf_release) struct buf normal_again = BUF_INIT;
	reference_format(&again, &normal_again);
	assert_string_equal(normal_again.data, normal.data);
}

static void reads_names_as_docker_does(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/reference/table", check_row) > 70);
}

static void shows_latest_when_asked(void **state)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(reference_parse("ubuntu", &ref, &err), 0);
	reference_format_familiar(&ref, false, &buf);
	assert_string_equal(buf.data, "ubuntu:latest");
}

static void a_copy_lives_on_its_own(void **state)
{
	cleanup(reference_release) struct reference copy = REFERENCE_INIT;
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct reference ref = REFERENCE_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(reference_parse("ghcr.io/o/app:v1", &ref, &err), 0);
	copy = reference_dup(&ref);
	reference_release(&ref);
	reference_format(&copy, &buf);
	assert_string_equal(buf.data, "ghcr.io/o/app:v1");
}

static void a_refused_name_leaves_the_output_alone(void **state)
{
	struct reference ref = REFERENCE_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(reference_parse("ok:bad tag", &ref, &err), -1);
	assert_null(ref.domain);
	assert_null(ref.tag);
	assert_int_equal(err.code, ERROR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names_as_docker_does),
		cmocka_unit_test(shows_latest_when_asked),
		cmocka_unit_test(a_copy_lives_on_its_own),
		cmocka_unit_test(a_refused_name_leaves_the_output_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
