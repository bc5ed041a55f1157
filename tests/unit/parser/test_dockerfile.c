/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "parser/dockerfile.h"

#include <string.h>

/* Under a sanitizer this also shows that no byte behind the text is read. */
static void text_is_neither_kept_nor_terminated(void **state)
{
	static const char text[] = "# syntax=docker/dockerfile:1\nFROM a AS b\nRUN <<E\nx\nE";
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	size_t len = strlen(text);
	char *copy = xmalloc(len);
	struct error err = ERROR_INIT;

	(void)state;
	memcpy(copy, text, len);
	assert_int_equal(dockerfile_parse(copy, len, &dockerfile, &err), 0);
	memset(copy, 'x', len);
	free(copy);
	assert_string_equal(dockerfile->syntax, "docker/dockerfile:1");
	assert_string_equal(dockerfile->stages[0].from.from.stage_name, "b");
	const struct run_instruction *run = &dockerfile->stages[0].instructions[0].run;
	assert_string_equal(run->heredocs.items[0].body, "x\n");
	assert_int_equal(run->heredocs.items[0].body_len, 2);
	assert_true(run->is_lone_heredoc);
}

static void frontend_from_outside_comes_first(void **state)
{
	static const char text[] = "# syntax=example.com/other\nFROM a\n";
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	struct dockerfile *none = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(dockerfile_parse_as(text, strlen(text), NULL, &none, &err), -1);
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	assert_int_equal(err.at.line, 1);
	assert_int_equal(
		dockerfile_parse_as(text, strlen(text), "dockerfile.v0", &dockerfile, &err), 0);
	assert_string_equal(dockerfile->syntax, "dockerfile.v0");
	assert_int_equal(
		dockerfile_parse_as(text + 27, strlen(text + 27), "example.com/x", &none, &err),
		-1);
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	assert_int_equal(err.at.line, 0);
	assert_non_null(strstr(err.text, "example.com/x"));
	assert_null(none);
}

static void only_the_own_language_is_built_in(void **state)
{
	static const struct {
		const char *syntax;
		bool is_own;
	} cases[] = {
		{ "docker/dockerfile", true },
		{ "docker/dockerfile:1.7.0-labs", true },
		{ "docker/dockerfile-upstream:master", true },
		{ "docker.io/docker/dockerfile@sha256:0", true },
		{ "index.docker.io/docker/dockerfile:1", true },
		{ "docker/dockerfiles", false },
		{ "docker/dockerfile/x", false },
		{ "example.com/docker/dockerfile", false },
		{ "dockerfile", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
		struct error err = ERROR_INIT;
		int result = dockerfile_parse_as("FROM a", 6, cases[i].syntax, &dockerfile, &err);
		if ((result == 0) != cases[i].is_own)
			fail_msg("%s", cases[i].syntax);
	}
}

static void unknown_versions_of_it_are_said(void **state)
{
	static const struct {
		const char *syntax, *note;
	} cases[] = {
		{ "docker/dockerfile", NULL },
		{ "docker/dockerfile:1", NULL },
		{ "docker/dockerfile:1.7", NULL },
		{ "docker/dockerfile:1.7.1-labs", NULL },
		{ "docker/dockerfile:1-labs", NULL },
		{ "docker/dockerfile:labs", NULL },
		{ "docker/dockerfile:1.20-rc1", NULL },
		{ "docker/dockerfile:latest", NULL },
		{ "docker/dockerfile:1.7@sha256:0", NULL },
		{ "docker/dockerfile-upstream:master", NULL },
		{ "docker/dockerfile:1.999", "newer" },
		{ "docker/dockerfile:2", "newer" },
		{ "docker/dockerfile:99999999999999999999", "newer" },
		{ "docker/dockerfile:1.7-lab", "no version" },
		{ "docker/dockerfile:one", "no version" },
		{ "docker.io/docker/dockerfile:1.", "no version" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
		struct error err = ERROR_INIT;
		assert_int_equal(
			dockerfile_parse_as("FROM a", 6, cases[i].syntax, &dockerfile, &err), 0);
		if (dockerfile->n_warnings != (cases[i].note != NULL))
			fail_msg("%s", cases[i].syntax);
		if (cases[i].note)
			assert_non_null(strstr(dockerfile->warnings[0].text, cases[i].note));
	}
}

static void every_instruction_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(instruction_name(INSTRUCTION_ADD), "ADD");
	assert_string_equal(instruction_name(INSTRUCTION_HEALTHCHECK), "HEALTHCHECK");
	assert_string_equal(instruction_name(INSTRUCTION_WORKDIR), "WORKDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_neither_kept_nor_terminated),
		cmocka_unit_test(frontend_from_outside_comes_first),
		cmocka_unit_test(only_the_own_language_is_built_in),
		cmocka_unit_test(unknown_versions_of_it_are_said),
		cmocka_unit_test(every_instruction_has_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
