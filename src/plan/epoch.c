/* SPDX-License-Identifier: Apache-2.0 */
#include "epoch.h"

#include "named_context.h"
#include "scope.h"

#include "base/text.h"
#include "parser/git_reference.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static const char NAME[] = "SOURCE_DATE_EPOCH";

static bool parse_seconds(const char *text, int64_t *ret_seconds)
{
	struct error ignored = ERROR_INIT;
	bool is_negative = *text == '-';
	uint64_t number = 0;

	if (text_parse_unsigned(text + is_negative, INT64_MAX, &number, &ignored) < 0)
		return false;
	*ret_seconds = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

/* A stage that SOURCE_DATE_EPOCH names, being read. */
struct epoch_stage {
	struct name_table variables;
	const struct build_args *args;
	const struct name_table *globals;
	struct arena *arena;
	char escape;
	const char *source, *checksum; /* of its ADD; NULL = none yet, none */
	struct position at;	       /* of the ADD */
};

static const struct stage *find_stage(const struct dockerfile *dockerfile, const char *name)
{
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const char *stage = dockerfile->stages[i].from.from.stage_name;
		if (stage && strcasecmp(stage, name) == 0)
			return &dockerfile->stages[i];
	}
	return NULL;
}

static bool is_remote(const char *source)
{
	return source_is_git(source) || source_is_http(source);
}

static int ask_source(const struct plan_options *options, const char *source, const char *checksum,
		      struct epoch *epoch, struct error *err)
{
	if (!options->source_time)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"SOURCE_DATE_EPOCH of '%.100s' is not supported yet where nothing is "
			"fetched",
			source);
	return options->source_time(options->source_time_context, source, checksum, &epoch->is_set,
				    &epoch->seconds, err);
}

/* An ARG of the stage: --build-arg, its own default, else the global one. */
static int declare(struct epoch_stage *stage, const struct key_value *pair, struct error *err)
{
	const char *value = build_args_get(stage->args, pair->key);

	if (!value && pair->has_value &&
	    table_expand(&stage->variables, stage->arena, stage->escape, pair->value, &value, err) <
		    0)
		return -1;
	if (!value)
		value = name_table_get(stage->globals, pair->key);
	if (value)
		(void)name_table_set(&stage->variables, stage->arena, pair->key, value, NULL);
	return 0;
}

static int take_add(struct epoch_stage *stage, const struct copy_instruction *add,
		    struct error *err)
{
	if (add->sources.len != 1 || add->heredocs.len || stage->source)
		return error_set(err, ERROR_SYNTAX,
				 "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD");
	if (add->checksum && table_expand(&stage->variables, stage->arena, stage->escape,
					  add->checksum, &stage->checksum, err) < 0)
		return -1;
	return table_expand(&stage->variables, stage->arena, stage->escape, add->sources.items[0],
			    &stage->source, err);
}

static int take_instruction(struct epoch_stage *stage, const struct instruction *instruction,
			    struct error *err)
{
	if (instruction->kind == INSTRUCTION_ADD) {
		stage->at = instruction->at;
		return take_add(stage, &instruction->copy, err);
	}
	if (instruction->kind != INSTRUCTION_ARG)
		return error_set(err, ERROR_SYNTAX,
				 "SOURCE_DATE_EPOCH stage does not meet source-only requirements: "
				 "unsupported %s instruction",
				 instruction_name(instruction->kind));
	for (size_t i = 0; i < instruction->pairs.len; i++)
		if (declare(stage, &instruction->pairs.items[i], err) < 0)
			return -1;
	return 0;
}

/* The source of a stage that is nothing but one remote ADD; in the arena. */
static int source_of_stage(const struct stage *from, struct epoch_stage *stage, struct error *err)
{
	if (strcmp(from->from.from.base, "scratch") != 0)
		return error_set(err, ERROR_SYNTAX,
				 "SOURCE_DATE_EPOCH stage must use FROM scratch");
	for (size_t i = 0; i < from->n_instructions; i++)
		if (take_instruction(stage, &from->instructions[i], err) < 0)
			return error_place(err, from->instructions[i].at);
	if (!stage->source || !is_remote(stage->source))
		return error_set(err, ERROR_SYNTAX,
				 "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD");
	return 0;
}

