/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order within each layer: everything goes to the middle of what it is linked to, layer by
 * layer, down and up some times. That is the known heuristic; the least number of crossings is hard
 * to find.
 */
#include "layout.h"

#include <stdlib.h>

enum { SWEEPS = 6, SCALE = 1024 };

struct entry {
	int64_t wish;
	uint32_t place, vertex;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->wish != right->wish)
		return left->wish < right->wish ? -1 : 1;
	return (left->place > right->place) - (left->place < right->place);
}

/* The mean place of the neighbours; without any it stays where it is. */
static int64_t mean_place(const struct layout *layout, const struct neighbours *neighbours,
			  uint32_t vertex)
{
	uint32_t first = neighbours->starts[vertex], end = neighbours->starts[vertex + 1];
	int64_t sum = 0;

	for (uint32_t i = first; i < end; i++)
		sum += layout->vertices.items[neighbours->items[i]].place * (int64_t)SCALE;
	return first < end ? sum / (end - first)
			   : layout->vertices.items[vertex].place * (int64_t)SCALE;
}

static void order_layer(struct layout *layout, uint32_t layer, const struct neighbours *neighbours)
{
	uint32_t n = layout->layer_lens[layer], *vertices = layout->layers[layer];
	autofree struct entry *entries = xcalloc((size_t)n + 1, sizeof(*entries));

	for (uint32_t i = 0; i < n; i++)
		entries[i] = (struct entry){ .wish = mean_place(layout, neighbours, vertices[i]),
					     .place = i,
					     .vertex = vertices[i] };
	qsort(entries, n, sizeof(*entries), compare_entries);
	for (uint32_t i = 0; i < n; i++) {
		vertices[i] = entries[i].vertex;
		layout->vertices.items[vertices[i]].place = i;
	}
}

void layout_order(struct layout *layout)
{
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		for (uint32_t i = 1; i < layout->n_layers; i++)
			order_layer(layout, i, &layout->above);
		for (uint32_t i = layout->n_layers - 1; i-- > 0;)
			order_layer(layout, i, &layout->below);
	}
}
