/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "graph/graph.h"

#include <string.h>

static void add_escaped(struct buf *buf, const char *text)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	text_add_printable(&shown, text, strlen(text));
	for (const char *c = shown.len ? shown.data : ""; *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_add_char(buf, '\\');
		buf_add_char(buf, *c);
	}
}

static const char *node_style(const struct view_node *node)
{
	if (!node->is_needed)
		return "color=\"#bbbbbb\", fontcolor=\"#999999\", fillcolor=\"#f6f6f6\"";
	if (node->is_target)
		return "color=\"#2e7d32\", fillcolor=\"#dff2e1\", penwidth=2";
	switch (node->kind) {
	case VIEW_STAGE:
		return "color=\"#2b5fb3\", fillcolor=\"#e9f0fc\"";
	case VIEW_IMAGE:
		return "shape=cylinder, color=\"#a36a00\", fillcolor=\"#fff4dc\"";
	case VIEW_CONTEXT:
		return "shape=folder, color=\"#6f4a9c\", fillcolor=\"#f3ecfa\"";
	case VIEW_REMOTE:
		break;
	}
	return "shape=note, color=\"#6f4a9c\", fillcolor=\"#f3ecfa\"";
}

static void add_node(const struct view_node *node, size_t number, struct buf *buf)
{
	buf_printf(buf, "\tn%zu [label=\"", number);
	add_escaped(buf, node->name);
	if (node->base) {
		buf_add_text(buf, "\\nFROM ");
		add_escaped(buf, node->base);
	}
	if (node->platform) {
		buf_add_text(buf, "\\n");
		add_escaped(buf, node->platform);
	}
	buf_printf(buf, "\", %s];\n", node_style(node));
}

static void add_edge(const struct view_edge *edge, struct buf *buf)
{
	static const char *const styles[] = {
		[VIEW_BASE] = "style=bold",
		[VIEW_COPY] = "style=solid",
		[VIEW_MOUNT] = "style=dashed",
	};

	buf_printf(buf, "\tn%u -> n%u [%s", edge->from, edge->to, styles[edge->kind]);
	if (*edge->label) {
		buf_add_text(buf, ", label=\"");
		add_escaped(buf, edge->label);
		buf_add_char(buf, '"');
	}
	if (!edge->is_needed)
		buf_add_text(buf, ", color=\"#bbbbbb\", fontcolor=\"#999999\"");
	buf_add_text(buf, "];\n");
}

void graph_add_dot(const struct stage_view *view, struct buf *buf)
{
	buf_add_text(buf, "digraph stages {\n"
			  "\tnode [shape=box, style=\"rounded,filled\", fontname=\"monospace\"];\n"
			  "\tedge [fontname=\"monospace\", fontsize=10];\n");
	for (size_t i = 0; i < view->n_nodes; i++)
		add_node(&view->nodes[i], i, buf);
	for (size_t i = 0; i < view->n_edges; i++)
		add_edge(&view->edges[i], buf);
	buf_add_text(buf, "}\n");
}
