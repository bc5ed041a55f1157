/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "base/text.h"
#include "graph/graph.h"

#include <inttypes.h>
#include <string.h>

/* A letter of the fixed-width font at 12 px; the longest text in a box, in letters. */
enum { LETTER_WIDTH = 8, TEXT_MAX = 44, BOX_PADDING = 12, LEGEND_HEIGHT = 36, LEGEND_WIDTH = 520 };

static const char head[] =
	"<style>\n"
	"text{font:12px monospace;fill:#222}\n"
	".name{font-weight:bold}\n"
	".label{font-size:10px;fill:#444;paint-order:stroke;stroke:#fff;stroke-width:3px}\n"
	"rect{stroke-width:1.5px}\n"
	".stage rect{fill:#e9f0fc;stroke:#2b5fb3}\n"
	".target rect{fill:#dff2e1;stroke:#2e7d32;stroke-width:3px}\n"
	".image rect{fill:#fff4dc;stroke:#a36a00}\n"
	".source rect{fill:#f3ecfa;stroke:#6f4a9c}\n"
	".unneeded rect{fill:#f6f6f6;stroke:#bbb}\n"
	".unneeded text{fill:#999}\n"
	"path{fill:none;stroke:#444;stroke-width:1.2px;marker-end:url(#arrow)}\n"
	".base path{stroke-width:3px}\n"
	".mount path{stroke-dasharray:4 4}\n"
	".unneeded path{stroke:#bbb;marker-end:url(#grey)}\n"
	"marker path{stroke:none;marker-end:none}\n"
	"</style>\n"
	"<defs>\n"
	"<marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"9\" "
	"markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
	"<path d=\"M0 0L8 4L0 8z\" style=\"fill:#444;stroke:none\"/></marker>\n"
	"<marker id=\"grey\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"9\" "
	"markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
	"<path d=\"M0 0L8 4L0 8z\" style=\"fill:#bbb;stroke:none\"/></marker>\n"
	"</defs>\n";

static size_t count_letters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* What can be shown of a text: no control characters, valid UTF-8, at most TEXT_MAX letters. */
static void add_shown(struct buf *buf, const char *prefix, const char *text)
{
	size_t letters = 0, i = 0;

	buf_add_text(buf, prefix);
	text_add_printable(buf, text, strlen(text));
	for (; i < buf->len; i++) {
		letters += ((unsigned char)buf->data[i] & 0xc0) != 0x80;
		if (letters > TEXT_MAX)
			break;
	}
	if (i == buf->len)
		return;
	buf_truncate(buf, i);
	buf_add_text(buf, "...");
}

static void add_escaped(struct buf *buf, const char *text, size_t len)
{
	static const char marks[] = "<>&\"'";

	for (size_t i = 0; i < len; i++) {
		if (strchr(marks, text[i]))
			buf_printf(buf, "&#%d;", (unsigned char)text[i]);
		else
			buf_add_char(buf, text[i]);
	}
}

/* The second line of a box. */
static void add_detail(const struct view_node *node, struct buf *buf)
{
	switch (node->kind) {
	case VIEW_STAGE:
		add_shown(buf, "FROM ", node->base);
		return;
	case VIEW_IMAGE:
		buf_add_text(buf, "image");
		return;
	case VIEW_CONTEXT:
		buf_add_text(buf, "files");
		return;
	case VIEW_REMOTE:
		buf_add_text(buf, "fetched");
		return;
	}
}

static int64_t text_width(const struct buf *text)
{
	return (int64_t)count_letters(text->data, text->len) * LETTER_WIDTH;
}

static int64_t node_width(const struct view_node *node)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	cleanup(buf_release) struct buf detail = BUF_INIT;

	add_shown(&name, "", node->name);
	add_detail(node, &detail);
	int64_t widest = text_width(&name), other = text_width(&detail);
	return (widest > other ? widest : other) + 2 * BOX_PADDING;
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

static int64_t top_of(const struct vertex *vertex)
{
	return MARGIN + (int64_t)vertex->layer * (BOX_HEIGHT + LAYER_GAP);
}

static int64_t middle_of(const struct vertex *vertex)
{
	return vertex->x + vertex->width / 2;
}

static void add_text(struct buf *buf, const char *class, int64_t x, int64_t y,
		     const struct buf *text)
{
	buf_printf(buf,
		   "<text class=\"%s\" x=\"%" PRId64 "\" y=\"%" PRId64 "\" text-anchor=\"middle\">",
		   class, x, y);
	add_escaped(buf, text->data, text->len);
	buf_add_text(buf, "</text>\n");
}

static void add_node(const struct view_node *node, const struct vertex *vertex, struct buf *buf)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	cleanup(buf_release) struct buf detail = BUF_INIT;
	cleanup(buf_release) struct buf whole = BUF_INIT;
	int64_t x = middle_of(vertex), y = top_of(vertex);

	add_shown(&name, "", node->name);
	add_detail(node, &detail);
	text_add_printable(&whole, node->name, strlen(node->name));
	if (node->line)
		buf_printf(&whole, " (line %u)", node->line);
	buf_printf(buf, "<g class=\"%s\">\n<title>", node_class(node));
	add_escaped(buf, whole.data, whole.len);
	buf_printf(buf,
		   "</title>\n<rect x=\"%" PRId64 "\" y=\"%" PRId64 "\" width=\"%" PRId64
		   "\" height=\"%d\" rx=\"%d\"/>\n",
		   vertex->x, y, vertex->width, BOX_HEIGHT, node->kind == VIEW_STAGE ? 6 : 22);
	add_text(buf, "name", x, y + 21, &name);
	add_text(buf, "detail", x, y + 39, &detail);
	buf_add_text(buf, "</g>\n");
}

