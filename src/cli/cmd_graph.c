/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild graph`: the stages as a picture. Nothing is asked of the network or the store. */
#include "build_options.h"
#include "inspection.h"

#include "build/build.h"
#include "graph/graph.h"

enum picture { PICTURE_DOT = 0, PICTURE_MERMAID, PICTURE_SVG };

struct graph_values {
	struct build_values build;
	int picture;
};

static const struct option_choice pictures[] = {
	{ "dot", PICTURE_DOT },
	{ "mermaid", PICTURE_MERMAID },
	{ "svg", PICTURE_SVG },
	{ NULL, 0 },
};

static const struct option rows[] = {
	OPTION_ROW("format", 0, OPTION_CHOICE, offsetof(struct graph_values, picture),
		   "dot|mermaid|svg", "the language of the picture; dot", .choices = pictures,
		   .command_line_only = true),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, &build_input_table, &help_table,
						     NULL };

static int run(const struct command *command, char *const *args, struct error *err)
{
	static void (*const writers[])(const struct stage_view *view, struct buf *buf) = {
		[PICTURE_DOT] = graph_add_dot,
		[PICTURE_MERMAID] = graph_add_mermaid,
		[PICTURE_SVG] = graph_add_svg,
	};
	struct graph_values values = { 0 };
	cleanup(inspection_release) struct inspection inspection = { 0 };
	cleanup(stage_view_release) struct stage_view view = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	int goes_on = inspection_begin(command, args, &values.build, &inspection, err);
	if (goes_on > 0 && build_view(&inspection.request, &inspection.build, &view, err) < 0)
		goes_on = inspection_fail(&inspection, err);
	else if (goes_on > 0) {
		writers[values.picture](&view, &text);
		goes_on = command_print(&text, err);
	}
	build_values_release(&values.build);
	return goes_on;
}

const struct command command_graph = {
	.name = "graph",
	.operands = "[PATH | URL | -]",
	.summary = "Draw the stages: what is based on what, copied or mounted from where, and what "
		   "the target needs.",
	.tables = tables,
	.max_operands = 1,
	.says_lines = true,
	.run = run,
};
