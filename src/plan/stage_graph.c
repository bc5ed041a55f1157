/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_graph.h"

#include "go_format.h"
#include "scope.h"
#include "stage_fact.h"

#include "base/text.h"

#include <string.h>

void stage_graph_release(struct stage_graph *graph)
{
	for (size_t i = 0; i < graph->nodes.len; i++)
		vec_release(&graph->nodes.items[i].commands);
	vec_release(&graph->nodes);
	map_release(&graph->names);
	map_release(&graph->from_outside);
	map_release(&graph->trigger_args);
	map_release(&graph->global_args);
}

enum { LISTED_STAGES_MAX = 8 };

static void list_names(const char *const *names, size_t n, struct buf *text)
{
	if (!n)
		buf_add_text(text, " (no stage of the Dockerfile has a name)");
	for (size_t i = 0; i < n && i < LISTED_STAGES_MAX; i++)
		buf_printf(text, "%s%.64s", i ? ", " : " (the stages are ", names[i]);
	if (n)
		buf_add_text(text, n > LISTED_STAGES_MAX ? ", ...)" : ")");
}

static const char *suggest_stage(const struct stage_graph *graph, const char *name)
{
	VEC(const char *) names = VEC_INIT;

	for (size_t i = 0; i < graph->nodes.len; i++)
		if (graph->nodes.items[i].stage->from.from.stage_name)
			vec_push(&names, graph->nodes.items[i].name);
	const char *near = text_nearest(name, names.items, names.len);
	cleanup(buf_release) struct buf text = BUF_INIT;
	if (near)
		buf_printf(&text, " (did you mean %s?)", near);
	else
		list_names(names.items, names.len, &text);
	vec_release(&names);
	return arena_strndup(graph->arena, text.data, text.len);
}

static int find_target(struct stage_graph *graph, struct error *err)
{
	const char *name = graph->options->target;

	graph->target = (uint32_t)graph->nodes.len - 1;
	if (!name || !*name)
		return 0;
	char *lower = arena_strdup(graph->arena, name);
	text_make_lower(lower);
	uintptr_t place = (uintptr_t)map_get(&graph->names, lower);
	if (!place)
		return error_set(err, ERROR_NOT_FOUND,
				 "--target: target stage %s could not be found%s",
				 go_quoted(graph->arena, name), suggest_stage(graph, name));
	graph->target = (uint32_t)(place - 1);
	return 0;
}

static int read_commands(struct stage_graph *graph, uint32_t index, struct error *err)
{
	const struct stage *stage = graph->nodes.items[index].stage;

	if (graph->nodes.items[index].is_replaced)
		return 0;
	for (size_t i = 0; i < stage->n_instructions; i++) {
		struct graph_command command = { 0 };
		if (graph_read_command(graph, &stage->instructions[i], false, &command, err) < 0) {
			if (!error_list_add(graph->options->errors, err))
				return -1;
			continue;
		}
		vec_push(&graph->nodes.items[index].commands, command);
	}
	return 0;
}

/* Walks what the commands of a node read. */
struct edge_cursor {
	size_t command, source;
};

static uint32_t next_edge(const struct graph_node *node, struct edge_cursor *cursor)
{
	while (cursor->command < node->commands.len) {
		const struct graph_command *command = &node->commands.items[cursor->command];
		if (cursor->source == command->n_sources) {
			cursor->command++;
			cursor->source = 0;
			continue;
		}
		uint32_t source = command->sources[cursor->source++];
		if (source != NO_NODE)
			return source;
	}
	return NO_NODE;
}

/* Where the edge that next_edge gave last is written. */
static struct position edge_position(const struct graph_node *node,
				     const struct edge_cursor *cursor)
{
	const struct instruction *instruction = node->commands.items[cursor->command].instruction;

	if (instruction->kind == INSTRUCTION_COPY)
		return instruction_find(instruction, instruction->copy.from);
	return instruction_find(instruction, instruction->run.mounts.items[cursor->source - 1]);
}

enum visit_state { UNSEEN = 0, ON_PATH, DONE };

struct visit {
	uint32_t node;
	struct edge_cursor cursor;
};

/*
 * Depth first from one node with a path of its own: a chain of stages may be long. As in BuildKit
 * bases are no part of a circle, and so stages that nobody needs may hold one through a base; where
 * it is needed, the --from in it names a later stage, which is refused when it is lowered.
 */
static int check_from(const struct stage_graph *graph, uint32_t start, unsigned char *states,
		      struct error *err)
{
	VEC(struct visit) path = VEC_INIT;
	int failed = 0;

	vec_push(&path, (struct visit){ .node = start });
	states[start] = ON_PATH;
	while (path.len && !failed) {
		struct visit *last = &path.items[path.len - 1];
		const struct graph_node *node = &graph->nodes.items[last->node];
		uint32_t next = next_edge(node, &last->cursor);
		if (next == NO_NODE) {
			states[last->node] = DONE;
			path.len--;
		} else if (states[next] == UNSEEN) {
			states[next] = ON_PATH;
			vec_push(&path, (struct visit){ .node = next });
		} else if (states[next] == ON_PATH) {
			failed = error_at(err, ERROR_SYNTAX, edge_position(node, &last->cursor),
					  "circular dependency detected on stage: %.200s",
					  graph->nodes.items[next].name);
		}
	}
	vec_release(&path);
	return failed;
}

