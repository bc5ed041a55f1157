/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of single instructions shows, and the casing of all of them. */
#include "linter.h"

#include "base/text.h"

#include <string.h>

static bool is_lower(const char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			return false;
	return true;
}

static bool is_upper(const char *text)
{
	for (; *text; text++)
		if (*text >= 'a' && *text <= 'z')
			return false;
	return true;
}

static void check_from(struct linter *linter, const struct instruction *from)
{
	const char *stage = from->from.stage_name_as_written, *as = from->from.as_keyword;

	if (!stage)
		return;
	if (!is_lower(stage))
		linter_add(linter, RULE_STAGE_NAME_CASING, from->at,
			   "Stage name '%s' should be lowercase", stage);
	/* a FROM that is neither is the other rule's */
	bool matches = is_lower(from->name) ? is_lower(as) : !is_upper(from->name) || is_upper(as);
	if (!matches)
		linter_add(linter, RULE_FROM_AS_CASING, from->at,
			   "'%s' and '%s' keywords' casing do not match", as, from->name);
}

/* The last line of the comment has to start with one of the names. */
static bool describes(const char *comment, const char *name)
{
	const char *last = strrchr(comment, '\n');
	size_t len = strlen(name);

	last = last ? last + 1 : comment;
	return strncmp(last, name, len) == 0 && (!last[len] || last[len] == ' ');
}

static void check_description(struct linter *linter, const struct instruction *instruction)
{
	const struct key_values *args = &instruction->pairs;
	bool is_from = instruction->kind == INSTRUCTION_FROM;
	const char *name = NULL;

	if (!instruction->comment)
		return;
	if (is_from) {
		name = instruction->from.stage_name;
		if (!name || describes(instruction->comment, name))
			return;
	} else {
		for (size_t i = 0; i < args->len; i++)
			if (describes(instruction->comment, args->items[i].key))
				return;
		name = args->len > 1 ? "<arg_key>" : args->items[0].key;
	}
	linter_add(linter, RULE_INVALID_DEFINITION_DESCRIPTION, instruction->at,
		   "Comment for %s should follow the format: `# %s <description>`",
		   is_from ? "FROM" : "ARG", name);
}

void rules_of_text(struct linter *linter)
{
	for (size_t i = 0; i < linter->instructions.len; i++) {
		const struct instruction *instruction = linter->instructions.items[i];
		uint32_t line = instruction->last_own_line;
		struct position at = { .line = line, .last_line = line };
		if (instruction->had_empty_continuation)
			linter_add(linter, RULE_NO_EMPTY_CONTINUATION, at,
				   "Empty continuation line");
	}
	for (size_t i = 0; i < linter->instructions.len; i++) {
		const struct instruction *instruction = linter->instructions.items[i];
		if (instruction->kind == INSTRUCTION_FROM)
			check_from(linter, instruction);
		if (instruction->kind == INSTRUCTION_FROM || instruction->kind == INSTRUCTION_ARG)
			check_description(linter, instruction);
		if (instruction->kind == INSTRUCTION_MAINTAINER)
			linter_add(linter, RULE_MAINTAINER_DEPRECATED, instruction->at,
				   "Maintainer instruction is deprecated in favor of using label");
	}
}

void rules_of_casing(struct linter *linter)
{
	size_t n_lower = 0, n_upper = 0, first = linter->request->dockerfile->n_global_args;

	/* global ARGs have no say, as in BuildKit */
	for (size_t i = first; i < linter->instructions.len; i++) {
		const char *name = linter->instructions.items[i]->name;
		if (is_lower(name))
			n_lower++;
		else
			n_upper += is_upper(name);
	}
	bool wants_lower = n_lower > n_upper;
	linter->findings->prefers_lower = wants_lower;
	for (size_t i = first; i < linter->instructions.len; i++) {
		const struct instruction *instruction = linter->instructions.items[i];
		const char *name = instruction->name;
		if (wants_lower ? !is_lower(name) : !is_upper(name))
			linter_add(linter, RULE_CONSISTENT_INSTRUCTION_CASING, instruction->at,
				   "Command '%s' should match the case of the command majority "
				   "(%s)",
				   name, wants_lower ? "lowercase" : "uppercase");
	}
}
