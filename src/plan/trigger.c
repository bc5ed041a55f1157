/* SPDX-License-Identifier: Apache-2.0 */
#include "scope.h"
#include "stage_graph.h"

#include <string.h>

static void note_args(struct stage_graph *graph, const struct instruction *instruction)
{
	if (instruction->kind != INSTRUCTION_ARG)
		return;
	for (size_t i = 0; i < instruction->pairs.len; i++)
		(void)map_set(&graph->trigger_args, instruction->pairs.items[i].key, graph);
}

static int read_trigger(struct stage_graph *graph, const char *text, struct position at,
			struct graph_command *ret_command, struct error *err)
{
	struct instruction *instruction = arena_alloc(graph->arena, sizeof(*instruction));

	if (dockerfile_parse_trigger(text, at, graph->arena, instruction, err) < 0)
		return -1;
	note_args(graph, instruction);
	return graph_read_command(graph, instruction, true, ret_command, err);
}

/* The texts of the triggers that a base holds: an image's config, or a stage's own instructions. */
static void collect_triggers(const struct stage_graph *graph, const struct graph_node *node,
			     struct strv *triggers)
{
	if (node->base.kind == BASE_IMAGE && node->base.config) {
		strv_add_all(triggers, &node->base.config->on_build);
		return;
	}
	if (node->base.kind != BASE_STAGE)
		return;
	const struct graph_node *parent = &graph->nodes.items[node->base.stage];
	for (size_t i = 0; !parent->is_replaced && i < parent->stage->n_instructions; i++)
		if (parent->stage->instructions[i].kind == INSTRUCTION_ONBUILD)
			strv_add(triggers, parent->stage->instructions[i].onbuild.trigger);
}

int graph_add_triggers(struct stage_graph *graph, uint32_t index, struct error *err)
{
	cleanup(strv_release) struct strv triggers = STRV_INIT;
	VEC(struct graph_command) commands = VEC_INIT;
	struct graph_node *node = &graph->nodes.items[index];
	int failed = 0;

	/* an image that only --from names, or that stands in a stage's place, runs no triggers */
	if (!node->stage || node->is_replaced)
		return 0;
	collect_triggers(graph, node, &triggers);
	if (!triggers.len)
		return 0;
	struct position at = node->at;
	for (size_t i = 0; i < triggers.len && !failed; i++) {
		struct graph_command command = { 0 };
		failed = read_trigger(graph, triggers.items[i], at, &command, err) < 0;
		if (!failed)
			vec_push(&commands, command);
	}
	/* reading may have added nodes, and so moved them */
	node = &graph->nodes.items[index];
	for (size_t i = 0; i < node->commands.len; i++)
		vec_push(&commands, node->commands.items[i]);
	vec_release(&node->commands);
	node->commands.items = commands.items;
	node->commands.len = commands.len;
	node->commands.size = commands.size;
	return failed ? error_place(err, at) : 0;
}
