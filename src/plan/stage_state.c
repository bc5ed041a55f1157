/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_state.h"

#include "base/path.h"

#include <string.h>

void config_set_text(char **slot, const char *text)
{
	char *copy = xstrdup(text);

	free(*slot);
	*slot = copy;
}

void stage_state_release(struct stage_state *state)
{
	scope_release(&state->scope);
	name_table_release(&state->labels);
	name_table_release(&state->ports);
	name_table_release(&state->volumes);
	image_config_free(state->config);
	vec_release(&state->history);
	*state = (struct stage_state){ 0 };
}

static void read_config(struct stage_state *state, struct arena *arena)
{
	struct image_config *config = state->config;
	bool is_windows = strcmp(state->platform.os, "windows") == 0;

	scope_set_image_env(&state->scope, arena, &config->env, !is_windows);
	name_table_add_pairs(&state->labels, arena, &config->labels);
	name_table_add_all(&state->ports, arena, &config->exposed_ports);
	name_table_add_all(&state->volumes, arena, &config->volumes);
	if (config->working_dir && *config->working_dir && *config->working_dir != '/') {
		autofree char *below = path_clean(config->working_dir);
		autofree char *absolute = xasprintf("/%s", below);
		config_set_text(&config->working_dir, absolute);
	}
}

void stage_state_init_scratch(struct stage_state *state, const struct platform *platform,
			      struct arena *arena)
{
	*state = (struct stage_state){
		.config = image_config_new(),
		.platform = *platform,
		.base_image = NO_STEP,
		.directory_step = NO_STEP,
	};
	state->config->platform = *platform;
	config_set_text(&state->config->working_dir, "/");
	read_config(state, arena);
}

/* What the new image makes anew. */
static void drop_made_parts(struct image_config *config)
{
	struct image_config *rest = image_config_new();

	free(config->created);
	config->created = NULL;
	free(config->diff_ids);
	config->diff_ids = NULL;
	config->n_diff_ids = 0;
	strv_release(&config->on_build);
	config->on_build = (struct strv)STRV_INIT;
	rest->history = config->history;
	rest->n_history = config->n_history;
	config->history = NULL;
	config->n_history = 0;
	image_config_free(rest);
}

void stage_state_init_image(struct stage_state *state, const struct image_config *config,
			    uint32_t image, struct arena *arena)
{
	*state = (struct stage_state){
		.config = image_config_dup(config),
		.platform = config->platform,
		.base_image = image,
		.directory_step = NO_STEP,
	};
	drop_made_parts(state->config);
	for (uint32_t i = 0; i < config->n_history; i++)
		vec_push(&state->history, (struct plan_history){
						  .is_base = true,
						  .base_index = i,
						  .step = NO_STEP,
					  });
	read_config(state, arena);
}

/* A stage begins: triggers stay with the stage that declared them, and its CMD is the parent's. */
static void begin_stage(struct stage_state *state, struct arena *arena)
{
	strv_release(&state->config->on_build);
	state->config->on_build = (struct strv)STRV_INIT;
	state->has_own_cmd = false;
	scope_unshadow(&state->scope, arena);
}

void stage_state_init_copy(struct stage_state *state, const struct stage_state *from,
			   struct arena *arena)
{
	*state = *from;
	scope_copy(&state->scope, &from->scope);
	state->labels = state->ports = state->volumes = (struct name_table)NAME_TABLE_INIT;
	name_table_copy(&state->labels, &from->labels);
	name_table_copy(&state->ports, &from->ports);
	name_table_copy(&state->volumes, &from->volumes);
	state->config = image_config_dup(from->config);
	state->history.items = NULL;
	state->history.len = state->history.size = 0;
	for (size_t i = 0; i < from->history.len; i++)
		vec_push(&state->history, from->history.items[i]);
	begin_stage(state, arena);
}

void stage_state_init_move(struct stage_state *state, struct stage_state *from, struct arena *arena)
{
	*state = *from;
	*from = (struct stage_state){ 0 };
	begin_stage(state, arena);
}