/* A curve that leaves and arrives upright; corners pass straight through their layer. */
static void add_curve(const struct layout *layout, const struct route *route, struct buf *buf)
{
	const struct vertex *at = &layout->vertices.items[route->vertices[0]];
	int64_t x = middle_of(at), y = top_of(at) + BOX_HEIGHT;

	buf_printf(buf, "<path d=\"M%" PRId64 " %" PRId64, x, y);
	for (size_t i = 1; i < route->len; i++) {
		const struct vertex *next = &layout->vertices.items[route->vertices[i]];
		int64_t next_x = middle_of(next), next_y = top_of(next);
		int64_t half = (next_y - y) / 2;
		buf_printf(buf,
			   " C%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
			   x, y + half, next_x, next_y - half, next_x, next_y);
		x = next_x;
		y = next_y;
		if (i + 1 < route->len) {
			y += BOX_HEIGHT;
			buf_printf(buf, " V%" PRId64, y);
		}
	}
	buf_add_text(buf, "\"/>\n");
}

/* Beside the last part of the line; those that arrive at one box stand at different heights. */
static void add_label(const struct layout *layout, const struct view_edge *edge,
		      const struct route *route, unsigned number, struct buf *buf)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	const struct vertex *end = &layout->vertices.items[route->vertices[route->len - 1]];
	const struct vertex *before = &layout->vertices.items[route->vertices[route->len - 2]];
	int64_t step = 12 + (int64_t)(number % 4) * 14;
	int64_t x = middle_of(end) + (middle_of(before) - middle_of(end)) * step / LAYER_GAP;

	if (!*edge->label)
		return;
	add_shown(&text, "", edge->label);
	add_text(buf, "label", x, top_of(end) - step, &text);
}

static void add_edge(const struct stage_view *view, const struct layout *layout, size_t i,
		     unsigned number, struct buf *buf)
{
	static const char *const classes[] = {
		[VIEW_BASE] = "base",
		[VIEW_COPY] = "copy",
		[VIEW_MOUNT] = "mount",
	};
	const struct view_edge *edge = &view->edges[i];

	buf_printf(buf, "<g class=\"%s%s\">\n", classes[edge->kind],
		   edge->is_needed ? "" : " unneeded");
	add_curve(layout, &layout->routes[i], buf);
	add_label(layout, edge, &layout->routes[i], number, buf);
	buf_add_text(buf, "</g>\n");
}

/* What is needed is drawn over what is not. */
static void add_edges(const struct stage_view *view, const struct layout *layout, bool is_needed,
		      struct buf *buf)
{
	unsigned number = 0;

	for (size_t i = 0; i < view->n_edges; i++) {
		const struct view_edge *edge = &view->edges[i];
		if (i && view->edges[i - 1].to != edge->to)
			number = 0;
		if (edge->is_needed == is_needed)
			add_edge(view, layout, i, number, buf);
		number += *edge->label != '\0';
	}
}

static void add_legend(int64_t y, struct buf *buf)
{
	static const struct {
		const char *class, *text;
	} entries[] = {
		{ "base", "is based on" },
		{ "copy", "is copied from" },
		{ "mount", "is mounted from" },
		{ "copy unneeded", "not needed" },
	};
	int64_t x = MARGIN;

	for (size_t i = 0; i < countof(entries); i++) {
		buf_printf(buf,
			   "<g class=\"%s\"><path d=\"M%" PRId64 " %" PRId64 " h30\"/>"
			   "<text x=\"%" PRId64 "\" y=\"%" PRId64 "\">%s</text></g>\n",
			   entries[i].class, x, y, x + 38, y + 4, entries[i].text);
		x += 50 + (int64_t)strlen(entries[i].text) * LETTER_WIDTH;
	}
}

void graph_add_svg(const struct stage_view *view, struct buf *buf)
{
	cleanup(layout_release) struct layout layout = { 0 };
	autofree int64_t *widths = xcalloc(view->n_nodes + 1, sizeof(*widths));

	for (size_t i = 0; i < view->n_nodes; i++)
		widths[i] = node_width(&view->nodes[i]);
	layout_make(view, widths, &layout);
	int64_t width = layout.width > LEGEND_WIDTH ? layout.width : LEGEND_WIDTH;
	int64_t height = layout.height + LEGEND_HEIGHT;
	buf_printf(buf,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%" PRId64
		   "\" height=\"%" PRId64 "\" viewBox=\"0 0 %" PRId64 " %" PRId64 "\">\n",
		   width, height, width, height);
	buf_add_text(buf, head);
	buf_printf(buf,
		   "<rect width=\"%" PRId64 "\" height=\"%" PRId64
		   "\" style=\"fill:#fff;stroke:none\"/>\n",
		   width, height);
	add_edges(view, &layout, false, buf);
	add_edges(view, &layout, true, buf);
	for (size_t i = 0; i < view->n_nodes; i++)
		add_node(&view->nodes[i], &layout.vertices.items[i], buf);
	add_legend(layout.height + LEGEND_HEIGHT / 2, buf);
	buf_add_text(buf, "</svg>\n");
}
