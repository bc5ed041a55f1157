/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_fact.h"

#include "scope.h"

#include "base/text.h"
#include "oci/reference.h"

#include <string.h>

void from_names_release(struct from_names *names)
{
	strv_release(&names->set);
	strv_release(&names->unset);
}

void from_names_add(struct strv *names, const char *name)
{
	for (size_t i = 0; i < names->len; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	if (names->len < PLAN_FACTS_NAMES_MAX)
		strv_add(names, name);
}

/* --- global arguments ---------------------------------------------------------------------------
 */

struct used_names {
	const struct name_table *globals;
	struct strv names;
};

static const char *lookup_used(void *context, const char *name)
{
	struct used_names *used = context;
	const char *value = name_table_get(used->globals, name);

	if (value)
		from_names_add(&used->names, name);
	return value;
}

/* The names that the default of a global ARG is made of. */
static void set_uses(const struct stage_graph *graph, const struct key_value *pair,
		     struct plan_argument *argument)
{
	struct used_names used = { .globals = graph->globals, .names = STRV_INIT };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored = ERROR_INIT;
	struct expand_scope scope = { .lookup = lookup_used,
				      .context = &used,
				      .escape = graph->dockerfile->escape };
	struct arena *arena = &graph->options->facts->arena;

	if (pair->has_value && expand_word(&scope, pair->value, &text, &ignored) == 0) {
		argument->uses = arena_array(arena, used.names.len, sizeof(*argument->uses));
		argument->n_uses = used.names.len;
		for (size_t i = 0; i < used.names.len; i++)
			argument->uses[i] = arena_strdup(arena, used.names.items[i]);
	}
	strv_release(&used.names);
}

static void note_global(const struct stage_graph *graph, const struct instruction *arg,
			const struct key_value *pair)
{
	struct plan_facts *facts = graph->options->facts;
	const char *value = name_table_get(graph->globals, pair->key);

	if (!plan_facts_have_room(facts, value))
		return;
	struct plan_argument argument = {
		.stage = GLOBAL_ARGUMENT,
		.at = arg->at,
		.name = arena_strdup(&facts->arena, pair->key),
		.value = value ? arena_strdup(&facts->arena, value) : NULL,
		.description = plan_describe(arg->comment, pair->key, &facts->arena),
	};

	set_uses(graph, pair, &argument);
	vec_push(&facts->arguments, argument);
}

/* With the defaults alone, whatever --build-arg says, each base should be the name of an image. */
static void note_default_bases(const struct stage_graph *graph)
{
	cleanup(name_table_release) struct name_table globals = NAME_TABLE_INIT;
	struct build_args none = BUILD_ARGS_INIT;
	const struct dockerfile *dockerfile = graph->dockerfile;
	struct error ignored = ERROR_INIT;

	if (globals_make(&globals, dockerfile, graph->options, &none, &graph->target_platform,
			 graph->arena, &ignored) < 0)
		return;
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct instruction *from = &dockerfile->stages[i].from;
		cleanup(reference_release) struct reference reference = REFERENCE_INIT;
		const char *base = NULL;
		if (table_expand(&globals, graph->arena, dockerfile->escape, from->from.base, &base,
				 &ignored) < 0)
			return;
		if (reference_parse(base, &reference, &ignored) < 0)
			plan_facts_add(graph->options->facts,
				       &(struct plan_fact){ .kind = FACT_BAD_DEFAULT_BASE,
							    .at = from->at,
							    .name = from->from.base });
	}
}

void graph_note_globals(struct stage_graph *graph)
{
	const struct dockerfile *dockerfile = graph->dockerfile;

	if (!graph->options->facts)
		return;
	for (size_t i = 0; i < dockerfile->n_global_args; i++) {
		const struct instruction *arg = &dockerfile->global_args[i];
		for (size_t k = 0; k < arg->pairs.len; k++) {
			(void)map_set(&graph->global_args, arg->pairs.items[k].key, graph);
			note_global(graph, arg, &arg->pairs.items[k]);
		}
	}
	note_default_bases(graph);
}

