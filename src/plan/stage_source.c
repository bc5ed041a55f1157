/* SPDX-License-Identifier: Apache-2.0 */
/* What COPY --from and the mounts of RUN name. */
#include "named_context.h"
#include "scope.h"
#include "stage_graph.h"

#include "base/text.h"
#include "parser/mount_flag.h"

#include <string.h>

static uint32_t find_stage(const struct stage_graph *graph, const char *name)
{
	autofree char *lower = xstrdup(name);

	text_make_lower(lower);
	uintptr_t place = (uintptr_t)map_get(&graph->names, lower);
	return place ? (uint32_t)(place - 1) : NO_NODE;
}

/* What is neither a stage's name nor its index: an image, a named context, scratch. */
static uint32_t find_outside(struct stage_graph *graph, const char *name,
			     struct word_finder *finder)
{
	uintptr_t place = (uintptr_t)map_get(&graph->from_outside, name);

	if (!place) {
		struct graph_node node = {
			.at = word_finder_next(finder, name),
			.name = arena_strdup(graph->arena, name),
		};
		node.written = node.name;
		vec_push(&graph->nodes, node);
		place = graph->nodes.len;
		(void)map_set(&graph->from_outside, name, (void *)place);
	}
	return (uint32_t)(place - 1);
}

/* The finder stands before the name. */
static uint32_t find_source(struct stage_graph *graph, const char *name, struct word_finder *finder)
{
	uint32_t stage = find_stage(graph, name);

	if (stage == NO_NODE) {
		const struct named_context *context =
			named_context_find(graph->options, name, &graph->options->build_platform);
		if (context && context->kind == NAMED_TARGET)
			stage = find_stage(graph, named_context_value(context));
	}
	return stage != NO_NODE ? stage : find_outside(graph, name, finder);
}

/* A number in the sense of Go's Atoi: a sign is allowed. */
static bool is_number(const char *text)
{
	text += *text == '+' || *text == '-';
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int find_copy_source(struct stage_graph *graph, const struct instruction *copy,
			    uint32_t *ret_node, struct error *err)
{
	const char *from = copy->copy.from;
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;

	if (strchr(from, '$'))
		return error_at(err, ERROR_SYNTAX, instruction_find(copy, from),
				"variable expansion is not supported for --from, define a new "
				"stage with FROM using ARG from global scope as a workaround");
	if (!is_number(from)) {
		struct word_finder finder = { .instruction = copy };
		*ret_node = find_source(graph, from, &finder);
		return 0;
	}
	if (text_parse_unsigned(from + (*from == '+'), graph->dockerfile->n_stages - 1, &number,
				&ignored) < 0)
		return error_at(err, ERROR_NOT_FOUND, instruction_find(copy, from),
				"invalid stage index %.40s: the stages are 0 to %zu", from,
				graph->dockerfile->n_stages - 1);
	*ret_node = (uint32_t)number;
	return 0;
}

static int find_mount_sources(struct stage_graph *graph, struct graph_command *command,
			      struct error *err)
{
	const struct instruction *run = command->instruction;
	struct word_finder finder = { .instruction = run };

	for (size_t i = 0; i < run->run.mounts.len; i++) {
		const char *text = run->run.mounts.items[i];
		struct word_finder before = finder;
		struct mount_flag mount = { 0 };
		struct position at = word_finder_next(&finder, text);
		if (mount_flag_parse(text, NULL, NULL, graph->arena, &mount, err) < 0)
			return error_place(err, at);
		command->sources[i] = NO_NODE;
		if (!mount.from || !*mount.from)
			continue;
		if (finder.offset > before.offset)
			before.offset = finder.offset - strlen(text);
		command->sources[i] = find_source(graph, mount.from, &before);
		finder.n_misses = before.n_misses;
	}
	return 0;
}

int graph_read_command(struct stage_graph *graph, const struct instruction *instruction,
		       bool is_trigger, struct graph_command *ret_command, struct error *err)
{
	struct graph_command command = { .instruction = instruction, .is_trigger = is_trigger };

	if (instruction->kind == INSTRUCTION_COPY && instruction->copy.from)
		command.n_sources = 1;
	else if (instruction->kind == INSTRUCTION_RUN)
		command.n_sources = instruction->run.mounts.len;
	if (command.n_sources) {
		command.sources =
			arena_array(graph->arena, command.n_sources, sizeof(*command.sources));
		int failed = instruction->kind == INSTRUCTION_COPY
				     ? find_copy_source(graph, instruction, command.sources, err)
				     : find_mount_sources(graph, &command, err);
		if (failed < 0)
			return -1;
	}
	*ret_command = command;
	return 0;
}
