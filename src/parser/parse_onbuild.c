/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"
#include "rune.h"

#include "base/buf.h"

#include <string.h>

/* One level only: a trigger that is ONBUILD itself is refused by its name. */
int split_onbuild(struct parse *parse, struct error *err)
{
	if (!*parse->rest)
		return 0;
	struct parse *trigger = arena_alloc(parse->arena, sizeof(*trigger));
	*trigger = (struct parse){ .arena = parse->arena,
				   .escape = parse->escape,
				   .warnings = parse->warnings };
	parse->trigger = trigger;
	parse_take_apart(trigger, parse->rest);
	if (!trigger->rule || trigger->rule == parse->rule)
		return 0;
	int result = trigger->rule->split(trigger, err);
	parse->culprit = trigger->culprit;
	return result;
}

static int check_trigger(struct parse *parse, struct error *err)
{
	const struct instruction_rule *rule = parse->trigger->rule;
	enum instruction_kind kind = rule ? instruction_rule_kind(rule) : 0;

	parse->culprit = parse->rest;
	if (kind == INSTRUCTION_ONBUILD)
		return error_set(err, ERROR_SYNTAX,
				 "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	if (kind == INSTRUCTION_FROM || kind == INSTRUCTION_MAINTAINER)
		return error_set(err, ERROR_SYNTAX, "%s isn't allowed as an ONBUILD trigger",
				 rule->name);
	parse->instruction->onbuild.kind = kind;
	return 0;
}

/* The line behind ONBUILD as it stands, and the heredocs that belong to it. */
static const char *trigger_text(const struct parse *parse)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *c = parse->raw, *end = c + strlen(c);

	c = rune_skip_spaces(c, end) + strlen(parse->name);
	buf_add_text(&text, rune_skip_spaces(c, end));
	for (size_t i = 0; i < parse->heredocs.len; i++) {
		const struct heredoc *heredoc = &parse->heredocs.items[i];
		buf_add_char(&text, '\n');
		buf_add(&text, heredoc->body, heredoc->body_len);
		buf_add_text(&text, heredoc->name);
	}
	return arena_strndup(parse->arena, text.data, text.len);
}

int parse_onbuild(struct parse *parse, struct error *err)
{
	if (!parse->trigger)
		return error_set(err, ERROR_SYNTAX, "ONBUILD requires at least one argument");
	if (flags_refuse(parse, err) < 0 || check_trigger(parse, err) < 0)
		return -1;
	parse->instruction->onbuild.trigger = trigger_text(parse);
	return 0;
}
