/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that only describe: names with values, lists, single texts. */
#include "parse.h"
#include "rune.h"

#include <stdlib.h>
#include <string.h>

static int needs_one(struct parse *parse, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "%s requires at least one argument", parse->rule->name);
}

static int blank_name(struct parse *parse, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "%s names can not be blank", parse->rule->name);
}

int parse_env(struct parse *parse, struct error *err)
{
	if (flags_refuse(parse, err) < 0)
		return -1;
	if (!parse->pairs.len)
		return needs_one(parse, err);
	for (size_t i = 0; i < parse->pairs.len; i++)
		if (!*parse->pairs.items[i].key)
			return blank_name(parse, err);
	parse->instruction->pairs = parse->pairs;
	return 0;
}

int parse_label(struct parse *parse, struct error *err)
{
	return parse_env(parse, err);
}

int parse_arg(struct parse *parse, struct error *err)
{
	const struct words *args = &parse->args;
	struct key_values *pairs = &parse->instruction->pairs;

	flags_drop(parse);
	if (!args->len)
		return needs_one(parse, err);
	pairs->items = arena_array(parse->arena, args->len, sizeof(*pairs->items));
	for (; pairs->len < args->len; pairs->len++) {
		struct key_value *pair = &pairs->items[pairs->len];
		const char *arg = args->items[pairs->len], *equals = strchr(arg, '=');
		if (equals == arg)
			return blank_name(parse, err);
		pair->key = equals ? arena_strndup(parse->arena, arg, (size_t)(equals - arg)) : arg;
		pair->value = equals ? equals + 1 : NULL;
		pair->has_value = equals;
	}
	return 0;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted before anything is expanded: history shows them so. */
int parse_expose(struct parse *parse, struct error *err)
{
	if (!parse->args.len)
		return needs_one(parse, err);
	if (flags_refuse(parse, err) < 0)
		return -1;
	qsort(parse->args.items, parse->args.len, sizeof(*parse->args.items), compare_words);
	parse->instruction->words = parse->args;
	return 0;
}

int parse_volume(struct parse *parse, struct error *err)
{
	struct words *words = &parse->args;

	if (!words->len)
		return needs_one(parse, err);
	if (flags_refuse(parse, err) < 0)
		return -1;
	for (size_t i = 0; i < words->len; i++) {
		const char *word = words->items[i], *end = word + strlen(word);
		const char *start = rune_skip_spaces(word, end);
		end = rune_trim_end(start, end);
		if (start == end)
			return error_set(err, ERROR_SYNTAX,
					 "VOLUME specified can not be an empty string");
		words->items[i] = arena_strndup(parse->arena, start, (size_t)(end - start));
	}
	parse->instruction->words = *words;
	return 0;
}

static int read_text(struct parse *parse, struct error *err)
{
	if (parse->args.len != 1)
		return error_set(err, ERROR_SYNTAX, "%s requires exactly one argument",
				 parse->rule->name);
	parse->instruction->text = parse->args.items[0];
	return 0;
}

int parse_user(struct parse *parse, struct error *err)
{
	return read_text(parse, err) < 0 ? -1 : flags_refuse(parse, err);
}

int parse_workdir(struct parse *parse, struct error *err)
{
	return parse_user(parse, err);
}

int parse_maintainer(struct parse *parse, struct error *err)
{
	return parse_user(parse, err);
}

int parse_stopsignal(struct parse *parse, struct error *err)
{
	flags_drop(parse);
	return read_text(parse, err);
}
