/* SPDX-License-Identifier: Apache-2.0 */
#include "json_form.h"
#include "parse.h"
#include "quote.h"
#include "rune.h"
#include "words.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>

/* One flag: quotes group blanks, an escape takes the next byte as it is, both disappear. */
static const char *take_flag(const char *c, char escape, struct buf *flag)
{
	char quote = '\0';

	for (; *c && (quote || !text_is_space(*c)); c++) {
		if (*c == escape) {
			if (!c[1])
				continue;
			buf_add_char(flag, *++c);
		} else if (quote ? *c == quote : *c == '\'' || *c == '"') {
			quote = quote ? '\0' : *c;
		} else {
			buf_add_char(flag, *c);
		}
	}
	return c;
}

/* The flags in front of the arguments; "--" alone ends them and is dropped. */
static const char *split_flags(struct parse *parse, const char *c)
{
	VEC(struct flag_word) flags = VEC_INIT;
	cleanup(buf_release) struct buf flag = BUF_INIT;

	for (;;) {
		while (text_is_space(*c))
			c++;
		if (c[0] != '-' || c[1] != '-')
			break;
		const char *where = c;
		buf_clear(&flag);
		c = take_flag(c, parse->escape, &flag);
		if (strcmp(flag.data, "--") == 0)
			break;
		vec_push(&flags, (struct flag_word){
					 arena_strndup(parse->arena, flag.data, flag.len), where });
	}
	parse->n_flags = flags.len;
	parse->flags = arena_array(parse->arena, flags.len, sizeof(*parse->flags));
	if (flags.len)
		memcpy(parse->flags, flags.items, flags.len * sizeof(*parse->flags));
	vec_release(&flags);
	return c;
}

void parse_take_apart(struct parse *parse, const char *line)
{
	size_t len = words_text_span(line);
	const char *rest = line + len;

	parse->original = line;
	parse->name = arena_strndup(parse->arena, line, len);
	parse->rule = instruction_rule_find(parse->name);
	rest = split_flags(parse, rest + words_blank_span(rest));
	parse->rest = rune_skip_spaces(rest, rest + strlen(rest));
}

int split_blanks(struct parse *parse, struct error *err)
{
	(void)err;
	parse->args = words_split_blanks(parse->rest, parse->arena);
	return 0;
}

/* The JSON form, where `text` has it; 1, 0 or -1. */
static int split_json(struct parse *parse, const char *text, struct error *err)
{
	int found = json_form_read(text, parse->arena, &parse->args, err);

	if (found < 0)
		parse->culprit = text;
	parse->is_json = found > 0;
	return found;
}

int split_list(struct parse *parse, struct error *err)
{
	int found = split_json(parse, parse->rest, err);

	if (found)
		return found < 0 ? -1 : 0;
	return split_blanks(parse, err);
}

static void set_single(struct parse *parse, const char *text)
{
	if (!*text)
		return;
	parse->args.items = arena_array(parse->arena, 1, sizeof(*parse->args.items));
	parse->args.items[0] = text;
	parse->args.len = 1;
}

int split_text(struct parse *parse, struct error *err)
{
	(void)err;
	set_single(parse, parse->rest);
	return 0;
}

static int split_command_text(struct parse *parse, const char *text, struct error *err)
{
	int found = split_json(parse, text, err);

	if (!found)
		set_single(parse, text);
	return found < 0 ? -1 : 0;
}

int split_command(struct parse *parse, struct error *err)
{
	return split_command_text(parse, parse->rest, err);
}

int split_quoted(struct parse *parse, struct error *err)
{
	(void)err;
	parse->args = words_split_quoted(parse->rest, parse->escape, parse->arena);
	return 0;
}

static void split_pair(struct parse *parse, const char *word, const char *equals)
{
	struct key_value *pair = &parse->pairs.items[parse->pairs.len++];

	pair->key = arena_strndup(parse->arena, word, (size_t)(equals - word));
	pair->value = equals + 1;
	pair->has_value = true;
}

/* ENV name the rest of the line */
static int split_legacy_pair(struct parse *parse, struct error *err)
{
	size_t len = words_text_span(parse->rest);
	const char *value = parse->rest + len + words_blank_span(parse->rest + len);
	struct key_value *pair = &parse->pairs.items[0];

	if (!*value)
		return error_set(err, ERROR_SYNTAX, "%s must have two arguments",
				 parse->rule->name);
	pair->key = arena_strndup(parse->arena, parse->rest, len);
	pair->value = value;
	pair->has_value = true;
	parse->pairs.len = 1;
	parse->pairs.is_legacy = true;
	return 0;
}

int split_pairs(struct parse *parse, struct error *err)
{
	struct words words = words_split_quoted(parse->rest, parse->escape, parse->arena);

	if (!words.len)
		return 0;
	parse->pairs.items = arena_array(parse->arena, words.len, sizeof(*parse->pairs.items));
	if (!strchr(words.items[0], '='))
		return split_legacy_pair(parse, err);
	for (size_t i = 0; i < words.len; i++) {
		const char *equals = strchr(words.items[i], '=');
		if (!equals) {
			parse_blame(parse, words.items[i]);
			return error_set(err, ERROR_SYNTAX,
					 "%s: Syntax error - can't find = in %s. Must be of the "
					 "form: name=value",
					 parse->rule->name, quote(words.items[i]).text);
		}
		split_pair(parse, words.items[i], equals);
	}
	return 0;
}

/* The type, and what follows as for CMD: args[0] and the others. */
int split_healthcheck(struct parse *parse, struct error *err)
{
	const char *c = parse->rest;

	while (*c && !text_is_space(*c))
		c++;
	const char *type = arena_strndup(parse->arena, parse->rest, (size_t)(c - parse->rest));
	while (text_is_space(*c))
		c++;
	if (split_command_text(parse, c, err) < 0)
		return -1;
	if (!*type)
		return 0;
	struct words args = { .len = parse->args.len + 1 };
	args.items = arena_array(parse->arena, args.len, sizeof(*args.items));
	args.items[0] = type;
	if (parse->args.len)
		memcpy(args.items + 1, parse->args.items, parse->args.len * sizeof(*args.items));
	parse->args = args;
	return 0;
}
