/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"
#include "quote.h"
#include "words.h"

#include "base/text.h"

#include <string.h>

static bool is_stage_name(const char *name)
{
	if (*name < 'a' || *name > 'z')
		return false;
	for (; *name; name++)
		if (!(*name >= 'a' && *name <= 'z') && !text_is_digit(*name) &&
		    !strchr("-_.", *name))
			return false;
	return true;
}

/* The start of the n-th word, counted from 0. */
static const char *word_at(const char *text, size_t n)
{
	for (; n; n--) {
		text += words_text_span(text);
		text += words_blank_span(text);
	}
	return text;
}

static int read_stage_name(struct parse *parse, struct from_instruction *from, struct error *err)
{
	const struct words *args = &parse->args;

	if (args->len == 1)
		return 0;
	if (args->len != 3 || strcasecmp(args->items[1], "as") != 0)
		return error_set(err, ERROR_SYNTAX, "FROM requires either one or three arguments");
	char *name = arena_strdup(parse->arena, args->items[2]);
	text_make_lower(name);
	if (!is_stage_name(name)) {
		parse->culprit = word_at(parse->rest, 2);
		return error_set(err, ERROR_SYNTAX,
				 "invalid name for build stage: %s, name can't start with a number "
				 "or contain symbols",
				 quote(args->items[2]).text);
	}
	from->as_keyword = args->items[1];
	from->stage_name_as_written = args->items[2];
	from->stage_name = name;
	return 0;
}

int parse_from(struct parse *parse, struct error *err)
{
	static const struct flag_rule rules[] = { { "platform", FLAG_TEXT } };
	struct flag_value values[countof(rules)] = { 0 };
	struct from_instruction *from = &parse->instruction->from;

	if (read_stage_name(parse, from, err) < 0 ||
	    flags_read(parse, rules, countof(rules), values, err) < 0)
		return -1;
	from->base = parse->args.items[0];
	from->platform = values[0].text;
	from->comment = parse->instruction->comment;
	return 0;
}