/* --- FROM ---------------------------------------------------------------------------------------
 */

static const char *nearest_global(const struct stage_graph *graph, const char *name)
{
	const struct name_table *globals = graph->globals;
	VEC(const char *) names = VEC_INIT;

	if (!plan_facts_may_look(graph->options->facts,
				 globals->entries.len + graph->global_args.size))
		return NULL;
	for (size_t i = 0; i < globals->entries.len; i++)
		vec_push(&names, globals->entries.items[i].name);
	for (size_t i = 0; i < graph->global_args.size; i++)
		if (graph->global_args.slots[i].key)
			vec_push(&names, graph->global_args.slots[i].key);
	const char *near = text_nearest(name, names.items, names.len);
	vec_release(&names);
	return near;
}

void graph_note_names(const struct stage_graph *graph, const struct graph_node *node,
		      const struct from_names *names)
{
	struct plan_facts *facts = graph->options->facts;

	for (size_t i = 0; facts && i < names->unset.len; i++) {
		const char *name = names->unset.items[i];
		if (!map_has(&graph->global_args, name))
			plan_facts_add(facts,
				       &(struct plan_fact){ .kind = FACT_UNDECLARED_IN_FROM,
							    .at = node->at,
							    .name = name,
							    .other = nearest_global(graph, name) });
	}
	for (size_t i = 0; facts && i < names->set.len && facts->uses.len < PLAN_FACTS_MAX; i++)
		vec_push(&facts->uses,
			 (struct plan_use){
				 .stage = (uint32_t)graph->nodes.len,
				 .name = arena_strdup(&facts->arena, names->set.items[i]) });
}

void graph_note_platform(const struct stage_graph *graph, const struct graph_node *node,
			 const struct from_names *names, const char *text)
{
	const char *stage = node->stage->from.from.stage_name;
	struct plan_fact fact = { .at = node->at };

	if (names->set.len == 1 && !names->unset.len) {
		const char *target = name_table_get(graph->globals, "TARGETPLATFORM");
		if (strcmp(names->set.items[0], "TARGETPLATFORM") != 0 || !target ||
		    strcmp(target, text) != 0)
			return;
		fact.kind = FACT_TARGET_PLATFORM;
		fact.name = node->stage->from.from.platform;
	} else if (!names->set.len && !names->unset.len) {
		fact.kind = FACT_CONSTANT_PLATFORM;
		fact.name = text;
		fact.other = stage ? stage : "";
	} else {
		return;
	}
	plan_facts_add(graph->options->facts, &fact);
}

/* --- who needs whom -----------------------------------------------------------------------------
 */

static void add_use(struct plan_facts *facts, uint32_t stage, uint32_t other, bool is_base)
{
	if (facts->uses.len < PLAN_FACTS_MAX)
		vec_push(&facts->uses,
			 (struct plan_use){ .stage = stage, .is_base = is_base, .other = other });
}

void graph_note_uses(const struct stage_graph *graph)
{
	struct plan_facts *facts = graph->options->facts;
	uint32_t n_stages = (uint32_t)graph->dockerfile->n_stages;

	if (!facts)
		return;
	facts->target = graph->target;
	for (uint32_t i = 0; i < n_stages; i++) {
		const struct graph_node *node = &graph->nodes.items[i];
		if (node->is_reachable && node->base.kind == BASE_STAGE)
			add_use(facts, i, node->base.stage, true);
		for (size_t k = 0; node->is_reachable && k < node->commands.len; k++) {
			const struct graph_command *command = &node->commands.items[k];
			for (size_t j = 0; j < command->n_sources; j++)
				if (command->sources[j] < n_stages)
					add_use(facts, i, command->sources[j], false);
		}
	}
}
