/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/facts.h"

#include "base/vec.h"

#include <string.h>

void plan_facts_release(struct plan_facts *facts)
{
	arena_release(&facts->arena);
	vec_release(facts);
	vec_release(&facts->arguments);
	vec_release(&facts->secrets);
	vec_release(&facts->uses);
	*facts = (struct plan_facts)PLAN_FACTS_INIT;
}

static const char *keep(struct plan_facts *facts, const char *text)
{
	return text ? arena_strdup(&facts->arena, text) : NULL;
}

bool plan_facts_have_room(struct plan_facts *facts, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (facts->arguments.len == PLAN_FACTS_MAX ||
	    len > PLAN_FACTS_VALUES_MAX - facts->values_len) {
		facts->is_cut = true;
		return false;
	}
	facts->values_len += len;
	return true;
}

bool plan_facts_may_look(struct plan_facts *facts, size_t n)
{
	if (!facts || facts->len == PLAN_FACTS_MAX || n > PLAN_LOOKS_MAX - facts->n_looks)
		return false;
	facts->n_looks += n;
	return true;
}

void plan_facts_add(struct plan_facts *facts, const struct plan_fact *fact)
{
	if (!facts)
		return;
	if (facts->len == PLAN_FACTS_MAX) {
		facts->is_cut = true;
		return;
	}
	struct plan_fact kept = *fact;
	kept.name = keep(facts, fact->name);
	kept.other = keep(facts, fact->other);
	kept.third = keep(facts, fact->third);
	vec_push(facts, kept);
}

const char *plan_describe(const char *comment, const char *name, struct arena *arena)
{
	size_t len = strlen(name);

	for (const char *line = comment; line && *line;) {
		size_t line_len = strcspn(line, "\n");
		if (line_len > len && strncmp(line, name, len) == 0 && line[len] == ' ')
			return arena_strndup(arena, line + len + 1, line_len - len - 1);
		line += line_len;
		line += *line == '\n';
	}
	return NULL;
}