static int check_cycles(const struct stage_graph *graph, struct error *err)
{
	autofree unsigned char *states = xcalloc(graph->nodes.len, 1);

	for (uint32_t i = 0; i < graph->nodes.len; i++)
		if (states[i] == UNSEEN && check_from(graph, i, states, err) < 0)
			return -1;
	return 0;
}

/* What must be known of a node once it is reached: its image's config, and the triggers in it. */
static int reach_node(struct stage_graph *graph, uint32_t index, const struct image_lookup *lookup,
		      struct error *err)
{
	struct graph_node *node = &graph->nodes.items[index];

	if (graph_resolve_base(graph, node, err) < 0)
		return -1;
	if (node->base.kind == BASE_IMAGE &&
	    lookup->find(lookup->context, node->base.reference, &node->base.platform,
			 &node->base.config) < 0)
		return error_place(err, node->at);
	return graph_add_triggers(graph, index, err);
}

struct indices {
	uint32_t *items;
	size_t len, size;
};

static void want_node(struct stage_graph *graph, uint32_t index, struct indices *waiting)
{
	if (!graph->nodes.items[index].is_reachable)
		vec_push(waiting, index);
	graph->nodes.items[index].is_reachable = true;
}

static bool checks_all_stages(const struct stage_graph *graph)
{
	const struct plan_options *options = graph->options;

	return options->is_check && !(options->target && *options->target);
}

/* One after the other, since triggers that are found on the way name further nodes. */
static int reach_from_target(struct stage_graph *graph, const struct image_lookup *lookup,
			     struct error *err)
{
	struct indices waiting = VEC_INIT;
	int failed = 0;

	want_node(graph, graph->target, &waiting);
	for (uint32_t i = 0; checks_all_stages(graph) && i < graph->dockerfile->n_stages; i++)
		want_node(graph, i, &waiting);
	while (waiting.len && !failed) {
		uint32_t index = waiting.items[--waiting.len];
		struct edge_cursor cursor = { 0 };
		failed = reach_node(graph, index, lookup, err) < 0;
		const struct graph_node *node = &graph->nodes.items[index];
		if (node->base.kind == BASE_STAGE)
			want_node(graph, node->base.stage, &waiting);
		for (uint32_t next; (next = next_edge(node, &cursor)) != NO_NODE;)
			want_node(graph, next, &waiting);
	}
	vec_release(&waiting);
	return failed ? -1 : 0;
}

static void collect_missing(const struct stage_graph *graph, struct missing_images *missing)
{
	cleanup(map_release) struct map seen = MAP_INIT;

	missing->items = arena_array(graph->arena, graph->nodes.len, sizeof(*missing->items));
	missing->len = 0;
	for (size_t i = 0; i < graph->nodes.len; i++) {
		const struct graph_node *node = &graph->nodes.items[i];
		cleanup(buf_release) struct buf key = BUF_INIT;
		if (!node->is_reachable || node->base.kind != BASE_IMAGE || node->base.config)
			continue;
		buf_printf(&key, "%s ", node->base.reference);
		platform_format(&node->base.platform, &key);
		if (map_set(&seen, key.data, missing))
			continue;
		missing->items[missing->len++] = (struct plan_image){
			.reference = node->base.reference,
			.written = node->written,
			.platform = node->base.platform,
			.at = node->stage ? instruction_find(&node->stage->from,
							     node->stage->from.from.base)
					  : node->at,
		};
	}
}

static int build_graph(struct stage_graph *graph, const struct image_lookup *lookup,
		       struct error *err)
{
	if (graph_add_stages(graph, err) < 0 || find_target(graph, err) < 0)
		return -1;
	for (uint32_t i = 0; i < graph->dockerfile->n_stages; i++)
		if (read_commands(graph, i, err) < 0)
			return -1;
	if (check_cycles(graph, err) < 0)
		return -1;
	/* a bad reference is an error wherever it stands, though only reachable ones are asked for
	 */
	for (size_t i = 0; i < graph->nodes.len; i++)
		if (graph_resolve_base(graph, &graph->nodes.items[i], err) < 0 &&
		    !error_list_add(graph->options->errors, err))
			return -1;
	if (error_list_end(graph->options->errors, err) < 0)
		return -1;
	return reach_from_target(graph, lookup, err);
}

int stage_graph_make(const struct dockerfile *dockerfile, const struct plan_options *options,
		     const struct name_table *globals, const struct platform *target_platform,
		     const struct image_lookup *lookup, struct arena *arena,
		     struct stage_graph *ret_graph, struct missing_images *ret_missing,
		     struct error *err)
{
	cleanup(stage_graph_release) struct stage_graph graph = {
		.dockerfile = dockerfile,
		.options = options,
		.globals = globals,
		.target_platform = *target_platform,
		.arena = arena,
	};

	if (!dockerfile->n_stages)
		return error_set(err, ERROR_SYNTAX, "dockerfile contains no stages to build");
	graph_note_globals(&graph);
	if (build_graph(&graph, lookup, err) < 0)
		return plan_fail(options, err);
	graph_note_uses(&graph);
	collect_missing(&graph, ret_missing);
	*ret_graph = graph;
	graph = (struct stage_graph){ 0 };
	return 0;
}
