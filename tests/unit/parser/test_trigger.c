/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "parser/dockerfile.h"

#include <string.h>

static const struct position at = { .line = 4, .column = 0, .last_line = 5 };

static void is_one_instruction_at_the_given_place(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct instruction instruction = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(
		dockerfile_parse_trigger("copy --from=x a b\\ c", at, &arena, &instruction, &err),
		0);
	assert_int_equal(instruction.kind, INSTRUCTION_COPY);
	assert_string_equal(instruction.copy.from, "x");
	assert_int_equal(instruction.copy.sources.len, 2);
	assert_string_equal(instruction.copy.destination, "c");
	assert_int_equal(instruction.at.line, 4);
	assert_int_equal(instruction.at.last_line, 5);
}

/* What a parsed ONBUILD stores is what can be parsed again. */
static void heredocs_come_back(void **state)
{
	static const char text[] = "FROM a\nONBUILD COPY <<-A <<'B' /d/\n\t$1\n\tA\n2\nB\n";
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct instruction instruction = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(dockerfile_parse(text, strlen(text), &dockerfile, &err), 0);
	const char *trigger = dockerfile->stages[0].instructions[0].onbuild.trigger;
	assert_int_equal(dockerfile_parse_trigger(trigger, at, &arena, &instruction, &err), 0);
	const struct heredocs *heredocs = &instruction.copy.heredocs;
	assert_int_equal(heredocs->len, 2);
	assert_true(heredocs->items[0].is_expanded && !heredocs->items[1].is_expanded);
	assert_string_equal(heredoc_text(&heredocs->items[0], &arena), "$1\n");
	assert_string_equal(heredoc_text(&heredocs->items[1], &arena), "2\n");
}

static void chomping_takes_tabs_of_every_line(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct heredoc heredoc = { .body = "\t\ta\tb\n \tc\n\n\t\n\td", .chomps_tabs = true };

	(void)state;
	heredoc.body_len = strlen(heredoc.body);
	assert_string_equal(heredoc_text(&heredoc, &arena), "a\tb\n \tc\n\n\nd");
	heredoc.chomps_tabs = false;
	assert_string_equal(heredoc_text(&heredoc, &arena), heredoc.body);
}

static void refuses(void **state)
{
	static const struct {
		const char *trigger, *error;
	} cases[] = {
		{ "", "onbuild trigger should be a single expression" },
		{ "# only words", "onbuild trigger should be a single expression" },
		{ "RUN a\nRUN b", "onbuild trigger should be a single expression" },
		{ "FROM x", "FROM isn't allowed as an ONBUILD trigger" },
		{ "maintainer x", "MAINTAINER isn't allowed as an ONBUILD trigger" },
		{ "ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed" },
		{ "WHAT x", "unknown instruction: WHAT" },
		{ "COPY --frm=x a b", "unknown flag: --frm (did you mean from?)" },
		{ "RUN <<E\nx", "unterminated heredoc" },
	};
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct instruction instruction = { .kind = INSTRUCTION_USER };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct error err = ERROR_INIT;
		int result =
			dockerfile_parse_trigger(cases[i].trigger, at, &arena, &instruction, &err);
		if (result == 0 || !strstr(err.text, cases[i].error))
			fail_msg("%s: '%s'", cases[i].trigger, err.text);
		assert_non_null(strstr(err.text, "ONBUILD trigger \""));
		assert_int_equal(err.at.line, 4);
		assert_int_equal(err.at.last_line, 5);
		assert_int_equal(err.code, ERROR_SYNTAX);
	}
	assert_int_equal(instruction.kind, INSTRUCTION_USER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_one_instruction_at_the_given_place),
		cmocka_unit_test(heredocs_come_back),
		cmocka_unit_test(chomping_takes_tabs_of_every_line),
		cmocka_unit_test(refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
