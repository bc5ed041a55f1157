/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include "oci/manifest.h"

#include <string.h>

/* --label NAME is --label NAME= */
static void add_labels(struct lowering *lowering, struct stage_state *state)
{
	const struct strv *labels = &lowering->options->labels;

	for (size_t i = 0; i < labels->len; i++) {
		const char *text = labels->items[i], *equals = strchrnul(text, '=');
		const char *name = arena_strndup(lowering->arena, text, (size_t)(equals - text));
		(void)name_table_set(&state->labels, lowering->arena, name,
				     *equals ? equals + 1 : "", NULL);
	}
}

static void write_config(struct lowering *lowering, struct stage_state *state)
{
	const struct plan_options *options = lowering->options;
	struct image_config *config = state->config;

	add_labels(lowering, state);
	name_table_write(&state->scope.env, &config->env);
	name_table_write_pairs(&state->labels, &config->labels);
	name_table_write(&state->ports, &config->exposed_ports);
	name_table_write(&state->volumes, &config->volumes);
	if (!options->n_platforms)
		return;
	const struct platform *platform = &lowering->graph->target_platform;
	memcpy(config->platform.os, platform->os, sizeof(platform->os));
	memcpy(config->platform.architecture, platform->architecture,
	       sizeof(platform->architecture));
	memcpy(config->platform.variant, platform->variant, sizeof(platform->variant));
}

/*
 * A base that is a directory is a layer of its own, which no instruction made. As BuildKit does,
 * the lines of history stand for the layers in order, and what is left over at the end gets a line
 * that bears the title of its step.
 */
static int shift_history(struct lowering *lowering, struct stage_state *state, struct error *err)
{
	uint32_t step = state->directory_step;

	for (size_t i = 0; i < state->history.len; i++) {
		struct plan_history *entry = &state->history.items[i];
		if (entry->is_base || entry->step == NO_STEP)
			continue;
		uint32_t own = entry->step;
		entry->step = step;
		step = own;
	}
	lowering->stage = lowering->graph->target;
	const char *title = lowering->builder->steps.items[step].title;
	if (step == state->directory_step)
		title = arena_printf(lowering->arena, "local source for %s", state->directory_name);
	if (lower_add_history(lowering, title, step, err) < 0)
		return -1;
	state->history.items[state->history.len - 1].comment = "buildkit.exporter.image.v0";
	return 0;
}

static int check_layers(const struct lowering *lowering, const struct stage_state *state,
			struct error *err)
{
	size_t n_layers = 0;

	if (state->base_image != NO_STEP)
		n_layers = lowering->builder->images.items[state->base_image].config->n_diff_ids;
	for (size_t i = 0; i < state->history.len; i++)
		n_layers +=
			!state->history.items[i].is_base && state->history.items[i].step != NO_STEP;
	if (n_layers > LAYERS_MAX)
		return error_at(err, ERROR_UNSUPPORTED,
				lowering->graph->nodes.items[lowering->graph->target].at,
				"the image would have %zu layers, more than %d", n_layers,
				LAYERS_MAX);
	return 0;
}

int target_make(struct lowering *lowering, struct plan_target *ret_target, struct error *err)
{
	struct stage_state *state = &lowering->states[lowering->graph->target];
	struct arena *arena = lowering->arena;

	lowering->state = state;
	lower_ensure_tree(lowering);
	if (state->directory_step != NO_STEP && shift_history(lowering, state, err) < 0)
		return -1;
	if (check_layers(lowering, state, err) < 0)
		return -1;
	write_config(lowering, state);
	size_t n = state->history.len;
	struct plan_history *history = arena_array(arena, n, sizeof(*history));
	if (n)
		memcpy(history, state->history.items, n * sizeof(*history));
	*ret_target = (struct plan_target){
		.platform = lowering->options->n_platforms ? lowering->graph->target_platform
							   : state->platform,
		.config = take_ptr(&state->config),
		.tree = state->tree,
		.history = history,
		.n_history = n,
		.base_image = state->base_image,
	};
	return 0;
}
