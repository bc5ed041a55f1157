/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of cases below a folder of testdata: one test each. */
#ifndef CBUILD_TESTS_CASE_NAMES_H
#define CBUILD_TESTS_CASE_NAMES_H

#include "../unit/cmocka_head.h"
#include "base/alloc.h"
#include "base/vec.h"

#include <dirent.h>

struct case_names {
	char **items;
	size_t len, size;
};

static inline void case_names_find(const char *path, struct case_names *names)
{
	DIR *dir = opendir(path);

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			vec_push(names, xstrdup(entry->d_name));
	(void)closedir(dir);
}

static inline void case_names_release(struct case_names *names)
{
	for (size_t i = 0; i < names->len; i++)
		free(names->items[i]);
	vec_release(names);
}

/* Each case is a test that gets its name as state; 0 = all passed, and there are some. */
static inline int case_names_run(const char *group, const struct case_names *names,
				 CMUnitTestFunction test, const struct CMUnitTest *also)
{
	VEC(struct CMUnitTest) tests = VEC_INIT;

	for (size_t i = 0; i < names->len; i++)
		vec_push(&tests, (struct CMUnitTest){ .name = names->items[i],
						      .test_func = test,
						      .initial_state = names->items[i] });
	if (also)
		vec_push(&tests, *also);
	int failed =
		!names->len || _cmocka_run_group_tests(group, tests.items, tests.len, NULL, NULL);
	vec_release(&tests);
	return failed;
}

#endif
