/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large inputs, each in a shape that a parser can be quadratic in. What is checked is the result;
 * the time limit of the test program does the rest, since a quadratic one takes hours here.
 */
/* rules: 13-max-stages 13-max-sources */
#include "../cmocka_head.h"
#include "parser/dockerfile.h"

#include <string.h>

enum { PARTS = 200000 };

static struct dockerfile *parse(const struct buf *text)
{
	struct dockerfile *dockerfile = NULL;
	struct error err = ERROR_INIT;

	if (dockerfile_parse(text->data, text->len, &dockerfile, &err) < 0)
		fail_msg("%s", err.text);
	return dockerfile;
}

/* "FROM a", head, PARTS times part, tail. */
static void build(struct buf *text, const char *head, const char *part, const char *tail)
{
	buf_clear(text);
	buf_printf(text, "FROM a\n%s", head);
	for (int i = 0; i < PARTS; i++)
		buf_add_text(text, part);
	buf_add_text(text, tail);
}

static void one_instruction_of_many_parts(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		uint32_t lines;
	} shapes[] = {
		{ "RUN true", " \\\n && x", "\n", PARTS + 1 },
		{ "RUN true \\\n", "# comment \\\n", "x\n", PARTS + 2 },
		{ "RUN true \\\n", "\n", "x\n", PARTS + 2 },
		{ "ENV", " a=$b", "\n", 1 },
		{ "ENV a='", "'\"\\\"", "\n", 1 },
		{ "CMD [\"\"", ", \"a\\u00e9\"", "]\n", 1 },
		{ "CMD [\"\"", ", \"a", "\n", 1 },
		{ "RUN", " --mount=type=cache,target=/x", " true\n", 1 },
		{ "EXPOSE", " 80", "\n", 1 },
		{ "RUN echo <<X", " ${a", "\nx\nX\n", 1 },
		{ "RUN <<X\n", "\tline\n", "X\n", PARTS + 2 },
		{ "RUN cat <<<\"", "<<", "\"\n", 1 },
	};
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < countof(shapes); i++) {
		build(&text, shapes[i].head, shapes[i].part, shapes[i].tail);
		bool is_open = strstr(shapes[i].part, "${") != NULL;
		if (is_open) /* no heredoc where the words cannot be told apart */
			buf_truncate(&text, text.len - strlen("x\nX\n"));
		cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
		assert_int_equal(dockerfile->n_stages, 1);
		assert_int_equal(dockerfile->stages[0].n_instructions, 1);
		const struct position at = dockerfile->stages[0].instructions[0].at;
		assert_int_equal(at.last_line - at.line + 1, shapes[i].lines);
	}
}

static void many_instructions(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	build(&text, "", "# words\nRUN <<E\nx\nE\n", "");
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
	assert_int_equal(dockerfile->stages[0].n_instructions, PARTS);
	assert_string_equal(dockerfile->stages[0].instructions[PARTS - 1].comment, "words");
}

static void many_heredocs_on_a_line(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM a\nCOPY");
	for (int i = 0; i < COPY_SOURCES_MAX; i++)
		buf_printf(&text, " <<f%d", i);
	buf_add_text(&text, " /d/\n");
	for (int i = 0; i < COPY_SOURCES_MAX; i++)
		buf_printf(&text, "%d\nf%d\n", i, i);
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
	const struct heredocs *heredocs = &dockerfile->stages[0].instructions[0].copy.heredocs;
	assert_int_equal(heredocs->len, COPY_SOURCES_MAX);
	assert_string_equal(heredocs->items[65000].body, "65000\n");
}

static void stages_up_to_the_ceiling(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct dockerfile *none = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < DOCKERFILE_STAGES_MAX; i++)
		buf_printf(&text, "FROM a AS s%d\n", i);
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
	assert_int_equal(dockerfile->n_stages, DOCKERFILE_STAGES_MAX);
	assert_string_equal(dockerfile->stages[9999].from.from.stage_name, "s9999");
	assert_int_equal(dockerfile->stages[9999].index, 9999);
	buf_add_text(&text, "FROM b\n");
	assert_int_equal(dockerfile_parse(text.data, text.len, &none, &err), -1);
	assert_non_null(strstr(err.text, "more than 10000 stages"));
	assert_int_equal(err.at.line, 10001);
}

static void sources_up_to_the_ceiling(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct dockerfile *none = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	buf_add_text(&text, "FROM a\nCOPY");
	for (int i = 0; i < COPY_SOURCES_MAX; i++)
		buf_add_text(&text, " s");
	size_t len = text.len;
	buf_add_text(&text, " d/\n");
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
	const struct copy_instruction *copy = &dockerfile->stages[0].instructions[0].copy;
	assert_int_equal(copy->sources.len, COPY_SOURCES_MAX);
	assert_string_equal(copy->destination, "d/");
	buf_truncate(&text, len);
	buf_add_text(&text, " s d/\n");
	assert_int_equal(dockerfile_parse(text.data, text.len, &none, &err), -1);
	assert_non_null(strstr(err.text, "COPY has more than 65536 sources"));
}

/* BuildKit refuses lines of 64 KiB and more; here only the file has a ceiling. */
static void line_of_any_length(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	build(&text, "RUN ", "0123456789", "\n");
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parse(&text);
	const struct words *words = &dockerfile->stages[0].instructions[0].run.command.words;
	assert_int_equal(strlen(words->items[0]), 10 * PARTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_instruction_of_many_parts),
		cmocka_unit_test(many_instructions),
		cmocka_unit_test(many_heredocs_on_a_line),
		cmocka_unit_test(stages_up_to_the_ceiling),
		cmocka_unit_test(sources_up_to_the_ceiling),
		cmocka_unit_test(line_of_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
