/* SPDX-License-Identifier: Apache-2.0 */
#include "go_format.h"
#include "named_context.h"
#include "scope.h"
#include "stage_fact.h"
#include "stage_graph.h"

#include "base/text.h"
#include "oci/reference.h"

#include <string.h>
#include <strings.h>

static const char SCRATCH[] = "scratch";

/* The first variable of a word that is not set, for a suggestion; and what it all names. */
struct unset_name {
	const struct name_table *globals;
	struct arena *arena;
	const char *name;
	struct from_names *names;
};

static const char *lookup_global(void *context, const char *name)
{
	struct unset_name *unset = context;
	const char *value = name_table_get(unset->globals, name);

	if (value)
		from_names_add(&unset->names->set, name);
	return value;
}

static void note_unset(void *context, const char *name)
{
	struct unset_name *unset = context;

	if (!unset->name)
		unset->name = arena_strdup(unset->arena, name);
	from_names_add(&unset->names->unset, name);
}

static const char *suggest_global(const struct unset_name *unset)
{
	const struct name_table *globals = unset->globals;
	VEC(const char *) names = VEC_INIT;

	for (size_t i = 0; unset->name && i < globals->entries.len; i++)
		vec_push(&names, globals->entries.items[i].name);
	const char *near = unset->name ? text_nearest(unset->name, names.items, names.len) : NULL;
	vec_release(&names);
	return near ? arena_printf(unset->arena, " (did you mean %s?)", near) : "";
}

static int expand_global(const struct stage_graph *graph, const char *word,
			 struct from_names *names, struct unset_name *unset, const char **ret_text,
			 struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct expand_scope scope = {
		.lookup = lookup_global,
		.context = unset,
		.undefined = note_unset,
		.escape = graph->dockerfile->escape,
	};

	*unset = (struct unset_name){ .globals = graph->globals,
				      .arena = graph->arena,
				      .names = names };
	if (expand_word(&scope, word, &text, err) < 0)
		return -1;
	*ret_text = arena_strndup(graph->arena, text.data, text.len);
	return 0;
}

static int read_base(struct stage_graph *graph, struct graph_node *node, struct error *err)
{
	const char *written = node->stage->from.from.base;
	cleanup(from_names_release) struct from_names names = FROM_NAMES_INIT;
	struct unset_name unset;

	struct position at = instruction_find(&node->stage->from, written);

	int expanded = expand_global(graph, written, &names, &unset, &node->written, err);
	graph_note_names(graph, node, &names);
	if (expanded < 0)
		return error_place(err, at);
	if (!*node->written)
		return error_at(err, ERROR_SYNTAX, at, "base name (%.200s) should not be blank%s",
				written, suggest_global(&unset));
	return 0;
}

static int read_platform(struct stage_graph *graph, struct graph_node *node, struct error *err)
{
	const char *written = node->stage->from.from.platform;
	cleanup(from_names_release) struct from_names names = FROM_NAMES_INIT;
	const char *text = NULL;
	struct unset_name unset;

	if (!written || !*written)
		return 0;
	struct position at = instruction_find(&node->stage->from, written);
	int expanded = expand_global(graph, written, &names, &unset, &text, err);
	graph_note_names(graph, node, &names);
	if (expanded == 0)
		graph_note_platform(graph, node, &names, text);
	if (expanded < 0) {
		(void)error_place(err, at);
		return error_wrap(err, "failed to process arguments for platform %.100s", written);
	}
	if (!*text)
		return error_at(err, ERROR_SYNTAX, at,
				"empty platform value from expression %.200s%s", written,
				suggest_global(&unset));
	if (platform_parse(text, &node->platform, err) < 0) {
		(void)error_place(err, at);
		return error_wrap(err, "failed to parse platform %.100s%s", written,
				  suggest_global(&unset));
	}
	node->has_platform = true;
	return 0;
}

static const struct platform *node_platform(const struct stage_graph *graph,
					    const struct graph_node *node)
{
	return node->has_platform ? &node->platform : &graph->target_platform;
}

/* FROM takes a stage's name as it is stored, in lower case. */
static const char *suggest_stage(const struct stage_graph *graph, const char *text)
{
	char *lower = arena_strdup(graph->arena, text);

	text_make_lower(lower);
	return map_has(&graph->names, lower)
		       ? arena_printf(graph->arena, " (did you mean %s?)", lower)
		       : "";
}

static int use_reference(struct stage_graph *graph, struct graph_node *node, const char *text,
			 struct error *err)
{
	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (reference_parse(text, &reference, err) < 0) {
		(void)error_place(err, node->stage ? instruction_find(&node->stage->from,
								      node->stage->from.from.base)
						   : node->at);
		return error_wrap(err, "failed to parse stage name %s%s",
				  go_quoted(graph->arena, text), suggest_stage(graph, text));
	}
	reference_format(&reference, &name);
	node->base.kind = BASE_IMAGE;
	node->base.reference = arena_strndup(graph->arena, name.data, name.len);
	return 0;
}

