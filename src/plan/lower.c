/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* What a variable takes that a stage inherits, about. */
enum { BYTES_PER_COPY = 64 };

static lower_function *const FUNCTIONS[] = {
	[INSTRUCTION_ADD] = lower_add,
	[INSTRUCTION_ARG] = lower_arg,
	[INSTRUCTION_CMD] = lower_cmd,
	[INSTRUCTION_COPY] = lower_copy,
	[INSTRUCTION_ENTRYPOINT] = lower_entrypoint,
	[INSTRUCTION_ENV] = lower_env,
	[INSTRUCTION_EXPOSE] = lower_expose,
	[INSTRUCTION_HEALTHCHECK] = lower_healthcheck,
	[INSTRUCTION_LABEL] = lower_label,
	[INSTRUCTION_MAINTAINER] = lower_maintainer,
	[INSTRUCTION_ONBUILD] = lower_onbuild,
	[INSTRUCTION_RUN] = lower_run,
	[INSTRUCTION_SHELL] = lower_shell,
	[INSTRUCTION_STOPSIGNAL] = lower_stopsignal,
	[INSTRUCTION_USER] = lower_user,
	[INSTRUCTION_VOLUME] = lower_volume,
	[INSTRUCTION_WORKDIR] = lower_workdir,
};

/* What runs on it: what was asked for, else what the image says it is. */
static const struct platform *image_platform(const struct lowering *lowering,
					     const struct graph_node *node)
{
	const struct platform *own = &node->base.config->platform;
	bool is_asked_for = node->has_platform || lowering->options->n_platforms;

	return !is_asked_for && *own->os && *own->architecture ? own : &node->base.platform;
}

static void init_state(struct lowering *lowering, const struct graph_node *node)
{
	struct stage_state *state = lowering->state;
	const struct graph_base *base = &node->base;

	switch (base->kind) {
	case BASE_STAGE:
		if (--lowering->n_heirs[base->stage] == 0)
			stage_state_init_move(state, &lowering->states[base->stage],
					      lowering->arena);
		else
			stage_state_init_copy(state, &lowering->states[base->stage],
					      lowering->arena);
		if (base->context)
			scope_forget_args(&state->scope, lowering->arena);
		return;
	case BASE_IMAGE:
		stage_state_init_image(state, base->config, lower_add_image(lowering, node),
				       lowering->arena);
		state->platform = *image_platform(lowering, node);
		lower_note_base(lowering, node, &state->platform);
		break;
	case BASE_SCRATCH:
		/* BuildKit: FROM --platform=... scratch is of the target platform all the same */
		stage_state_init_scratch(
			state, base->context ? &base->platform : &lowering->graph->target_platform,
			lowering->arena);
		break;
	case BASE_DIRECTORY:
		stage_state_init_scratch(state, &base->platform, lowering->arena);
		break;
	}
	state->tree = lower_base_tree(lowering, node);
}

static bool makes_step(const struct graph_command *command)
{
	enum instruction_kind kind = command->instruction->kind;

	return kind == INSTRUCTION_ADD || kind == INSTRUCTION_COPY || kind == INSTRUCTION_RUN ||
	       kind == INSTRUCTION_WORKDIR;
}

static bool stage_is_uncached(const struct plan_options *options, const struct graph_node *node)
{
	if (options->no_cache)
		return true;
	for (size_t i = 0; node->stage->from.from.stage_name && i < options->no_cache_filter.len;
	     i++)
		if (strcasecmp(options->no_cache_filter.items[i], node->name) == 0)
			return true;
	return false;
}

/*
 * Where all errors are asked for, the others go on after one; but not where a variable was to be
 * set, since then others would be about what is missing.
 */
static int lower_command(struct lowering *lowering, const struct graph_command *command,
			 struct error *err)
{
	const struct instruction *instruction = command->instruction;

