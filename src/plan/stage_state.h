/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stage has come to while it is lowered: its variables, its config, its tree, its history. A
 * stage based on it takes the value over where nobody else needs it, else a copy, so that a long
 * chain of stages costs no square.
 */
#ifndef CBUILD_PLAN_STAGE_STATE_H
#define CBUILD_PLAN_STAGE_STATE_H

#include "scope.h"

#include "plan/plan.h"

struct stage_state {
	struct scope scope; /* the config's Env is scope.env */
	struct name_table labels, ports, volumes;
	struct image_config *config; /* all the rest of it */
	struct platform platform;
	uint32_t base_image; /* index into the plan's images, or NO_STEP */
	struct tree_ref tree;
	/* The step that copies a named directory to be the base: a layer without history. */
	uint32_t directory_step;
	const char *directory_name;
	VEC(struct plan_history) history;
	size_t history_len; /* bytes of text in it */
	bool has_own_cmd;   /* CMD stood in this very stage */
	bool has_workdir;   /* WORKDIR stood in this stage or one below it */
};

void stage_state_release(struct stage_state *state);
/* An image without anything, for a platform. */
void stage_state_init_scratch(struct stage_state *state, const struct platform *platform,
			      struct arena *arena);
void stage_state_init_image(struct stage_state *state, const struct image_config *config,
			    uint32_t image, struct arena *arena);
/* For a stage based on `from`. */
void stage_state_init_copy(struct stage_state *state, const struct stage_state *from,
			   struct arena *arena);
void stage_state_init_move(struct stage_state *state, struct stage_state *from,
			   struct arena *arena);
/* Heap texts of a config. */
void config_set_text(char **slot, const char *text);

#endif
