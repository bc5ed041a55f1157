/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* --- readiness ----------------------------------------------------------------------------------
 */

void queue_add(struct work_queue *queue, uint32_t index)
{
	queue->items[queue->len++] = index;
}

uint32_t queue_take(struct work_queue *queue)
{
	assert(queue->first < queue->len);
	return queue->items[queue->first++];
}

/* Counts per work first, so that the lists of all lie in one block. */
static void list_dependents(struct graph *graph)
{
	size_t n_edges = 0;

	graph->first_dependent = xcalloc(graph->n_works + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < graph->n_works; i++) {
		const struct work *work = &graph->works[i];
		graph->states[i].blocked = (uint32_t)work->n_inputs;
		n_edges += work->n_inputs;
		for (size_t k = 0; k < work->n_inputs; k++) {
			assert(work->inputs[k] < i);
			graph->first_dependent[work->inputs[k] + 1]++;
		}
	}
	for (size_t i = 0; i < graph->n_works; i++)
		graph->first_dependent[i + 1] += graph->first_dependent[i];

	graph->dependents = xcalloc(n_edges + 1, sizeof(uint32_t));
	uint32_t *next = xcalloc(graph->n_works + 1, sizeof(uint32_t));
	memcpy(next, graph->first_dependent, graph->n_works * sizeof(*next));
	for (uint32_t i = 0; i < graph->n_works; i++)
		for (size_t k = 0; k < graph->works[i].n_inputs; k++)
			graph->dependents[next[graph->works[i].inputs[k]]++] = i;
	free(next);
}

void graph_init(struct graph *graph, struct work *works, size_t n_works,
		const struct job_options *options)
{
	uint32_t number = options->first_number;

	*graph = (struct graph){ .works = works, .n_works = n_works, .options = options };
	graph->states = xcalloc(n_works + 1, sizeof(*graph->states));
	graph->asked.items = xcalloc(n_works + 1, sizeof(uint32_t));
	graph->waiting.items = xcalloc(n_works + 1, sizeof(uint32_t));
	graph->free.items = xcalloc(n_works + 1, sizeof(uint32_t));
	list_dependents(graph);
	for (uint32_t i = 0; i < n_works; i++) {
		struct work_state *state = &graph->states[i];
		state->record = (struct buf)BUF_INIT;
		if (works[i].title)
			state->number = works[i].number ? works[i].number : number++;
		graph_say(graph, i, (struct event){ .kind = EVENT_PLANNED });
		if (!state->blocked)
			queue_add(&graph->asked, i);
	}
}

void graph_release(struct graph *graph)
{
	for (size_t i = 0; i < graph->n_works; i++) {
		buf_release(&graph->states[i].record);
		free(graph->states[i].error);
	}
	free(graph->states);
	free(graph->dependents);
	free(graph->first_dependent);
	free(graph->asked.items);
	free(graph->waiting.items);
	free(graph->free.items);
	pool_release(&graph->pool);
}

/* --- what came of a work ------------------------------------------------------------------------
 */

void graph_say(const struct graph *graph, uint32_t index, struct event event)
{
	if (!graph->works[index].title)
		return;
	event.work = graph->states[index].number;
	event.name = graph->works[index].title;
	event_emit(graph->options->sink, event);
}

void graph_fail(struct graph *graph, uint32_t index, const struct error *error)
{
	graph_say(graph, index, (struct event){ .kind = EVENT_FAILED, .error = error });
	if (graph->first.code == ERROR_NONE)
		graph->first = *error;
	if (graph->stopping != STOP_NONE)
		return;
	graph->stopping = STOP_FAILED;
	for (size_t i = 0; i < graph->pool.jobs.len; i++)
		if (graph->pool.jobs.items[i]->confined_fd < 0)
			pool_kill(graph->pool.jobs.items[i]);
}

void graph_complete(struct graph *graph, uint32_t index, const struct buf *record, bool is_cached)
{
	const struct work *work = &graph->works[index];
	struct error err = ERROR_INIT;

	if (work->finished && work->finished(work->arg, record->data, record->len, &err) < 0) {
		graph_fail(graph, index, &err);
		return;
	}
	graph_say(graph, index, (struct event){ .kind = is_cached ? EVENT_CACHED : EVENT_DONE });
	graph->n_done++;
	for (uint32_t i = graph->first_dependent[index]; i < graph->first_dependent[index + 1];
	     i++) {
		uint32_t dependent = graph->dependents[i];
		if (--graph->states[dependent].blocked == 0)
			queue_add(&graph->asked, dependent);
	}
}

