/* SPDX-License-Identifier: Apache-2.0 */
#include "parser.h"

#include "heredoc.h"
#include "quote.h"
#include "rune.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdarg.h>
#include <string.h>

static const struct instruction_rule rules[] = {
	[INSTRUCTION_ADD] = { "ADD", split_list, parse_add, true },
	[INSTRUCTION_ARG] = { "ARG", split_quoted, parse_arg, false },
	[INSTRUCTION_CMD] = { "CMD", split_command, parse_cmd, false },
	[INSTRUCTION_COPY] = { "COPY", split_list, parse_copy, true },
	[INSTRUCTION_ENTRYPOINT] = { "ENTRYPOINT", split_command, parse_entrypoint, false },
	[INSTRUCTION_ENV] = { "ENV", split_pairs, parse_env, false },
	[INSTRUCTION_EXPOSE] = { "EXPOSE", split_blanks, parse_expose, false },
	[INSTRUCTION_FROM] = { "FROM", split_blanks, parse_from, false },
	[INSTRUCTION_HEALTHCHECK] = { "HEALTHCHECK", split_healthcheck, parse_healthcheck, false },
	[INSTRUCTION_LABEL] = { "LABEL", split_pairs, parse_label, false },
	[INSTRUCTION_MAINTAINER] = { "MAINTAINER", split_text, parse_maintainer, false },
	[INSTRUCTION_ONBUILD] = { "ONBUILD", split_onbuild, parse_onbuild, false },
	[INSTRUCTION_RUN] = { "RUN", split_command, parse_run, true },
	[INSTRUCTION_SHELL] = { "SHELL", split_command, parse_shell, false },
	[INSTRUCTION_STOPSIGNAL] = { "STOPSIGNAL", split_text, parse_stopsignal, false },
	[INSTRUCTION_USER] = { "USER", split_text, parse_user, false },
	[INSTRUCTION_VOLUME] = { "VOLUME", split_list, parse_volume, false },
	[INSTRUCTION_WORKDIR] = { "WORKDIR", split_text, parse_workdir, false },
};

