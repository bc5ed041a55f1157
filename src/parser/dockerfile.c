/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile.h"

#include "directive.h"
#include "frontend.h"
#include "parser.h"
#include "quote.h"

#include "base/alloc.h"
#include "base/vec.h"

#include <string.h>

/* The stages while they are gathered; instructions of the last one stand aside. */
struct stages {
	VEC(struct instruction) instructions;
	VEC(struct stage) stages;
	bool has_lost_any; /* an instruction that failed may have been a FROM */
};

static void stages_release(struct stages *stages)
{
	vec_release(&stages->instructions);
	vec_release(&stages->stages);
}
DEFINE_RELEASE(struct stages, stages_release);

/* Gives the instructions gathered so far to the stage they belong to, or to the file. */
static void close_stage(struct stages *stages, struct dockerfile *dockerfile)
{
	size_t n = stages->instructions.len;
	struct instruction *kept = arena_array(&dockerfile->arena, n, sizeof(*kept));

	if (n)
		memcpy(kept, stages->instructions.items, n * sizeof(*kept));
	stages->instructions.len = 0;
	if (!stages->stages.len) {
		dockerfile->global_args = kept;
		dockerfile->n_global_args = n;
		return;
	}
	struct stage *stage = &stages->stages.items[stages->stages.len - 1];
	stage->instructions = kept;
	stage->n_instructions = n;
}

static int add_instruction(struct stages *stages, struct dockerfile *dockerfile,
			   const struct instruction *instruction, struct error *err)
{
	if (instruction->kind == INSTRUCTION_FROM) {
		if (stages->stages.len == DOCKERFILE_STAGES_MAX)
			return error_set(err, ERROR_SYNTAX, "more than %d stages",
					 DOCKERFILE_STAGES_MAX);
		close_stage(stages, dockerfile);
		uint32_t index = (uint32_t)stages->stages.len;
		vec_push(&stages->stages, (struct stage){ .from = *instruction, .index = index });
		return 0;
	}
	if (!stages->stages.len && instruction->kind != INSTRUCTION_ARG && !stages->has_lost_any)
		return error_set(err, ERROR_SYNTAX, "no build stage in current context");
	vec_push(&stages->instructions, *instruction);
	return 0;
}

static int read_stages(struct parser *parser, struct dockerfile *dockerfile, struct stages *stages,
		       struct error_list *errors, struct error *err)
{
	for (;;) {
		struct instruction instruction;
		int found = parser_next(parser, &instruction, err);
		if (!found)
			return error_list_end(errors, err);
		if (found > 0 && add_instruction(stages, dockerfile, &instruction, err) == 0)
			continue;
		if (found > 0)
			(void)parser_fail(parser, instruction.at, err);
		stages->has_lost_any = true;
		if (!error_list_add(errors, err))
			return errors ? error_list_end(errors, err) : -1;
	}
}

static int parse_stages(struct parser *parser, struct dockerfile *dockerfile,
			struct error_list *errors, struct error *err)
{
	static const struct position top = { 1, 1, 1 };
	cleanup(stages_release) struct stages stages = { 0 };

	if (read_stages(parser, dockerfile, &stages, errors, err) < 0)
		return -1;
	close_stage(&stages, dockerfile);
	size_t n = stages.stages.len;
	if (!n && !dockerfile->n_global_args)
		return error_at(err, ERROR_SYNTAX, top, "file with no instructions");
	if (!n)
		return error_at(err, ERROR_SYNTAX, dockerfile->global_args[0].at,
				"dockerfile contains no stages to build: a FROM has to follow");
	dockerfile->stages = arena_array(&dockerfile->arena, n, sizeof(*dockerfile->stages));
	memcpy(dockerfile->stages, stages.stages.items, n * sizeof(*dockerfile->stages));
	dockerfile->n_stages = n;
	return 0;
}

static void keep_warnings(const struct parser *parser, struct dockerfile *dockerfile)
{
	const struct warning_vec *warnings = &parser->warnings;

	dockerfile->warnings =
		arena_array(&dockerfile->arena, warnings->len, sizeof(*dockerfile->warnings));
	if (warnings->len)
		memcpy(dockerfile->warnings, warnings->items,
		       warnings->len * sizeof(*dockerfile->warnings));
	dockerfile->n_warnings = warnings->len;
}

/* What no instruction can hold: the texts of the AST end at a NUL. */
static int check_bytes(struct span text, struct error *err)
{
	struct position at = { 1, 1, 1 };
	const char *line = text.data;

	if (!text.len)
		return error_at(err, ERROR_SYNTAX, at, "the Dockerfile cannot be empty");
	if (text.len >= 2 &&
	    (memcmp(text.data, "\xff\xfe", 2) == 0 || memcmp(text.data, "\xfe\xff", 2) == 0))
		return error_at(err, ERROR_SYNTAX, at,
				"the Dockerfile is UTF-16: it has to be saved as UTF-8");
	const char *nul = memchr(text.data, '\0', text.len);
	if (!nul)
		return 0;
	for (const char *c; (c = memchr(line, '\n', (size_t)(nul - line))); line = c + 1)
		at.line++;
	at.last_line = at.line;
	at.column = (uint32_t)(nul - line) + 1;
	return error_at(err, ERROR_SYNTAX, at,
			"dockerfile parse error on line %u: the line holds a NUL byte", at.line);
}

