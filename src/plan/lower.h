/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages into steps, for one target platform: each instruction has a function in a table
 * (lower.c), which expands its texts, changes the stage's state, adds a step where there is
 * something to do, and writes the line of history.
 */
#ifndef CBUILD_PLAN_LOWER_H
#define CBUILD_PLAN_LOWER_H

#include "stage_graph.h"
#include "stage_state.h"
#include "step_add.h"

/*
 * What all expanded texts, and the environments that steps and stages get of their own, may come
 * to: each is below its own ceiling, but there may be many.
 */
enum { PLAN_TEXTS_MAX = 512 * 1024 * 1024 };

struct lowering {
	struct plan_builder *builder;
	struct arena *arena; /* the plan's */
	const struct stage_graph *graph;
	const struct plan_options *options;
	const struct build_args *build_args;
	const struct name_table *globals;
	struct words proxy_env;
	/* Beside graph->nodes: */
	struct tree_ref *trees;	    /* what a --from of a lowered stage reads */
	struct stage_state *states; /* stages alone */
	uint32_t *n_heirs;	    /* reachable stages still to come that are based on it */
	bool *is_ancestor;	    /* of the target: only their history is wanted */
	/* The stage at hand: */
	const struct graph_command *command; /* what is being lowered */
	/* CMD, ENTRYPOINT and HEALTHCHECK that stood in it, or NULL */
	const struct graph_command *last_cmd, *last_entrypoint, *last_healthcheck;
	uint32_t stage;
	struct stage_state *state;
	unsigned step_number, n_steps; /* of "[builder 2/4]" */
	bool no_cache;
	size_t texts_len; /* of all stages so far */
	/* The word of the instruction at hand that an error is about, or NULL. */
	const char *culprit;
};

typedef int lower_function(struct lowering *lowering, const struct graph_command *command,
			   struct error *err);
lower_function lower_add, lower_arg, lower_cmd, lower_copy, lower_entrypoint, lower_env,
	lower_expose, lower_healthcheck, lower_label, lower_maintainer, lower_onbuild, lower_run,
	lower_shell, lower_stopsignal, lower_user, lower_volume, lower_workdir;

/* All reachable stages, in order. The target's state is then in states[graph->target]. */
int lower_stages(struct plan_builder *builder, const struct stage_graph *graph,
		 const struct build_args *build_args, struct plan_target *ret_target,
		 struct error *err) must_check;

/* What was added to the plan counts against PLAN_TEXTS_MAX. */
int lower_charge(struct lowering *lowering, size_t len, struct error *err) must_check;
/* Expands one word in the scope of the stage; arena memory. */
int lower_expand(struct lowering *lowering, const char *word, const char **ret_text,
		 struct error *err) must_check;
/*
 * The instruction as titles show it: variables filled in. Of a RUN, where they are set; `run`, else
 * NULL, names those that are secrets.
 */
const char *lower_text(struct lowering *lowering, const char *original, const struct run_step *run);
/* "[builder  2/12] RUN make"; counts the step. The number is as wide as the total, as BuildKit
 * writes it. */
const char *lower_title(struct lowering *lowering, const char *text, bool is_trigger);
/* Adds a step on top of the stage's tree; `step` holds kind and body. Returns its index. */
uint32_t lower_add_step(struct lowering *lowering, const struct graph_command *command,
			const char *text, struct step *step, const struct digest *env_digest);
/* Is the stage's history wanted at all? Then line by line; text in arena memory. */
bool lower_keeps_history(const struct lowering *lowering);
int lower_add_history(struct lowering *lowering, const char *created_by, uint32_t step,
		      struct error *err) must_check;

/* SHELL, or what stands for it, with the text behind; for the JSON form the words alone. */
void lower_command_args(const struct lowering *lowering, const struct command_line *line,
			const char *text, struct strv *args);
/* The working directory, absolute. */
const char *lower_working_dir(const struct lowering *lowering);

/* lower_tree.c: the tree of a node that --from names; it has been lowered, or is no stage. */
bool lower_is_ready(const struct lowering *lowering, uint32_t node);
struct tree_ref lower_tree_of(struct lowering *lowering, uint32_t node);
/* What stands below a stage's own steps. A named directory is a context, until it is changed: */
struct tree_ref lower_base_tree(struct lowering *lowering, const struct graph_node *node);
void lower_ensure_tree(struct lowering *lowering);
/* Index of the image of a node based on one. */
uint32_t lower_add_image(struct lowering *lowering, const struct graph_node *node);

/* lower_note.c: facts of the instruction at hand. */
void lower_note(const struct lowering *lowering, enum plan_fact_kind kind, const char *name,
		const char *other);
/* ... that counts once in a stage; *last is the one before it. */
void lower_note_repeated(const struct lowering *lowering, const struct graph_command **last);
void lower_note_shell_form(const struct lowering *lowering, const struct command_line *line);
void lower_note_port(const struct lowering *lowering, const char *written, bool has_address,
		     const char *protocol);
void lower_note_argument(const struct lowering *lowering, const struct key_value *pair,
			 const char *value, bool is_inherited);
void lower_note_secret(const struct lowering *lowering, const struct mount_flag *flag);
/* An image has another platform than the one it was asked for. */
void lower_note_base(const struct lowering *lowering, const struct graph_node *node,
		     const struct platform *wanted);
/* Expands, noting variables that are not set. */
int lower_expand_noting(const struct lowering *lowering, struct expand_scope *scope,
			const char *word, struct buf *ret_text, struct error *err) must_check;

/* lower_mount.c */
int lower_mounts(struct lowering *lowering, const struct graph_command *command,
		 struct run_step *run, struct error *err) must_check;

/* target.c: the final config and history out of the target's state. */
int target_make(struct lowering *lowering, struct plan_target *ret_target, struct error *err)
	must_check;
#endif
