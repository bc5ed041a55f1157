/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things stand in the SVG: layers from top to bottom, so that lines lead down (Sugiyama's
 * method). Whole numbers only, so that every machine draws the same.
 *
 *	layout.c        layers, and corners where a line passes through a layer
 *	layout_order.c  the order within a layer, for few crossings
 *	layout_place.c  coordinates
 */
#ifndef CBUILD_GRAPH_LAYOUT_H
#define CBUILD_GRAPH_LAYOUT_H

#include "base/vec.h"
#include "plan/stage_view.h"

enum { BOX_HEIGHT = 50, LAYER_GAP = 70, BOX_GAP = 30, MARGIN = 20 };
/* Beyond that lines go straight through the layers between, however it looks. */
enum { CORNERS_MAX = 20000 };

/* A node of the view, or a corner of a line. */
struct vertex {
	uint32_t layer;
	int64_t x, width; /* left edge */
	int64_t wish;	  /* where it would like to be, in any measure */
	uint32_t place;	  /* within its layer */
};

struct link {
	uint32_t from, to; /* vertices of neighbouring layers, mostly */
};

/* The vertices that an edge passes, from its start to its end. */
struct route {
	uint32_t *vertices;
	size_t len;
};

struct layout {
	struct arena arena;
	VEC(struct vertex) vertices; /* the view's nodes first */
	VEC(struct link) links;
	struct route *routes; /* one per edge */
	uint32_t n_layers;
	uint32_t **layers; /* vertices in their order */
	uint32_t *layer_lens;
	/* Neighbours of vertex v: items[starts[v]] up to items[starts[v + 1]]. */
	struct neighbours {
		uint32_t *starts, *items;
	} above, below;
	int64_t width, height;
};

/* `widths`: one per node. */
void layout_make(const struct stage_view *view, const int64_t *widths, struct layout *ret_layout);
void layout_release(struct layout *layout);
DEFINE_RELEASE(struct layout, layout_release);

void layout_order(struct layout *layout);
void layout_place(struct layout *layout);

#endif