static struct span skip_byte_order_mark(struct span text)
{
	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		return (struct span){ text.data + 3, text.len - 3 };
	return text;
}

static int refuse_frontend(const char *syntax, struct position at, struct error *err)
{
	return error_at(err, ERROR_UNSUPPORTED, at,
			"%sthe frontend %s is not supported yet: only the language of "
			"docker/dockerfile is, which is built in",
			at.line ? "" : "BUILDKIT_SYNTAX: ", quote(syntax).text);
}

/* The frontend that was asked for from outside comes before the one that the file names. */
static int detect_directives(struct dockerfile *dockerfile, struct span text, const char *syntax,
			     struct position *ret_at, struct error *err)
{
	struct detected_directives found = directives_detect(text, &dockerfile->arena);
	struct position at = found.syntax_at;

	dockerfile->check = found.check;
	dockerfile->check_at = found.check_at;
	if (syntax) {
		found.syntax = arena_strdup(&dockerfile->arena, syntax);
		at = (struct position){ 0 };
	}
	dockerfile->syntax = found.syntax;
	if (found.syntax && !frontend_is_own(found.syntax))
		return refuse_frontend(found.syntax, at, err);
	*ret_at = at;
	return 0;
}

static void warn_of_frontend(struct dockerfile *dockerfile, struct position at,
			     struct warning_vec *warnings)
{
	cleanup(buf_release) struct buf note = BUF_INIT;

	if (dockerfile->syntax && frontend_is_strange(dockerfile->syntax, &note))
		vec_push(warnings, (struct parser_warning){
					   at, arena_strdup(&dockerfile->arena, note.data) });
}

int dockerfile_parse_all(const char *text, size_t len, const char *syntax,
			 struct error_list *errors, struct dockerfile **ret_dockerfile,
			 struct error *err)
{
	struct span whole = { text, len };

	if (check_bytes(whole, err) < 0)
		return -1;
	cleanup(dockerfile_free) struct dockerfile *dockerfile = xcalloc(1, sizeof(*dockerfile));
	whole = skip_byte_order_mark(whole);
	struct position at = { 0 };
	if (detect_directives(dockerfile, whole, syntax, &at, err) < 0)
		return -1;
	cleanup(parser_release) struct parser parser = parser_start(&dockerfile->arena, whole);
	warn_of_frontend(dockerfile, at, &parser.warnings);
	if (parse_stages(&parser, dockerfile, errors, err) < 0)
		return -1;
	dockerfile->escape = parser.directives.escape;
	keep_warnings(&parser, dockerfile);
	*ret_dockerfile = take_ptr(&dockerfile);
	return 0;
}

int dockerfile_parse_as(const char *text, size_t len, const char *syntax,
			struct dockerfile **ret_dockerfile, struct error *err)
{
	return dockerfile_parse_all(text, len, syntax, NULL, ret_dockerfile, err);
}

int dockerfile_parse(const char *text, size_t len, struct dockerfile **ret_dockerfile,
		     struct error *err)
{
	return dockerfile_parse_as(text, len, NULL, ret_dockerfile, err);
}

void dockerfile_free(struct dockerfile *dockerfile)
{
	if (!dockerfile)
		return;
	arena_release(&dockerfile->arena);
	free(dockerfile);
}

static int refuse_trigger(enum instruction_kind kind, struct error *err)
{
	if (kind == INSTRUCTION_ONBUILD)
		return error_set(err, ERROR_SYNTAX,
				 "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	return error_set(err, ERROR_SYNTAX, "%s isn't allowed as an ONBUILD trigger",
			 instruction_name(kind));
}

static int parse_one(struct parser *parser, struct instruction *ret_instruction, struct error *err)
{
	struct instruction instruction, other;
	int found = parser_next(parser, &instruction, err);

	if (found < 0)
		return -1;
	if (!found || parser_next(parser, &other, err))
		return error_set(err, ERROR_SYNTAX,
				 "onbuild trigger should be a single expression");
	if (instruction.kind == INSTRUCTION_FROM || instruction.kind == INSTRUCTION_MAINTAINER ||
	    instruction.kind == INSTRUCTION_ONBUILD)
		return refuse_trigger(instruction.kind, err);
	*ret_instruction = instruction;
	return 0;
}

int dockerfile_parse_trigger(const char *trigger, struct position at, struct arena *arena,
			     struct instruction *ret_instruction, struct error *err)
{
	cleanup(parser_release) struct parser parser =
		parser_start(arena, (struct span){ trigger, strlen(trigger) });

	parser.fixed = &at;
	if (parse_one(&parser, ret_instruction, err) < 0) {
		(void)error_wrap(err, "ONBUILD trigger %s", quote(trigger).text);
		err->at = at;
		return -1;
	}
	return 0;
}