static void take_slot(struct graph *graph, struct work_state *state, bool takes)
{
	if (state->holds_slot == takes)
		return;
	state->holds_slot = takes;
	graph->slots_used += takes ? 1 : -1u;
}

static void keep_error(struct work_state *state, const struct frame *frame)
{
	if (!state->error)
		state->error = xmalloc(sizeof(*state->error));
	memcpy(state->error, frame->data, sizeof(*state->error));
	state->error->text[sizeof(state->error->text) - 1] = '\0';
	/* 0 would read as no error at all. */
	if (state->error->code <= ERROR_NONE || state->error->code > ERROR_SYSTEM)
		state->error->code = ERROR_SYSTEM;
	state->is_ended_by_message = true;
}

static void say_warning(const struct graph *graph, uint32_t index, const char *text)
{
	struct event event = { .kind = EVENT_WARNING, .text = text };

	if (graph->works[index].title)
		graph_say(graph, index, event);
	else
		event_emit(graph->options->sink, event);
}

void graph_frame(struct graph *graph, uint32_t index, const struct frame *frame)
{
	struct work_state *state = &graph->states[index];
	struct frame_progress progress;

	switch (frame->kind) {
	case FRAME_NOTE:
		graph_say(graph, index, (struct event){ .kind = EVENT_NOTE, .text = frame->data });
		break;
	case FRAME_WARNING:
		say_warning(graph, index, frame->data);
		break;
	case FRAME_PROGRESS:
		memcpy(&progress, frame->data, sizeof(progress));
		graph_say(graph, index,
			  (struct event){ .kind = EVENT_PROGRESS,
					  .done = progress.done,
					  .total = progress.total });
		break;
	case FRAME_WAITING:
		take_slot(graph, state, false);
		graph_say(graph, index,
			  (struct event){ .kind = EVENT_WAITING, .text = frame->data });
		break;
	case FRAME_RESUMED:
		take_slot(graph, state, !graph->works[index].needs_no_slot);
		graph_say(graph, index, (struct event){ .kind = EVENT_RESUMED });
		break;
	case FRAME_TERMINAL_TAKEN:
		graph_say(graph, index, (struct event){ .kind = EVENT_TERMINAL_TAKEN });
		break;
	case FRAME_TERMINAL_GIVEN:
		graph_say(graph, index, (struct event){ .kind = EVENT_TERMINAL_GIVEN });
		break;
	case FRAME_CACHED:
		state->is_cached = true;
		break;
	case FRAME_RECORD:
		buf_clear(&state->record);
		buf_add(&state->record, frame->data, frame->len);
		state->is_ended_by_message = true;
		break;
	case FRAME_ERROR:
		keep_error(state, frame);
		break;
	case FRAME_CONFINED:
	default:
		break;
	}
}

static void describe_death(const struct graph *graph, uint32_t index, int status, struct error *err)
{
	const char *title = graph->works[index].title;
	cleanup(buf_release) struct buf how = BUF_INIT;

	if (WIFSIGNALED(status)) {
		const char *name = sigdescr_np(WTERMSIG(status));
		buf_printf(&how, "was killed by signal %d (%s)", WTERMSIG(status),
			   name ? name : "unknown");
		if (WTERMSIG(status) == SIGKILL)
			buf_add_text(&how, "; the machine may be out of memory");
	} else {
		buf_printf(&how, "ended with status %d and without a result", WEXITSTATUS(status));
	}
	error_set(err, ERROR_SYSTEM, "the process of '%s' %s", title ? title : "a job", how.data);
}

void graph_settle(struct graph *graph, uint32_t index, bool is_killed, int wait_status)
{
	struct work_state *state = &graph->states[index];
	struct error death = ERROR_INIT;
	bool is_good = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;

	take_slot(graph, state, false);
	if (!state->error && (!state->is_ended_by_message || !is_good) && !is_killed) {
		describe_death(graph, index, wait_status, &death);
		graph_fail(graph, index, &death);
	} else if (state->is_ended_by_message && !state->error) {
		graph_complete(graph, index, &state->record, state->is_cached);
	} else if (is_killed || graph->stopping >= STOP_CANCELLED) {
		graph_say(graph, index, (struct event){ .kind = EVENT_CANCELLED });
	} else {
		graph_fail(graph, index, state->error);
	}
	buf_release(&state->record);
	state->record = (struct buf)BUF_INIT;
	free(state->error);
	state->error = NULL;
}
