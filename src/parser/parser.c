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
	[INSTRUCTION_ADD] = { "ADD", split_list, parse_add, true, "ADD SOURCE... DESTINATION" },
	[INSTRUCTION_ARG] = { "ARG", split_quoted, parse_arg, false, "ARG NAME[=DEFAULT]..." },
	[INSTRUCTION_CMD] = { "CMD", split_command, parse_cmd, false,
			      "CMD [\"PROGRAM\", \"ARGUMENT\"]" },
	[INSTRUCTION_COPY] = { "COPY", split_list, parse_copy, true,
			       "COPY [--from=STAGE] SOURCE... DESTINATION" },
	[INSTRUCTION_ENTRYPOINT] = { "ENTRYPOINT", split_command, parse_entrypoint, false,
				     "ENTRYPOINT [\"PROGRAM\", \"ARGUMENT\"]" },
	[INSTRUCTION_ENV] = { "ENV", split_pairs, parse_env, false, "ENV NAME=VALUE..." },
	[INSTRUCTION_EXPOSE] = { "EXPOSE", split_blanks, parse_expose, false,
				 "EXPOSE PORT[/PROTOCOL]..." },
	[INSTRUCTION_FROM] = { "FROM", split_blanks, parse_from, false, "FROM IMAGE [AS NAME]" },
	[INSTRUCTION_HEALTHCHECK] = { "HEALTHCHECK", split_healthcheck, parse_healthcheck, false,
				      "HEALTHCHECK [--interval=30s] CMD COMMAND, or HEALTHCHECK NONE" },
	[INSTRUCTION_LABEL] = { "LABEL", split_pairs, parse_label, false, "LABEL NAME=VALUE..." },
	[INSTRUCTION_MAINTAINER] = { "MAINTAINER", split_text, parse_maintainer, false,
				     "MAINTAINER NAME" },
	[INSTRUCTION_ONBUILD] = { "ONBUILD", split_onbuild, parse_onbuild, false,
				  "ONBUILD INSTRUCTION" },
	[INSTRUCTION_RUN] = { "RUN", split_command, parse_run, true, "RUN COMMAND" },
	[INSTRUCTION_SHELL] = { "SHELL", split_command, parse_shell, false,
				"SHELL [\"PROGRAM\", \"ARGUMENT\"]" },
	[INSTRUCTION_STOPSIGNAL] = { "STOPSIGNAL", split_text, parse_stopsignal, false,
				     "STOPSIGNAL SIGNAL" },
	[INSTRUCTION_USER] = { "USER", split_text, parse_user, false, "USER NAME[:GROUP]" },
	[INSTRUCTION_VOLUME] = { "VOLUME", split_list, parse_volume, false, "VOLUME PATH..." },
	[INSTRUCTION_WORKDIR] = { "WORKDIR", split_text, parse_workdir, false, "WORKDIR PATH" },
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

static size_t leading_spaces(const struct logical_line *line)
{
	const char *text = line->text.data;

	return (size_t)(rune_skip_spaces(text, text + line->text.len) - text);
}

/* What is wrong with the whole of an instruction is best said by what it should look like. */
static void add_usage(const struct parse *parse, struct error *err)
{
	const struct parse *holder =
		parse->trigger && parse->trigger->rule ? parse->trigger : parse;
	struct error cause = *err;

	if (holder->rule)
		(void)error_set(err, cause.code, "%s (as in: %s)", cause.text, holder->rule->usage);
}

/* Where an instruction failed: the culprit, where that is known, or the whole of it. */
static int fail_in_instruction(const struct parser *parser, const struct parse *parse,
			       struct error *err)
{
	const struct logical_line *line = &parser->line;
	size_t offset = leading_spaces(line);
	struct position at = logical_line_position(line, offset);

	at.line = line->line;
	at.last_line = parser->source.line;
	if (!parse->culprit)
		add_usage(parse, err);
	else
		at = logical_line_position(line,
					   offset + (size_t)(parse->culprit - parse->original));
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
	struct quote near = suggestion(parse->name, names, n);
	return error_set(err, ERROR_SYNTAX, "unknown instruction: %s%s", unquoted(parse->name).text,
			 near.text);
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
	if (heredocs_read_bodies(&parse->heredocs, &parser->source, parser->arena, err) == 0)
		return 0;
	parse->culprit = strstr(parse->original, "<<");
	return -1;
}

/* What looks like heredocs of an unknown instruction is no text of instructions. */
static void skip_heredocs(struct parser *parser)
{
	struct source before = parser->source;
	struct heredocs heredocs = { 0 };
	struct error ignored = ERROR_INIT;

	if (heredocs_find(parser->line.text.data, parser->arena, &heredocs, &ignored) < 0 ||
	    heredocs_read_bodies(&heredocs, &parser->source, parser->arena, &ignored) < 0)
		parser->source = before;
}

static void keep_segments(struct parser *parser, struct instruction *instruction)
{
	const struct logical_line *line = &parser->line;
	size_t lead = leading_spaces(line), n = line->segments.len;
	struct line_segment *segments = arena_array(parser->arena, n, sizeof(*segments));

	for (size_t i = 0; i < n; i++) {
		struct line_segment segment = line->segments.items[i];
		size_t cut = segment.offset < lead ? lead - segment.offset : 0;
		segments[i] = (struct line_segment){ .offset = segment.offset + cut - lead,
						     .line = segment.line,
						     .column = segment.column + (uint32_t)cut };
	}
	instruction->segments = segments;
	instruction->n_segments = n;
	instruction->at = (struct position){ .line = line->line,
					     .column = segments_position(segments, n, 0).column,
					     .last_line = parser->source.line };
}

static void describe(struct parser *parser, const struct parse *parse)
{
	struct instruction *instruction = parse->instruction;

	instruction->kind = instruction_rule_kind(parse->rule);
	if (parser->fixed)
		instruction->at = *parser->fixed;
	else
		keep_segments(parser, instruction);
	instruction->name = parse->name;
	instruction->original = parse->original;
	instruction->had_empty_continuation = parser->line.had_empty_continuation;
	instruction->last_own_line =
		parser->fixed ? parser->fixed->last_line : parser->line.last_line;
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
	if (!parse->rule) {
		skip_heredocs(parser);
		return unknown_instruction(parse, err);
	}
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

/* Of a line's first byte that is no blank. */
static struct position place_in_line(struct span whole, struct span line, uint32_t number)
{
	uint32_t column = (uint32_t)(line.data - whole.data) + 1;

	return (struct position){ .line = number, .column = column, .last_line = number };
}

int parser_next(struct parser *parser, struct instruction *ret_instruction, struct error *err)
{
	struct span whole;

	while (source_next(&parser->source, &whole)) {
		struct span line = span_skip_spaces(span_trim_line_end(whole));
		uint32_t number = parser->source.line;
		int is_directive = directives_read_line(&parser->directives, line, err);
		if (is_directive < 0)
			return parser_fail(parser, place_in_line(whole, line, number), err);
		if (line.len && *line.data == '#') {
			if (!is_directive)
				note_comment(parser, whole);
			continue;
		}
		if (!line.len)
			continue;
		source_read_logical(&parser->source, line,
				    place_in_line(whole, line, number).column,
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
