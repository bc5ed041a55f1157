/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages of a Dockerfile as a graph, for one target platform: what each is based on, what its
 * instructions copy or mount from, what the target reaches. Pure: images are asked for through the
 * caller's look-up, and only those that the target reaches. ONBUILD triggers of a base (an image or
 * another stage) are read here, since they may name further stages and images.
 *
 * A node is a stage of the Dockerfile (the first n_stages, by index), or something that only a
 * --from names. Stages are lowered in the order of the file, so each may read earlier ones alone.
 */
#ifndef CBUILD_PLAN_STAGE_GRAPH_H
#define CBUILD_PLAN_STAGE_GRAPH_H

#include "build_args.h"

#include "base/vec.h"

#define NO_NODE UINT32_MAX

enum base_kind { BASE_SCRATCH = 1, BASE_STAGE, BASE_IMAGE, BASE_DIRECTORY };

struct graph_base {
	enum base_kind kind;
	uint32_t stage;			     /* BASE_STAGE */
	const char *reference;		     /* BASE_IMAGE: normalised, or oci-layout://... */
	struct platform platform;	     /* BASE_IMAGE: for which it is asked for */
	const struct image_config *config;   /* BASE_IMAGE, when the look-up knew it */
	const struct named_context *context; /* that stands in place of the name, or NULL */
};

struct graph_command {
	const struct instruction *instruction;
	bool is_trigger;
	uint32_t *sources; /* nodes: COPY --from's, or of each mount; NO_NODE where it has none */
	size_t n_sources;
};

struct graph_node {
	const struct stage *stage; /* NULL: only a --from names it */
	struct position at;
	const char *name;    /* "builder", "stage-1" */
	const char *written; /* the base, expanded, as it stands there */
	bool has_platform;   /* FROM --platform */
	struct platform platform;
	struct graph_base base;
	/* A named context bears this stage's name: its instructions are never looked at. */
	bool is_replaced;
	bool is_reachable;
	VEC(struct graph_command) commands; /* triggers of the base first */
};

struct stage_graph {
	const struct dockerfile *dockerfile;
	const struct plan_options *options;
	const struct name_table *globals;
	struct platform target_platform;
	struct arena *arena;
	VEC(struct graph_node) nodes;
	struct map names;	 /* lower case -> node + 1; the last of a name */
	struct map from_outside; /* what only a --from names -> node + 1 */
	struct map trigger_args; /* names of ARGs in triggers */
	struct map global_args;	 /* names of global ARGs, for the facts */
	uint32_t target;
};

/*
 * The arguments must outlive the graph. On return images that the look-up did not know have no
 * config and stand in *missing (arena memory), each once; then the graph is not complete.
 */
struct missing_images {
	struct plan_image *items;
	size_t len;
};
int stage_graph_make(const struct dockerfile *dockerfile, const struct plan_options *options,
		     const struct name_table *globals, const struct platform *target_platform,
		     const struct image_lookup *lookup, struct arena *arena,
		     struct stage_graph *ret_graph, struct missing_images *ret_missing,
		     struct error *err) must_check;
void stage_graph_release(struct stage_graph *graph);
DEFINE_RELEASE(struct stage_graph, stage_graph_release);

/* stage_node.c: nodes out of FROM lines. */
int graph_add_stages(struct stage_graph *graph, struct error *err) must_check;
/* What an image name that is no stage stands for: scratch, a named context, an image. */
int graph_resolve_base(struct stage_graph *graph, struct graph_node *node, struct error *err)
	must_check;

/* stage_source.c: finds what a COPY or RUN reads; may add nodes, and so move them. */
int graph_read_command(struct stage_graph *graph, const struct instruction *instruction,
		       bool is_trigger, struct graph_command *ret_command, struct error *err)
	must_check;

/* trigger.c: puts the triggers of a node's base before its own commands. */
int graph_add_triggers(struct stage_graph *graph, uint32_t index, struct error *err) must_check;

#endif
