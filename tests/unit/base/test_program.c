/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/program.h"

#include <stdlib.h>

static void programs_are_looked_for_in_absolute_folders(void **state)
{
	autofree char *path = NULL;

	(void)state;
	assert_int_equal(program_find_in("relative::/nowhere:/bin:/usr/bin", "sh", &path), 1);
	assert_string_equal(path, "/bin/sh");
	autofree char *none = NULL;
	assert_int_equal(program_find_in("bin:.:", "sh", &none), 0);
	assert_int_equal(program_find_in("", "sh", &none), 0);
	assert_int_equal(program_find_in(NULL, "sh", &none), 0);
	/* a folder is no program */
	assert_int_equal(program_find_in("/:/usr", "bin", &none), 0);
	assert_null(none);
}

static void without_path_the_usual_folders_count(void **state)
{
	autofree char *path = NULL, *none = NULL;

	(void)state;
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(program_find("sh", &path), 1);
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(program_find("sh", &none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_looked_for_in_absolute_folders),
		cmocka_unit_test(without_path_the_usual_folders_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
