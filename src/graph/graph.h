/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stage graph as a picture. Bases are thick lines, copies plain ones, mounts dotted ones; what
 * the target does not need is grey. The same view gives the same bytes.
 */
#ifndef CBUILD_GRAPH_GRAPH_H
#define CBUILD_GRAPH_GRAPH_H

#include "base/buf.h"
#include "plan/stage_view.h"

/* For graphviz. */
void graph_add_dot(const struct stage_view *view, struct buf *buf);
/* A flowchart, as forges draw it in Markdown. */
void graph_add_mermaid(const struct stage_view *view, struct buf *buf);
/* A document that stands by itself: laid out here, with no script and nothing from elsewhere. */
void graph_add_svg(const struct stage_view *view, struct buf *buf);

#endif
