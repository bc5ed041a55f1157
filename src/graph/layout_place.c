/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coordinates: everything goes below the middle of what it is linked to, as far as its neighbours
 * in the layer leave room. Packed once from the left and once from the right, the mean of both
 * keeps every distance and leans to neither side.
 */
#include "layout.h"

enum { ROUNDS = 8 };

static int64_t middle(const struct vertex *vertex)
{
	return vertex->x + vertex->width / 2;
}

static void add_middles(const struct layout *layout, const struct neighbours *neighbours,
			uint32_t vertex, int64_t *sum, int64_t *n)
{
	for (uint32_t i = neighbours->starts[vertex]; i < neighbours->starts[vertex + 1]; i++) {
		*sum += middle(&layout->vertices.items[neighbours->items[i]]);
		(*n)++;
	}
}

static void make_wish(struct layout *layout, uint32_t number)
{
	struct vertex *vertex = &layout->vertices.items[number];
	int64_t sum = 0, n = 0;

	add_middles(layout, &layout->above, number, &sum, &n);
	add_middles(layout, &layout->below, number, &sum, &n);
	vertex->wish = n ? sum / n - vertex->width / 2 : vertex->x;
}

static void place_layer(struct layout *layout, uint32_t layer)
{
	uint32_t n = layout->layer_lens[layer];
	const uint32_t *order = layout->layers[layer];
	struct vertex *vertices = layout->vertices.items;
	autofree int64_t *from_left = xcalloc((size_t)n + 1, sizeof(*from_left));

	for (uint32_t i = 0; i < n; i++) {
		int64_t least =
			i ? from_left[i - 1] + vertices[order[i - 1]].width + BOX_GAP : INT64_MIN;
		make_wish(layout, order[i]);
		from_left[i] = vertices[order[i]].wish > least ? vertices[order[i]].wish : least;
	}
	for (uint32_t i = n; i-- > 0;) {
		struct vertex *vertex = &vertices[order[i]];
		int64_t most = i + 1 < n ? vertices[order[i + 1]].wish - BOX_GAP - vertex->width
					 : INT64_MAX;
		vertex->wish = vertex->wish < most ? vertex->wish : most;
	}
	for (uint32_t i = 0; i < n; i++)
		vertices[order[i]].x = (from_left[i] + vertices[order[i]].wish) / 2;
}

static void pack(struct layout *layout)
{
	for (uint32_t layer = 0; layer < layout->n_layers; layer++) {
		int64_t x = 0;
		for (uint32_t i = 0; i < layout->layer_lens[layer]; i++) {
			struct vertex *vertex = &layout->vertices.items[layout->layers[layer][i]];
			vertex->x = x;
			x += vertex->width + BOX_GAP;
		}
	}
}

static void fit(struct layout *layout)
{
	int64_t left = INT64_MAX, right = INT64_MIN;

	for (size_t i = 0; i < layout->vertices.len; i++) {
		const struct vertex *vertex = &layout->vertices.items[i];
		left = vertex->x < left ? vertex->x : left;
		right = vertex->x + vertex->width > right ? vertex->x + vertex->width : right;
	}
	for (size_t i = 0; i < layout->vertices.len; i++)
		layout->vertices.items[i].x += MARGIN - left;
	layout->width = right - left + 2 * MARGIN;
	layout->height =
		(int64_t)layout->n_layers * (BOX_HEIGHT + LAYER_GAP) - LAYER_GAP + 2 * MARGIN;
}

void layout_place(struct layout *layout)
{
	pack(layout);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < layout->n_layers; i++)
			place_layer(layout, i);
		for (uint32_t i = layout->n_layers; i-- > 0;)
			place_layer(layout, i);
	}
	fit(layout);
}