/* Stages are made in the order of the file, and each from what stands above it. */
static int refuse_target(const struct stage_graph *graph, const struct graph_node *node,
			 const struct named_context *context, struct error *err)
{
	const struct dockerfile *dockerfile = graph->dockerfile;
	const char *name = named_context_value(context);
	VEC(const char *) names = VEC_INIT;
	bool comes_later = false;

	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const char *stage = dockerfile->stages[i].from.from.stage_name;
		if (!stage)
			continue;
		vec_push(&names, stage);
		comes_later = comes_later || strcasecmp(stage, name) == 0;
	}
	const char *near = text_nearest(name, names.items, names.len);
	const char *suggestion =
		near ? arena_printf(graph->arena, " (did you mean %s?)", near) : "";
	vec_release(&names);
	return error_at(err, ERROR_NOT_FOUND, node->at, "--build-context %s=target:%s: %s%s",
			context->name, name,
			comes_later ? "the stage does not stand above this one, and stages are "
				      "made in the order of the file"
				    : "there is no such stage",
			suggestion);
}

static int use_context(struct stage_graph *graph, struct graph_node *node,
		       const struct named_context *context, struct error *err)
{
	const char *value = named_context_value(context);

	node->base.context = context;
	node->base.platform = *node_platform(graph, node);
	switch (context->kind) {
	case NAMED_DIRECTORY:
		node->base.kind = BASE_DIRECTORY;
		return 0;
	case NAMED_LAYOUT:
		node->base.kind = BASE_IMAGE;
		node->base.reference = arena_printf(graph->arena, "oci-layout://%s", value);
		return 0;
	case NAMED_TARGET:
		return refuse_target(graph, node, context, err);
	case NAMED_IMAGE:
		break;
	}
	if (strcmp(value, SCRATCH) != 0)
		return use_reference(graph, node, value, err);
	node->base.kind = BASE_SCRATCH;
	return 0;
}

int graph_resolve_base(struct stage_graph *graph, struct graph_node *node, struct error *err)
{
	const struct platform *platform = node_platform(graph, node);
	const struct named_context *context;

	if (node->base.kind)
		return 0;
	if (strcmp(node->written, SCRATCH) == 0) {
		node->base.kind = BASE_SCRATCH;
		return 0;
	}
	context = named_context_find(graph->options, node->written, platform);
	if (context)
		return use_context(graph, node, context, err);
	node->base.platform = *platform;
	return use_reference(graph, node, node->written, err);
}

/* A stage that has an error stands there as an empty one, for the sake of the others. */
static int read_from(struct stage_graph *graph, struct graph_node *node, struct error *err)
{
	if (read_base(graph, node, err) == 0 && read_platform(graph, node, err) == 0)
		return 0;
	if (!error_list_add(graph->options->errors, err))
		return -1;
	node->written = SCRATCH;
	return 0;
}

/* The number + 1 of an earlier stage of that name. */
static uintptr_t find_earlier(const struct stage_graph *graph, const char *name)
{
	char *lower = arena_strdup(graph->arena, name);

	text_make_lower(lower);
	return (uintptr_t)map_get(&graph->names, lower);
}

/*
 * A stage in the place of another, or of a base: as an image that was made of it, whose arguments
 * are not handed on.
 */
static int use_target(const struct stage_graph *graph, struct graph_node *node,
		      const struct named_context *context, struct error *err)
{
	uintptr_t earlier = find_earlier(graph, named_context_value(context));

	if (!earlier)
		return refuse_target(graph, node, context, err);
	node->base = (struct graph_base){ .kind = BASE_STAGE,
					  .stage = (uint32_t)(earlier - 1),
					  .context = context };
	return 0;
}

static int find_base(struct stage_graph *graph, struct graph_node *node, struct error *err)
{
	uintptr_t earlier = (uintptr_t)map_get(&graph->names, node->written);

	if (earlier) {
		node->base.kind = BASE_STAGE;
		node->base.stage = (uint32_t)(earlier - 1);
		return 0;
	}
	const struct named_context *context =
		named_context_find(graph->options, node->written, node_platform(graph, node));
	return context && context->kind == NAMED_TARGET ? use_target(graph, node, context, err) : 0;
}

static int replace_stage(struct stage_graph *graph, struct graph_node *node,
			 const struct named_context *context, struct error *err)
{
	node->is_replaced = true;
	return context->kind == NAMED_TARGET ? use_target(graph, node, context, err)
					     : use_context(graph, node, context, err);
}

/* A stage as others see it: replaced by a named context, based on an earlier one, or neither. */
static int add_stage(struct stage_graph *graph, const struct stage *stage, struct error *err)
{
	const char *name = stage->from.from.stage_name;
	struct graph_node node = { .stage = stage, .at = stage->from.at };

	if (read_from(graph, &node, err) < 0)
		return -1;
	node.name = name ? name : arena_printf(graph->arena, "stage-%zu", graph->nodes.len);
	const struct named_context *context =
		name ? named_context_find(graph->options, name, node_platform(graph, &node)) : NULL;
	if ((context ? replace_stage(graph, &node, context, err) : find_base(graph, &node, err)) <
	    0)
		return -1;
	vec_push(&graph->nodes, node);
	if (name)
		(void)map_set(&graph->names, name, (void *)(uintptr_t)graph->nodes.len);
	return 0;
}

int graph_add_stages(struct stage_graph *graph, struct error *err)
{
	const struct dockerfile *dockerfile = graph->dockerfile;

	if (dockerfile->n_stages > DOCKERFILE_STAGES_MAX)
		return error_at(err, ERROR_SYNTAX,
				dockerfile->stages[DOCKERFILE_STAGES_MAX].from.at,
				"more than %d stages", DOCKERFILE_STAGES_MAX);
	for (size_t i = 0; i < dockerfile->n_stages; i++)
		if (add_stage(graph, &dockerfile->stages[i], err) < 0)
			return -1;
	return 0;
}