static int epoch_of_stage(const struct dockerfile *dockerfile, const struct plan_options *options,
			  const struct stage *from, struct epoch_stage *stage, struct epoch *epoch,
			  struct error *err)
{
	stage->escape = dockerfile->escape;
	int result = source_of_stage(from, stage, err);
	name_table_release(&stage->variables);
	if (result < 0)
		return -1;
	return ask_source(options, stage->source, stage->checksum, epoch, err) < 0
		       ? error_place(err, stage->at)
		       : 0;
}

static const char *suggest_stage(const struct dockerfile *dockerfile, const char *value,
				 struct arena *arena)
{
	const char **names = arena_array(arena, dockerfile->n_stages, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < dockerfile->n_stages; i++)
		if (dockerfile->stages[i].from.from.stage_name)
			names[n++] = dockerfile->stages[i].from.from.stage_name;
	const char *near = text_nearest(value, names, n);
	return near ? arena_printf(arena, " (did you mean %s?)", near) : "";
}

static int parse_epoch(const struct dockerfile *dockerfile, const struct plan_options *options,
		       struct epoch_stage *stage, const char *value, struct epoch *epoch,
		       struct error *err)
{
	if (parse_seconds(value, &epoch->seconds)) {
		epoch->is_set = true;
		return 0;
	}
	/* a directory has no time of its own: unset, as BuildKit does */
	if (strcmp(value, "context") == 0) {
		*epoch = (struct epoch){ options->context_has_time, options->context_time };
		return 0;
	}
	const struct named_context *context =
		named_context_find(options, value, &options->build_platform);
	if (context && context->kind == NAMED_DIRECTORY)
		return is_remote(context->value)
			       ? ask_source(options, context->value, NULL, epoch, err)
			       : 0;
	const struct stage *from = find_stage(dockerfile, value);
	if (from)
		return epoch_of_stage(dockerfile, options, from, stage, epoch, err);
	return error_set(err, ERROR_SYNTAX,
			 "invalid SOURCE_DATE_EPOCH: %.100s%s: it is a number of seconds, "
			 "\"context\", or the name of a stage or of a --build-context",
			 value, suggest_stage(dockerfile, value, stage->arena));
}

static struct position position_of_default(const struct dockerfile *dockerfile)
{
	struct position at = { 0 };

	for (size_t i = 0; i < dockerfile->n_global_args; i++) {
		const struct instruction *arg = &dockerfile->global_args[i];
		for (size_t k = 0; k < arg->pairs.len; k++)
			if (strcmp(arg->pairs.items[k].key, NAME) == 0)
				at = instruction_find(arg, arg->pairs.items[k].value);
	}
	return at;
}

/* A default in the Dockerfile leaves defaults of stages alone; what was given from outside wins. */
static void set_value(const struct epoch *epoch, bool is_given, struct build_args *args,
		      struct name_table *globals, struct arena *arena)
{
	const char *value = epoch->is_set ? arena_printf(arena, "%" PRId64, epoch->seconds) : "";

	if (is_given)
		(void)name_table_set(&args->given, arena, NAME, value, NULL);
	if (name_table_find(globals, NAME))
		(void)name_table_set(globals, arena, NAME, value, NULL);
}

int epoch_resolve(const struct dockerfile *dockerfile, const struct plan_options *options,
		  struct build_args *args, struct name_table *globals, struct arena *arena,
		  struct epoch *ret_epoch, struct error *err)
{
	struct epoch epoch = { .is_set = options->has_epoch, .seconds = options->epoch };
	const char *given = build_args_get(args, NAME);
	const char *value = given ? given : name_table_get(globals, NAME);
	struct epoch_stage stage = {
		.variables = NAME_TABLE_INIT, .args = args, .globals = globals, .arena = arena
	};

	if (!epoch.is_set && value && *value &&
	    parse_epoch(dockerfile, options, &stage, value, &epoch, err) < 0) {
		if (!given)
			return error_place(err, position_of_default(dockerfile));
		return err->at.line ? -1 : error_wrap(err, "command line or environment");
	}
	if (epoch.is_set || (value && *value))
		set_value(&epoch, given || options->has_epoch, args, globals, arena);
	*ret_epoch = epoch;
	return 0;
}
