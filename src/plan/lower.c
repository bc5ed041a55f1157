/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include "named_context.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static const struct graph_node *current_node(const struct lowering *lowering)
{
	return &lowering->graph->nodes.items[lowering->stage];
}

int lower_expand(struct lowering *lowering, const char *word, const char **ret_text,
		 struct error *err)
{
	return table_expand(&lowering->state->scope.vars, lowering->arena,
			    lowering->graph->dockerfile->escape, word, ret_text, err);
}

const char *lower_text(struct lowering *lowering, const char *original, bool is_raw)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored = ERROR_INIT;
	struct expand_scope scope = {
		.lookup = table_lookup,
		.context = &lowering->state->scope.vars,
		.escape = lowering->graph->dockerfile->escape,
		.keeps_quotes = is_raw,
		.keeps_unset = is_raw,
	};

	if (expand_word(&scope, original, &text, &ignored) < 0) {
		buf_clear(&text);
		buf_add_text(&text, original);
	}
	for (char *c = text.data; *c && *c != ' '; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	return arena_strndup(lowering->arena, text.data, text.len);
}

/* "[builder  2/12] RUN make"; the number is as wide as the total, as BuildKit writes it. */
static const char *make_title(struct lowering *lowering, const char *text, bool is_trigger)
{
	const char *name = current_node(lowering)->name;
	bool is_alone = lowering->graph->dockerfile->n_stages == 1;
	int width = snprintf(NULL, 0, "%u", lowering->n_steps);

	lowering->step_number++;
	return arena_printf(lowering->arena, "[%s%s%*u/%u] %s%s", is_alone ? "" : name,
			    is_alone ? "" : " ", width, lowering->step_number, lowering->n_steps,
			    is_trigger ? "ONBUILD " : "", text);
}

uint32_t lower_add_step(struct lowering *lowering, const struct graph_command *command,
			const char *text, struct step *step, const struct digest *env_digest)
{
	struct stage_state *state = lowering->state;

	lower_ensure_tree(lowering);
	step->at = command->instruction->at;
	step->stage = lowering->stage;
	step->text = text;
	step->title = make_title(lowering, text, command->is_trigger);
	step->parent = state->tree;
	step->platform = state->platform;
	step->no_cache = lowering->no_cache;
	uint32_t index = builder_add_step(lowering->builder, step, env_digest);
	state->tree = (struct tree_ref){ .kind = TREE_STEP, .index = index };
	return index;
}

bool lower_keeps_history(const struct lowering *lowering)
{
	return lowering->is_ancestor[lowering->stage];
}

int lower_add_history(struct lowering *lowering, const char *created_by, uint32_t step,
		      struct error *err)
{
	struct stage_state *state = lowering->state;

	if (!lower_keeps_history(lowering))
		return 0;
	state->history_len += strlen(created_by);
	if (state->history_len > CONFIG_SIZE_MAX || state->history.len >= HISTORY_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the image's history is longer than %d entries or %d bytes",
				 HISTORY_MAX, CONFIG_SIZE_MAX);
	vec_push(&state->history, (struct plan_history){
					  .created_by = created_by,
					  .comment = "buildkit.dockerfile.v0",
					  .step = step,
				  });
	return 0;
}

const char *lower_working_dir(const struct lowering *lowering)
{
	const char *dir = lowering->state->config->working_dir;

	return dir && *dir ? dir : "/";
}

static bool has_layers(const struct image_config *config)
{
	if (config->n_diff_ids)
		return true;
	for (size_t i = 0; i < config->n_history; i++)
		if (!config->history[i].empty_layer)
			return true;
	return false;
}

static uint32_t add_image(struct lowering *lowering, const struct graph_node *node)
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
	return node->stage ? make_title(lowering, text, false) : text;
}

static struct tree_ref image_tree(struct lowering *lowering, const struct graph_node *node)
{
	struct step step = {
		.kind = STEP_IMAGE,
		.at = node->at,
		.stage = lowering->stage,
		.platform = node->base.platform,
		.image.image = add_image(lowering, node),
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

bool lower_is_ready(const struct lowering *lowering, uint32_t node)
{
	const struct graph_node *source = &lowering->graph->nodes.items[node];

	return !source->stage || source->is_replaced || node < lowering->stage;
}

static struct tree_ref base_tree(struct lowering *lowering, const struct graph_node *node)
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

	if (node->stage && !node->is_replaced)
		return lowering->trees[index];
	return base_tree(lowering, node);
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
		.at = current_node(lowering)->at,
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
	state->directory_step = builder_add_step(lowering->builder, &step, NULL);
	state->tree = (struct tree_ref){ .kind = TREE_STEP, .index = state->directory_step };
}

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
		return;
	case BASE_IMAGE:
		stage_state_init_image(state, base->config, add_image(lowering, node),
				       lowering->arena);
		state->platform = *image_platform(lowering, node);
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
	state->tree = base_tree(lowering, node);
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

static int lower_stage(struct lowering *lowering, uint32_t index, struct error *err)
{
	const struct graph_node *node = &lowering->graph->nodes.items[index];

	lowering->stage = index;
	lowering->state = &lowering->states[index];
	lowering->no_cache = stage_is_uncached(lowering->options, node);
	lowering->step_number = 0;
	lowering->n_steps = node->base.kind == BASE_IMAGE || node->base.kind == BASE_DIRECTORY;
	for (size_t i = 0; i < node->commands.len; i++)
		lowering->n_steps += makes_step(&node->commands.items[i]);
	init_state(lowering, node);
	for (size_t i = 0; i < node->commands.len; i++) {
		const struct graph_command *command = &node->commands.items[i];
		const struct instruction *instruction = command->instruction;
		assert(FUNCTIONS[instruction->kind]);
		if (FUNCTIONS[instruction->kind](lowering, command, err) < 0)
			return error_place(err, instruction->at);
	}
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
