/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <string.h>

void layout_release(struct layout *layout)
{
	arena_release(&layout->arena);
	vec_release(&layout->vertices);
	vec_release(&layout->links);
}

/* Only what leads to a later stage counts: files that nobody builds may hold a circle. */
static bool leads_down(const struct stage_view *view, const struct view_edge *edge)
{
	return edge->from >= view->n_stages || edge->from < edge->to;
}

/* Edges come by the stage they lead to, so what an edge starts at has its layer already. */
static void set_layers(const struct stage_view *view, struct vertex *vertices)
{
	for (size_t i = 0; i < view->n_edges; i++) {
		const struct view_edge *edge = &view->edges[i];
		uint32_t least = vertices[edge->from].layer + 1;
		if (leads_down(view, edge) && vertices[edge->to].layer < least)
			vertices[edge->to].layer = least;
	}
	/* what is no stage stands right above the first that uses it */
	for (size_t i = view->n_stages; i < view->n_nodes; i++)
		vertices[i].layer = UINT32_MAX;
	for (size_t i = 0; i < view->n_edges; i++) {
		const struct view_edge *edge = &view->edges[i];
		uint32_t highest = vertices[edge->to].layer - 1;
		if (edge->from >= view->n_stages && vertices[edge->from].layer > highest)
			vertices[edge->from].layer = highest;
	}
}

static void add_route(const struct stage_view *view, struct layout *layout, size_t number,
		      size_t *n_corners)
{
	const struct view_edge *edge = &view->edges[number];
	struct route *route = &layout->routes[number];
	uint32_t first = layout->vertices.items[edge->from].layer;
	uint32_t last = layout->vertices.items[edge->to].layer;
	uint32_t corners = last > first + 1 ? last - first - 1 : 0;

	if (*n_corners + corners > CORNERS_MAX)
		corners = 0;
	*n_corners += corners;
	route->vertices = arena_array(&layout->arena, corners + 2, sizeof(*route->vertices));
	route->vertices[route->len++] = edge->from;
	for (uint32_t i = 0; i < corners; i++) {
		route->vertices[route->len++] = (uint32_t)layout->vertices.len;
		vec_push(&layout->vertices, (struct vertex){ .layer = first + 1 + i });
	}
	route->vertices[route->len++] = edge->to;
	if (last <= first)
		return;
	for (size_t i = 0; i + 1 < route->len; i++)
		vec_push(&layout->links,
			 (struct link){ route->vertices[i], route->vertices[i + 1] });
}

static void fill_layers(struct layout *layout)
{
	uint32_t deepest = 0;

	for (size_t i = 0; i < layout->vertices.len; i++)
		if (layout->vertices.items[i].layer > deepest)
			deepest = layout->vertices.items[i].layer;
	layout->n_layers = deepest + 1;
	layout->layers = arena_array(&layout->arena, layout->n_layers, sizeof(*layout->layers));
	layout->layer_lens =
		arena_array(&layout->arena, layout->n_layers, sizeof(*layout->layer_lens));
	memset(layout->layer_lens, 0, layout->n_layers * sizeof(*layout->layer_lens));
	for (size_t i = 0; i < layout->vertices.len; i++)
		layout->layer_lens[layout->vertices.items[i].layer]++;
	for (uint32_t i = 0; i < layout->n_layers; i++) {
		layout->layers[i] =
			arena_array(&layout->arena, layout->layer_lens[i], sizeof(uint32_t));
		layout->layer_lens[i] = 0;
	}
	for (uint32_t i = 0; i < layout->vertices.len; i++) {
		struct vertex *vertex = &layout->vertices.items[i];
		vertex->place = layout->layer_lens[vertex->layer]++;
		layout->layers[vertex->layer][vertex->place] = i;
	}
}

static void fill_neighbours(struct layout *layout, bool is_above, struct neighbours *neighbours)
{
	size_t n = layout->vertices.len, n_links = layout->links.len;
	uint32_t *starts = arena_array(&layout->arena, n + 2, sizeof(*starts));

	memset(starts, 0, (n + 2) * sizeof(*starts));
	neighbours->items = arena_array(&layout->arena, n_links, sizeof(*neighbours->items));
	for (size_t i = 0; i < n_links; i++) {
		const struct link *link = &layout->links.items[i];
		starts[(is_above ? link->to : link->from) + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < n_links; i++) {
		const struct link *link = &layout->links.items[i];
		uint32_t owner = is_above ? link->to : link->from;
		neighbours->items[starts[owner + 1]++] = is_above ? link->from : link->to;
	}
	neighbours->starts = starts;
}

void layout_make(const struct stage_view *view, const int64_t *widths, struct layout *ret_layout)
{
	struct layout layout = { 0 };
	size_t n_corners = 0;

	for (size_t i = 0; i < view->n_nodes; i++)
		vec_push(&layout.vertices, (struct vertex){ .width = widths[i] });
	set_layers(view, layout.vertices.items);
	layout.routes = arena_array(&layout.arena, view->n_edges, sizeof(*layout.routes));
	memset(layout.routes, 0, view->n_edges * sizeof(*layout.routes));
	for (size_t i = 0; i < view->n_edges; i++)
		add_route(view, &layout, i, &n_corners);
	fill_layers(&layout);
	fill_neighbours(&layout, true, &layout.above);
	fill_neighbours(&layout, false, &layout.below);
	layout_order(&layout);
	layout_place(&layout);
	*ret_layout = layout;
}
