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

static bool is_stage(const struct dockerfile *dockerfile, const char *name)
{
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const char *stage = dockerfile->stages[i].from.from.stage_name;
		if (stage && strcasecmp(stage, name) == 0)
			return true;
	}
	return false;
}

static int parse_epoch(const struct dockerfile *dockerfile, const struct plan_options *options,
		       const char *value, struct epoch *epoch, struct error *err)
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
	if (context && context->kind == NAMED_DIRECTORY) {
		if (source_is_git(context->value) || source_is_http(context->value))
			return error_set(err, ERROR_UNSUPPORTED,
					 "SOURCE_DATE_EPOCH of a context that is fetched (%.100s) "
					 "is not supported yet",
					 value);
		return 0;
	}
	if (is_stage(dockerfile, value))
		return error_set(err, ERROR_UNSUPPORTED,
				 "SOURCE_DATE_EPOCH of a stage's source (%.100s) is not supported "
				 "yet",
				 value);
	return error_set(err, ERROR_SYNTAX, "invalid SOURCE_DATE_EPOCH: %.100s", value);
}

static struct position position_of_default(const struct dockerfile *dockerfile)
{
	struct position at = { 0 };

	for (size_t i = 0; i < dockerfile->n_global_args; i++)
		for (size_t k = 0; k < dockerfile->global_args[i].pairs.len; k++)
			if (strcmp(dockerfile->global_args[i].pairs.items[k].key, NAME) == 0)
				at = dockerfile->global_args[i].at;
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

	if (!epoch.is_set && value && *value &&
	    parse_epoch(dockerfile, options, value, &epoch, err) < 0) {
		struct position nowhere = { 0 };
		return error_place(err, given ? nowhere : position_of_default(dockerfile));
	}
	if (epoch.is_set || (value && *value))
		set_value(&epoch, given || options->has_epoch, args, globals, arena);
	*ret_epoch = epoch;
	return 0;
}