	assert(FUNCTIONS[instruction->kind]);
	lowering->culprit = NULL;
	lowering->command = command;
	if (FUNCTIONS[instruction->kind](lowering, command, err) == 0)
		return 0;
	(void)error_place(err, instruction_find(instruction, lowering->culprit));
	if (instruction->kind == INSTRUCTION_ARG || instruction->kind == INSTRUCTION_ENV ||
	    lowering->texts_len > PLAN_TEXTS_MAX)
		return -1;
	return error_list_add(lowering->options->errors, err) ? 0 : -1;
}

static int lower_stage(struct lowering *lowering, uint32_t index, struct error *err)
{
	const struct graph_node *node = &lowering->graph->nodes.items[index];

	lowering->stage = index;
	lowering->state = &lowering->states[index];
	lowering->no_cache = stage_is_uncached(lowering->options, node);
	lowering->step_number = 0;
	lowering->last_cmd = lowering->last_entrypoint = lowering->last_healthcheck = NULL;
	/* BuildKit counts a FROM that is not scratch, even where a named context takes its place */
	lowering->n_steps = node->base.kind != BASE_STAGE &&
			    (node->base.kind != BASE_SCRATCH || node->base.context);
	for (size_t i = 0; i < node->commands.len; i++)
		lowering->n_steps += makes_step(&node->commands.items[i]);
	bool is_copied = node->base.kind == BASE_STAGE && lowering->n_heirs[node->base.stage] > 1;
	init_state(lowering, node);
	size_t n_copied = is_copied ? lowering->state->scope.vars.entries.len : 0;
	if (lower_charge(lowering, n_copied * BYTES_PER_COPY, err) < 0)
		return error_place(err, node->at);
	for (size_t i = 0; i < node->commands.len; i++)
		if (lower_command(lowering, &node->commands.items[i], err) < 0)
			return -1;
	lowering->trees[index] = lowering->state->tree;
	if (!lowering->n_heirs[index])
		stage_state_release(lowering->state);
	return 0;
}

static int lower_all(struct lowering *lowering, struct plan_target *ret_target, struct error *err)
{
	const struct stage_graph *graph = lowering->graph;
	size_t n_stages = graph->dockerfile->n_stages;

	for (size_t i = 0; i < n_stages; i++) {
		const struct graph_node *node = &graph->nodes.items[i];
		if (node->is_reachable && node->base.kind == BASE_STAGE)
			lowering->n_heirs[node->base.stage]++;
	}
	lowering->n_heirs[graph->target]++;
	const struct graph_node *node = &graph->nodes.items[graph->target];
	lowering->is_ancestor[graph->target] = true;
	for (; node->base.kind == BASE_STAGE; node = &graph->nodes.items[node->base.stage])
		lowering->is_ancestor[node->base.stage] = true;
	for (uint32_t i = 0; i <= graph->target; i++)
		if (graph->nodes.items[i].is_reachable && lower_stage(lowering, i, err) < 0)
			return plan_fail(lowering->options, err);
	if (error_list_end(lowering->options->errors, err) < 0)
		return -1;
	return target_make(lowering, ret_target, err);
}

int lower_stages(struct plan_builder *builder, const struct stage_graph *graph,
		 const struct build_args *build_args, struct plan_target *ret_target,
		 struct error *err)
{
	size_t n = graph->dockerfile->n_stages;
	autofree struct tree_ref *trees = xcalloc(n, sizeof(*trees));
	autofree struct stage_state *states = xcalloc(n, sizeof(*states));
	autofree uint32_t *n_heirs = xcalloc(n, sizeof(*n_heirs));
	autofree bool *is_ancestor = xcalloc(n, sizeof(*is_ancestor));
	struct lowering lowering = {
		.builder = builder,
		.arena = builder->arena,
		.graph = graph,
		.options = graph->options,
		.build_args = build_args,
		.globals = graph->globals,
		.proxy_env = build_args_proxy_env(build_args, builder->arena),
		.trees = trees,
		.states = states,
		.n_heirs = n_heirs,
		.is_ancestor = is_ancestor,
	};

	int result = lower_all(&lowering, ret_target, err);
	for (size_t i = 0; i < n; i++)
		stage_state_release(&states[i]);
	return result;
}