const struct instruction_rule *instruction_rule_find(const char *name)
{
	for (size_t i = INSTRUCTION_ADD; i < countof(rules); i++)
		if (strcasecmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

enum instruction_kind instruction_rule_kind(const struct instruction_rule *rule)
{
	return (enum instruction_kind)(rule - rules);
}

const char *instruction_name(enum instruction_kind kind)
{
	return rules[kind].name;
}

void parser_release(struct parser *parser)
{
	logical_line_release(&parser->line);
	buf_release(&parser->comment);
	vec_release(&parser->warnings);
}
int parser_fail(const struct parser *parser, struct position at, struct error *err)
{
	if (parser->fixed) {
		err->at = *parser->fixed;
		return -1;
	}
	(void)error_wrap(err, "dockerfile parse error on line %u", at.line);
	err->at = at;
	return -1;
}

/* Where an instruction failed: with the column where the culprit is known. */
static int fail_in_instruction(const struct parser *parser, const struct parse *parse,
			       struct error *err)
{
	const struct logical_line *line = &parser->line;
	struct position at = { .line = line->line, .last_line = parser->source.line };

	if (parse->culprit) {
		const char *end = line->text.data + line->text.len;
		size_t lead = (size_t)(rune_skip_spaces(line->text.data, end) - line->text.data);
		at = logical_line_position(line, lead + (size_t)(parse->culprit - parse->original));
	}
	return parser_fail(parser, at, err);
}

void parse_warn(struct parse *parse, const char *format, ...)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	vec_push(parse->warnings,
		 (struct parser_warning){ parse->instruction->at,
					  arena_strndup(parse->arena, text.data, text.len) });
}

/* BuildKit suggests in the case in which the word was written. */
static int unknown_instruction(struct parse *parse, struct error *err)
{
	const char *names[countof(rules)];
	bool is_lower = true;
	size_t n = 0;

	for (const char *c = parse->name; *c; c++)
		is_lower = is_lower && text_lower(*c) == *c;
	for (size_t i = INSTRUCTION_ADD; i < countof(rules); i++) {
		char *name = arena_strdup(parse->arena, rules[i].name);
		if (is_lower)
			text_make_lower(name);
		names[n++] = name;
	}
	parse->culprit = parse->original;
	return error_set(err, ERROR_SYNTAX, "unknown instruction: %s%s", unquoted(parse->name).text,
			 suggestion(parse->name, names, n).text);
}

static bool may_have_heredocs(const struct parse *parse)
{
	const struct parse *holder = parse->trigger ? parse->trigger : parse;

	return holder->rule && holder->rule->takes_heredocs && !holder->is_json;
}

static int read_heredocs(struct parser *parser, struct parse *parse, struct error *err)
{
	if (!may_have_heredocs(parse))
		return 0;
	if (heredocs_find(parser->line.text.data, parser->arena, &parse->heredocs, err) < 0)
		return -1;
	return heredocs_read_bodies(&parse->heredocs, &parser->source, parser->arena, err);
}

static void describe(struct parser *parser, const struct parse *parse)
{
	struct instruction *instruction = parse->instruction;

	instruction->kind = instruction_rule_kind(parse->rule);
	instruction->at = parser->fixed ? *parser->fixed
					: (struct position){ .line = parser->line.line,
							     .last_line = parser->source.line };
	instruction->name = parse->name;
	instruction->original = parse->original;
	instruction->had_empty_continuation = parser->line.had_empty_continuation;
	if (parser->comment.len)
		instruction->comment =
			arena_strndup(parser->arena, parser->comment.data, parser->comment.len);
	instruction->flags.len = parse->n_flags;
	instruction->flags.items =
		arena_array(parser->arena, parse->n_flags, sizeof(*instruction->flags.items));
	for (size_t i = 0; i < parse->n_flags; i++)
		instruction->flags.items[i] = parse->flags[i].text;
}

static int parse_steps(struct parser *parser, struct parse *parse, struct error *err)
{
	if (!parse->rule)
		return unknown_instruction(parse, err);
	if (parse->rule->split(parse, err) < 0)
		return -1;
	if (read_heredocs(parser, parse, err) < 0)
		return -1;
	describe(parser, parse);
	return parse->rule->make(parse, err);
}

/* Makes an instruction of the logical line that was read. */
static int parse_line(struct parser *parser, struct instruction *ret_instruction, struct error *err)
{
	const struct buf *text = &parser->line.text;
	const char *end = text->data + text->len;
	const char *start = rune_skip_spaces(text->data, end);
	struct instruction instruction = { 0 };
	struct parse parse = { .arena = parser->arena,
			       .escape = parser->directives.escape,
			       .warnings = &parser->warnings,
			       .raw = text->data,
			       .instruction = &instruction };

	end = rune_trim_end(start, end);
	parse_take_apart(&parse, arena_strndup(parser->arena, start, (size_t)(end - start)));
	if (parse_steps(parser, &parse, err) < 0)
		return fail_in_instruction(parser, &parse, err);
	buf_clear(&parser->comment);
	*ret_instruction = instruction;
	return 0;
}

/*
 * A comment line above an instruction: without its first byte (so an indented one keeps its "#"),
 * trimmed. An empty one starts the collection anew, a blank line does not.
 */
static void note_comment(struct parser *parser, struct span line)
{
	const char *end = line.data + line.len, *start = rune_skip_spaces(line.data + 1, end);

	end = rune_trim_end(start, end);
	if (start == end) {
		buf_clear(&parser->comment);
		return;
	}
	if (parser->comment.len)
		buf_add_char(&parser->comment, '\n');
	buf_add(&parser->comment, start, (size_t)(end - start));
}

int parser_next(struct parser *parser, struct instruction *ret_instruction, struct error *err)
{
	struct span whole;

	while (source_next(&parser->source, &whole)) {
		struct span line = span_skip_spaces(span_trim_line_end(whole));
		uint32_t number = parser->source.line;
		int is_directive = directives_read_line(&parser->directives, line, err);
		if (is_directive < 0)
			return parser_fail(parser, (struct position){ number, 0, number }, err);
		if (line.len && *line.data == '#') {
			if (!is_directive)
				note_comment(parser, whole);
			continue;
		}
		if (!line.len)
			continue;
		source_read_logical(&parser->source, line, (uint32_t)(line.data - whole.data) + 1,
				    parser->directives.escape, &parser->line);
		return parse_line(parser, ret_instruction, err) < 0 ? -1 : 1;
	}
	return 0;
}

struct parser parser_start(struct arena *arena, struct span text)
{
	return (struct parser){ .arena = arena,
				.source = { .text = text.data, .len = text.len },
				.directives = DIRECTIVES_INIT,
				.line = LOGICAL_LINE_INIT,
				.comment = BUF_INIT };
}
