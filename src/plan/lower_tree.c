/* SPDX-License-Identifier: Apache-2.0 */
/* The trees that stages are based on and that --from reads. */
#include "lower.h"
#include "named_context.h"

static bool has_layers(const struct image_config *config)
{
	if (config->n_diff_ids)
		return true;
	for (size_t i = 0; i < config->n_history; i++)
		if (!config->history[i].empty_layer)
			return true;
	return false;
}

uint32_t lower_add_image(struct lowering *lowering, const struct graph_node *node)
{
	return builder_add_image(lowering->builder, &(struct plan_image){
							    .reference = node->base.reference,
							    .written = node->written,
							    .platform = node->base.platform,
							    .at = node->at,
							    .config = node->base.config,
						    });
}

static const char *image_title(struct lowering *lowering, const struct graph_node *node,
			       const char *text)
{
	if (node->base.context)
		return arena_printf(lowering->arena, "[context %s] %s", node->base.context->name,
				    node->base.reference);
	return node->stage ? lower_title(lowering, text, false) : text;
}

static struct tree_ref image_tree(struct lowering *lowering, const struct graph_node *node)
{
	struct step step = {
		.kind = STEP_IMAGE,
		.at = node->at,
		.stage = lowering->stage,
		.platform = node->base.platform,
		.image.image = lower_add_image(lowering, node),
	};

	step.text = arena_printf(lowering->arena, "FROM %s", node->base.reference);
	step.title = image_title(lowering, node, step.text);
	if (!has_layers(node->base.config))
		return (struct tree_ref){ .kind = TREE_EMPTY };
	return (struct tree_ref){
		.kind = TREE_STEP,
		.index = builder_add_step(lowering->builder, &step, NULL),
	};
}

static struct tree_ref context_tree(struct lowering *lowering, const struct graph_node *node)
{
	const struct named_context *context = node->base.context;

	return (struct tree_ref){
		.kind = TREE_CONTEXT,
		.index = builder_add_context(lowering->builder, context->name,
					     named_context_value(context)),
	};
}

/* One that another stage replaces is as if it were based on that and nothing else. */
static bool is_lowered(const struct graph_node *node)
{
	return node->stage && (!node->is_replaced || node->base.kind == BASE_STAGE);
}

bool lower_is_ready(const struct lowering *lowering, uint32_t node)
{
	const struct graph_node *source = &lowering->graph->nodes.items[node];

	/* its own stage: only a trigger can name it, and reads what is there so far */
	return !is_lowered(source) || node <= lowering->stage;
}

struct tree_ref lower_base_tree(struct lowering *lowering, const struct graph_node *node)
{
	switch (node->base.kind) {
	case BASE_IMAGE:
		return image_tree(lowering, node);
	case BASE_DIRECTORY:
		return context_tree(lowering, node);
	case BASE_SCRATCH:
	case BASE_STAGE:
		break;
	}
	return (struct tree_ref){ .kind = TREE_EMPTY };
}

struct tree_ref lower_tree_of(struct lowering *lowering, uint32_t index)
{
	const struct graph_node *node = &lowering->graph->nodes.items[index];

	if (is_lowered(node))
		return index == lowering->stage ? lowering->state->tree : lowering->trees[index];
	return lower_base_tree(lowering, node);
}

void lower_ensure_tree(struct lowering *lowering)
{
	struct stage_state *state = lowering->state;

	if (state->tree.kind != TREE_CONTEXT)
		return;
	const char *name = lowering->builder->contexts.items[state->tree.index].name;
	struct copy_source *source = arena_alloc(lowering->arena, sizeof(*source));
	*source = (struct copy_source){ .kind = COPY_PATH, .path = "/" };
	struct step step = {
		.kind = STEP_COPY,
		.at = lowering->graph->nodes.items[lowering->stage].at,
		.stage = lowering->stage,
		.platform = state->platform,
		.copy = { .from = state->tree,
			  .sources = source,
			  .n_sources = 1,
			  .destination = "/",
			  .destination_is_dir = true },
	};
	step.title = arena_printf(lowering->arena, "[context %s] load from client", name);
	step.text = step.title;
	state->directory_name = name;
	state->directory_step = builder_add_step(lowering->builder, &step, NULL);
	state->tree = (struct tree_ref){ .kind = TREE_STEP, .index = state->directory_step };
}
