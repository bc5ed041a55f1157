/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stage_view.h"

#include "build_args.h"
#include "stage_graph.h"

#include "base/text.h"
#include "parser/git_reference.h"
#include "parser/mount_flag.h"

#include <string.h>

/* Long enough; what is left out behind it is told by the dots. */
enum { LABEL_LEN_MAX = 48 };
static const char MORE[] = ", ...";

struct viewing {
	const struct stage_graph *graph;
	struct arena *arena;
	VEC(struct view_node) nodes;
	VEC(struct view_edge) edges;
	struct map outside;  /* "kind name" -> node + 1 */
	struct map edge_map; /* "kind from", of the stage at hand -> edge + 1 */
	uint32_t stage;
};

static void viewing_release(struct viewing *viewing)
{
	vec_release(&viewing->nodes);
	vec_release(&viewing->edges);
	map_release(&viewing->outside);
	map_release(&viewing->edge_map);
}
DEFINE_RELEASE(struct viewing, viewing_release);

static uint32_t add_outside(struct viewing *viewing, enum view_kind kind, const char *key,
			    const char *name)
{
	const char *full = arena_printf(viewing->arena, "%d %s", (int)kind, key);
	uintptr_t place = (uintptr_t)map_get(&viewing->outside, full);

	if (!place) {
		vec_push(&viewing->nodes,
			 (struct view_node){ .kind = kind,
					     .name = arena_strdup(viewing->arena, name) });
		place = viewing->nodes.len;
		(void)map_set(&viewing->outside, full, (void *)place);
	}
	return (uint32_t)(place - 1);
}

static uint32_t main_context(struct viewing *viewing)
{
	return add_outside(viewing, VIEW_CONTEXT, "", "build context");
}

/* The node that a node of the graph stands for; NO_NODE for scratch. */
static uint32_t find_node(struct viewing *viewing, uint32_t index)
{
	const struct graph_node *node = &viewing->graph->nodes.items[index];

	if (index < viewing->graph->dockerfile->n_stages)
		return index;
	switch (node->base.kind) {
	case BASE_IMAGE:
		return add_outside(viewing, VIEW_IMAGE, node->base.reference, node->written);
	case BASE_DIRECTORY:
		return add_outside(viewing, VIEW_CONTEXT, node->base.context->name,
				   node->base.context->name);
	case BASE_STAGE:
		return node->base.stage;
	case BASE_SCRATCH:
		break;
	}
	return NO_NODE;
}

/* "a, b, ...": once it is full only the dots are added. */
static const char *join_labels(struct viewing *viewing, const char *label, const char *more)
{
	if (!*label || !*more)
		return *label ? label : arena_strdup(viewing->arena, more);
	size_t len = strlen(label);
	if (strcmp(label, more) == 0 || text_has_suffix(label, MORE))
		return label;
	if (len >= LABEL_LEN_MAX)
		return arena_printf(viewing->arena, "%s%s", label, MORE);
	return arena_printf(viewing->arena, "%s, %s", label, more);
}

static void add_edge(struct viewing *viewing, enum view_edge_kind kind, uint32_t from,
		     const char *label)
{
	cleanup(buf_release) struct buf key = BUF_INIT;

	if (from == NO_NODE)
		return;
	buf_printf(&key, "%d %u", (int)kind, from);
	uintptr_t place = (uintptr_t)map_get(&viewing->edge_map, key.data);
	if (!place) {
		vec_push(&viewing->edges,
			 (struct view_edge){
				 .kind = kind, .from = from, .to = viewing->stage, .label = "" });
		place = viewing->edges.len;
		(void)map_set(&viewing->edge_map, key.data, (void *)place);
	}
	struct view_edge *edge = &viewing->edges.items[place - 1];
	edge->n++;
	edge->label = join_labels(viewing, edge->label, label);
}

static const char *list_sources(struct viewing *viewing, const struct words *sources)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	size_t i = 0;
	for (; i < sources->len && text.len < LABEL_LEN_MAX; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", sources->items[i]);
	buf_add_text(&text, i < sources->len ? MORE : "");
	return arena_strndup(viewing->arena, text.len ? text.data : "", text.len);
}

/* Without --from: the context, and for ADD what is fetched. */
static void view_local_copy(struct viewing *viewing, const struct copy_instruction *copy)
{
	for (size_t i = 0; i < copy->sources.len; i++) {
		const char *source = copy->sources.items[i];
		if (source_is_git(source) || source_is_http(source)) {
			/* the drawing goes to others: no passwords of the URL */
			cleanup(buf_release) struct buf shown = BUF_INIT;
			source_add_printable(source, &shown);
			const char *name = arena_strdup(viewing->arena, shown.data);
			add_edge(viewing, VIEW_COPY,
				 add_outside(viewing, VIEW_REMOTE, source, name), "");
		} else
			add_edge(viewing, VIEW_COPY, main_context(viewing), source);
	}
}

static int view_mounts(struct viewing *viewing, const struct graph_command *command,
		       struct error *err)
{
	const struct words *flags = &command->instruction->run.mounts;

	for (size_t i = 0; i < command->n_sources; i++) {
		struct mount_flag flag = { 0 };
		uint32_t source = command->sources[i];
		if (mount_flag_parse(flags->items[i], NULL, NULL, viewing->arena, &flag, err) < 0)
			return -1;
		const char *target = flag.target ? flag.target : "";
		if (!*target || strcmp(target, ".") == 0)
			target = "working directory";
		if (source != NO_NODE)
			add_edge(viewing, VIEW_MOUNT, find_node(viewing, source), target);
		else if (flag.type == MOUNT_BIND)
			add_edge(viewing, VIEW_MOUNT, main_context(viewing), target);
	}
	return 0;
}

