/* SPDX-License-Identifier: Apache-2.0 */
/* ENV, LABEL, ARG. */
#include "lower.h"

#include <string.h>

/* All pairs of one instruction see the variables from before it. */
static int expand_pairs(struct lowering *lowering, const struct key_values *pairs,
			struct key_value *ret_expanded, struct error *err)
{
	for (size_t i = 0; i < pairs->len; i++) {
		const struct key_value *pair = &pairs->items[i];
		if (lower_expand(lowering, pair->key, &ret_expanded[i].key, err) < 0 ||
		    lower_expand(lowering, pair->value, &ret_expanded[i].value, err) < 0)
			return -1;
	}
	return 0;
}

static int add_pairs_history(struct lowering *lowering, const char *name,
			     const struct key_value *pairs, size_t n, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!lower_keeps_history(lowering))
		return 0;
	buf_add_text(&text, name);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&text, " %s", pairs[i].key);
		if (pairs[i].value)
			buf_printf(&text, "=%s", pairs[i].value);
	}
	return lower_add_history(lowering, arena_strdup(lowering->arena, text.data), NO_STEP, err);
}

int lower_env(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct key_values *pairs = &command->instruction->pairs;
	struct key_value *expanded = arena_array(lowering->arena, pairs->len, sizeof(*expanded));

	if (expand_pairs(lowering, pairs, expanded, err) < 0)
		return -1;
	for (size_t i = 0; i < pairs->len; i++) {
		if (pairs->is_legacy)
			lower_note(lowering, FACT_LEGACY_PAIR, command->instruction->name, NULL);
		lower_note(lowering, FACT_VARIABLE, "ENV", expanded[i].key);
	}
	/* "=value" in an image would have other tools take in the host's variables */
	for (size_t i = 0; i < pairs->len; i++)
		if (!*expanded[i].key) {
			lowering->culprit = pairs->items[i].key;
			return error_set(err, ERROR_SYNTAX, "ENV names can not be blank");
		}
	for (size_t i = 0; i < pairs->len; i++)
		scope_set_env(&lowering->state->scope, lowering->arena, expanded[i].key,
			      expanded[i].value);
	return add_pairs_history(lowering, "ENV", expanded, pairs->len, err);
}

int lower_label(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct key_values *pairs = &command->instruction->pairs;
	struct key_value *expanded = arena_array(lowering->arena, pairs->len, sizeof(*expanded));

	if (expand_pairs(lowering, pairs, expanded, err) < 0)
		return -1;
	if (pairs->is_legacy)
		lower_note(lowering, FACT_LEGACY_PAIR, command->instruction->name, NULL);
	for (size_t i = 0; i < pairs->len; i++)
		(void)name_table_set(&lowering->state->labels, lowering->arena, expanded[i].key,
				     expanded[i].value, NULL);
	return add_pairs_history(lowering, "LABEL", expanded, pairs->len, err);
}

static int arg_value(struct lowering *lowering, const struct key_value *pair,
		     const char **ret_value, struct error *err)
{
	const char *given = build_args_get(lowering->build_args, pair->key);

	if (given) {
		*ret_value = given;
		return 0;
	}
	if (pair->has_value)
		return lower_expand(lowering, pair->value, ret_value, err);
	*ret_value = name_table_get(lowering->globals, pair->key);
	return 0;
}

int lower_arg(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct key_values *pairs = &command->instruction->pairs;
	struct key_value *values = arena_array(lowering->arena, pairs->len, sizeof(*values));
	struct scope *scope = &lowering->state->scope;

	for (size_t i = 0; i < pairs->len; i++) {
		const struct key_value *pair = &pairs->items[i];
		values[i].key = pair->key;
		lower_note(lowering, FACT_VARIABLE, "ARG", pair->key);
		if (arg_value(lowering, pair, &values[i].value, err) < 0)
			return -1;
		lower_note_argument(lowering, pair, values[i].value,
				    !pair->has_value && values[i].value &&
					    !build_args_get(lowering->build_args, pair->key));
		scope_declare(scope, lowering->arena, pair->key, values[i].value);
		if (values[i].value && !build_arg_is_no_variable(pair->key))
			scope_set(scope, lowering->arena, pair->key, values[i].value);
	}
	return add_pairs_history(lowering, "ARG", values, pairs->len, err);
}
