/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of FROM lines and of global arguments; nothing here changes what is planned. */
#ifndef CBUILD_PLAN_STAGE_FACT_H
#define CBUILD_PLAN_STAGE_FACT_H

#include "stage_graph.h"

/* The variables that one word of a FROM names, each once; more than a few are not kept. */
struct from_names {
	struct strv set, unset;
};

#define FROM_NAMES_INIT              \
	{                            \
		STRV_INIT, STRV_INIT \
	}

void from_names_release(struct from_names *names);
DEFINE_RELEASE(struct from_names, from_names_release);
void from_names_add(struct strv *names, const char *name);

/* Before the first stage is looked at. */
void graph_note_globals(struct stage_graph *graph);
void graph_note_names(const struct stage_graph *graph, const struct graph_node *node,
		      const struct from_names *names);
void graph_note_platform(const struct stage_graph *graph, const struct graph_node *node,
			 const struct from_names *names, const char *text);
/* Who needs whom, once the graph stands. */
void graph_note_uses(const struct stage_graph *graph);

#endif