static int view_command(struct viewing *viewing, const struct graph_command *command,
			struct error *err)
{
	const struct instruction *instruction = command->instruction;

	if (instruction->kind == INSTRUCTION_RUN)
		return view_mounts(viewing, command, err);
	if (instruction->kind != INSTRUCTION_COPY && instruction->kind != INSTRUCTION_ADD)
		return 0;
	if (command->n_sources)
		add_edge(viewing, VIEW_COPY, find_node(viewing, command->sources[0]),
			 list_sources(viewing, &instruction->copy.sources));
	else
		view_local_copy(viewing, &instruction->copy);
	return 0;
}

static void view_base(struct viewing *viewing, const struct graph_node *node)
{
	const struct graph_base *base = &node->base;

	if (base->kind == BASE_STAGE)
		add_edge(viewing, VIEW_BASE, base->stage, "");
	else if (base->kind == BASE_IMAGE)
		add_edge(viewing, VIEW_BASE,
			 add_outside(viewing, VIEW_IMAGE, base->reference,
				     node->is_replaced ? base->reference : node->written),
			 "");
	else if (base->kind == BASE_DIRECTORY)
		add_edge(viewing, VIEW_BASE,
			 add_outside(viewing, VIEW_CONTEXT, base->context->name,
				     base->context->name),
			 "");
}

static void add_stage(struct viewing *viewing, const struct graph_node *node, bool is_target)
{
	const struct from_instruction *from = &node->stage->from.from;
	struct view_node stage = {
		.kind = VIEW_STAGE,
		.name = arena_strdup(viewing->arena, node->name),
		.base = arena_strdup(viewing->arena, node->written),
		.platform = from->platform ? arena_strdup(viewing->arena, from->platform) : NULL,
		.line = node->at.line,
		.is_needed = node->is_reachable,
		.is_target = is_target,
	};

	vec_push(&viewing->nodes, stage);
}

static int view_all(struct viewing *viewing, struct error *err)
{
	const struct stage_graph *graph = viewing->graph;
	size_t n_stages = graph->dockerfile->n_stages;

	for (uint32_t i = 0; i < n_stages; i++)
		add_stage(viewing, &graph->nodes.items[i], i == graph->target);
	for (uint32_t i = 0; i < n_stages; i++) {
		const struct graph_node *node = &graph->nodes.items[i];
		viewing->stage = i;
		map_release(&viewing->edge_map);
		view_base(viewing, node);
		for (size_t k = 0; k < node->commands.len; k++)
			if (view_command(viewing, &node->commands.items[k], err) < 0)
				return -1;
	}
	for (size_t i = 0; i < viewing->edges.len; i++) {
		struct view_edge *edge = &viewing->edges.items[i];
		edge->is_needed = graph->nodes.items[edge->to].is_reachable;
		if (edge->is_needed)
			viewing->nodes.items[edge->from].is_needed = true;
	}
	return 0;
}

static void keep(struct viewing *viewing, struct stage_view *view)
{
	view->n_stages = viewing->graph->dockerfile->n_stages;
	view->n_nodes = viewing->nodes.len;
	view->n_edges = viewing->edges.len;
	view->nodes = arena_array(&view->arena, view->n_nodes, sizeof(*view->nodes));
	view->edges = arena_array(&view->arena, view->n_edges, sizeof(*view->edges));
	memcpy(view->nodes, viewing->nodes.items, view->n_nodes * sizeof(*view->nodes));
	if (view->n_edges)
		memcpy(view->edges, viewing->edges.items, view->n_edges * sizeof(*view->edges));
}

static int find_nothing(void *context, const char *reference, const struct platform *platform,
			const struct image_config **ret_config)
{
	(void)context;
	(void)reference;
	(void)platform;
	(void)ret_config;
	return 0;
}

static int make_graph(const struct dockerfile *dockerfile, const struct plan_options *options,
		      struct name_table *globals, struct arena *arena,
		      struct stage_graph *ret_graph, struct error *err)
{
	cleanup(build_args_release) struct build_args args = BUILD_ARGS_INIT;
	struct image_lookup lookup = { .find = find_nothing };
	struct missing_images missing = { 0 };
	const struct platform *platform =
		options->n_platforms ? &options->platforms[0] : &options->build_platform;

	build_args_init(&args, options, arena);
	if (globals_make(globals, dockerfile, options, &args, platform, arena, err) < 0)
		return -1;
	return stage_graph_make(dockerfile, options, globals, platform, &lookup, arena, ret_graph,
				&missing, err);
}

void stage_view_release(struct stage_view *view)
{
	arena_release(&view->arena);
	*view = (struct stage_view){ 0 };
}

int stage_view_make(const struct dockerfile *dockerfile, const struct plan_options *options,
		    struct stage_view *ret_view, struct error *err)
{
	cleanup(stage_view_release) struct stage_view view = { 0 };
	cleanup(name_table_release) struct name_table globals = NAME_TABLE_INIT;
	cleanup(stage_graph_release) struct stage_graph graph = { 0 };
	cleanup(viewing_release) struct viewing viewing = { .graph = &graph, .arena = &view.arena };

	if (make_graph(dockerfile, options, &globals, &view.arena, &graph, err) < 0 ||
	    view_all(&viewing, err) < 0)
		return -1;
	keep(&viewing, &view);
	*ret_view = view;
	view = (struct stage_view){ 0 };
	return 0;
}
