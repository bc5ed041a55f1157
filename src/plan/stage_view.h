/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages of a Dockerfile as somebody wants to see them: what is based on what, what is copied
 * or mounted from where, what a target needs. A value of its own, made without asking for a single
 * image; so ONBUILD triggers count where they are those of a stage, not those of an image.
 */
#ifndef CBUILD_PLAN_STAGE_VIEW_H
#define CBUILD_PLAN_STAGE_VIEW_H

#include "plan/plan.h"

enum view_kind {
	VIEW_STAGE = 1,
	VIEW_IMAGE,
	VIEW_CONTEXT, /* the main one, or a named directory */
	VIEW_REMOTE   /* what ADD fetches */
};

/* The first nodes are the stages, in the order of the file. */
struct view_node {
	enum view_kind kind;
	const char *name;
	const char *base;     /* VIEW_STAGE: what its FROM says, expanded */
	const char *platform; /* of FROM --platform, as it is written, or NULL */
	uint32_t line;	      /* VIEW_STAGE */
	bool is_needed, is_target;
};

enum view_edge_kind { VIEW_BASE = 1, VIEW_COPY, VIEW_MOUNT };

/* One of a kind between two nodes; what it brings is listed in its label. */
struct view_edge {
	enum view_edge_kind kind;
	uint32_t from, to;
	const char *label; /* paths, cut where there are many; "" of a VIEW_BASE */
	uint32_t n;	   /* instructions behind it */
	bool is_needed;
};

struct stage_view {
	struct arena arena;
	struct view_node *nodes;
	size_t n_nodes, n_stages;
	struct view_edge *edges; /* by the stage they lead to */
	size_t n_edges;
};

int stage_view_make(const struct dockerfile *dockerfile, const struct plan_options *options,
		    struct stage_view *ret_view, struct error *err) must_check;
void stage_view_release(struct stage_view *view);
DEFINE_RELEASE(struct stage_view, stage_view_release);

#endif
