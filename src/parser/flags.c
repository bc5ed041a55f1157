/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"
#include "quote.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

enum { FLAG_RULES_MAX = 16 };

/* The nearest, or else what there is. */
static int unknown_flag(const struct parse *parse, const struct flag_rule *rules, size_t n_rules,
			const char *name, struct error *err)
{
	cleanup(buf_release) struct buf all = BUF_INIT;
	const char *names[FLAG_RULES_MAX] = { NULL };

	for (size_t i = 0; i < n_rules; i++) {
		names[i] = rules[i].name;
		buf_printf(&all, "%s --%s", i ? "," : "", names[i]);
	}
	struct quote near = suggestion(name, names, n_rules);
	if (*near.text)
		return error_set(err, ERROR_SYNTAX, "unknown flag: --%s%s", unquoted(name).text,
				 near.text);
	return error_set(err, ERROR_SYNTAX, "unknown flag: --%s (%s takes%s)", unquoted(name).text,
			 parse->rule->name, n_rules ? all.data : " none");
}

static int missing_value(const char *name, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "missing a value on flag: --%s", name);
}

static int read_bool(const char *name, const char *value, struct flag_value *ret_value,
		     struct error *err)
{
	if (value && !*value)
		return missing_value(name, err);
	bool is_on = !value || strcasecmp(value, "true") == 0;
	if (!is_on && strcasecmp(value, "false") != 0)
		return error_set(err, ERROR_SYNTAX,
				 "expecting boolean value for flag --%s, not: %s", name,
				 unquoted(value).text);
	ret_value->is_on = is_on;
	return 0;
}

static int read_flag(struct parse *parse, const struct flag_rule *rule, const char *value,
		     struct flag_value *ret_value, struct error *err)
{
	if (ret_value->is_given && rule->kind != FLAG_TEXTS)
		return error_set(err, ERROR_SYNTAX, "duplicate flag specified: --%s", rule->name);
	ret_value->is_given = true;
	if (rule->kind == FLAG_BOOL)
		return read_bool(rule->name, value, ret_value, err);
	if (!value)
		return missing_value(rule->name, err);
	if (rule->kind == FLAG_TEXT) {
		ret_value->text = value;
		return 0;
	}
	struct words *texts = &ret_value->texts;
	if (!texts->items)
		texts->items = arena_array(parse->arena, parse->n_flags, sizeof(*texts->items));
	texts->items[texts->len++] = value;
	return 0;
}

int flags_read(struct parse *parse, const struct flag_rule *rules, size_t n_rules,
	       struct flag_value *values, struct error *err)
{
	for (size_t i = 0; i < parse->n_flags; i++) {
		const char *name = parse->flags[i].text + 2, *equals = strchr(name, '=');
		size_t rule = 0;

		parse->culprit = parse->flags[i].where;
		if (equals)
			name = arena_strndup(parse->arena, name, (size_t)(equals - name));
		while (rule < n_rules && strcmp(rules[rule].name, name) != 0)
			rule++;
		if (rule == n_rules)
			return unknown_flag(parse, rules, n_rules, name, err);
		const char *value = equals ? equals + 1 : NULL;
		if (read_flag(parse, &rules[rule], value, &values[rule], err) < 0)
			return -1;
	}
	parse->culprit = NULL;
	return 0;
}

int flags_refuse(struct parse *parse, struct error *err)
{
	return flags_read(parse, NULL, 0, NULL, err);
}

void flags_drop(struct parse *parse)
{
	for (size_t i = 0; i < parse->n_flags; i++)
		parse_warn(parse, "flag %s has no effect on %s",
			   unquoted(parse->flags[i].text).text, parse->rule->name);
}

/* A value is the end of the flag it came from. */
void flags_blame(struct parse *parse, const char *value)
{
	for (size_t i = 0; i < parse->n_flags; i++) {
		const char *text = parse->flags[i].text;
		if (value >= text && value <= text + strlen(text))
			parse->culprit = parse->flags[i].where;
	}
}
