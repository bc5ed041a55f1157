/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "graph/graph.h"

#include <string.h>

/* Within quotes; Mermaid writes an entity with "#" instead of "&". */
static void add_escaped(struct buf *buf, const char *text)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	text_add_printable(&shown, text, strlen(text));
	for (const char *c = shown.len ? shown.data : ""; *c; c++) {
		if (strchr("\"#<>&`;|{}[]()\\", *c))
			buf_printf(buf, "#%d;", (unsigned char)*c);
		else
			buf_add_char(buf, *c);
	}
}

static const char *node_class(const struct view_node *node)
{
	static const char *const names[] = {
		[VIEW_STAGE] = "stage",
		[VIEW_IMAGE] = "image",
		[VIEW_CONTEXT] = "source",
		[VIEW_REMOTE] = "source",
	};

	if (!node->is_needed)
		return "unneeded";
	return node->is_target ? "target" : names[node->kind];
}

static void add_node(const struct view_node *node, size_t number, struct buf *buf)
{
	bool is_image = node->kind == VIEW_IMAGE;

	buf_printf(buf, "  n%zu%s\"", number, is_image ? "[(" : "[");
	add_escaped(buf, node->name);
	if (node->base) {
		buf_add_text(buf, "<br/>FROM ");
		add_escaped(buf, node->base);
	}
	if (node->platform) {
		buf_add_text(buf, "<br/>");
		add_escaped(buf, node->platform);
	}
	buf_printf(buf, "\"%s:::%s\n", is_image ? ")]" : "]", node_class(node));
}

static void add_edge(const struct view_edge *edge, struct buf *buf)
{
	static const char *const arrows[] = {
		[VIEW_BASE] = "==>",
		[VIEW_COPY] = "-->",
		[VIEW_MOUNT] = "-.->",
	};

	buf_printf(buf, "  n%u %s", edge->from, arrows[edge->kind]);
	if (*edge->label) {
		buf_add_text(buf, "|\"");
		add_escaped(buf, edge->label);
		buf_add_text(buf, "\"|");
	}
	buf_printf(buf, " n%u\n", edge->to);
}

void graph_add_mermaid(const struct stage_view *view, struct buf *buf)
{
	bool has_grey = false;

	buf_add_text(buf, "flowchart TB\n");
	for (size_t i = 0; i < view->n_nodes; i++)
		add_node(&view->nodes[i], i, buf);
	for (size_t i = 0; i < view->n_edges; i++)
		add_edge(&view->edges[i], buf);
	buf_add_text(buf, "  classDef stage fill:#e9f0fc,stroke:#2b5fb3\n"
			  "  classDef target fill:#dff2e1,stroke:#2e7d32,stroke-width:3px\n"
			  "  classDef image fill:#fff4dc,stroke:#a36a00\n"
			  "  classDef source fill:#f3ecfa,stroke:#6f4a9c\n"
			  "  classDef unneeded fill:#f6f6f6,stroke:#bbb,color:#999\n");
	for (size_t i = 0; i < view->n_edges; i++) {
		if (view->edges[i].is_needed)
			continue;
		buf_printf(buf, "%s%zu", has_grey ? "," : "  linkStyle ", i);
		has_grey = true;
	}
	if (has_grey)
		buf_add_text(buf, " stroke:#bbb,color:#999\n");
}
