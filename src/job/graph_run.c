/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: what is ready is asked inline, then started; what happens is handed to the graph. */
#include "graph.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

/* Signals and output are looked at after so many inline works, and at least this often. */
enum { INLINE_BATCH = 64 };
static const uint64_t tick_period = 1000000000;
/* timeout(1) signals its child and then the group that the child is in: that is one signal. */
static const uint64_t same_signal_period = 100000000;

/* --- stopping -----------------------------------------------------------------------------------
 */

static void stop_now(struct graph *graph)
{
	graph->stopping = STOP_KILLED;
	for (size_t i = 0; i < graph->pool.jobs.len; i++) {
		pool_kill_confined(graph->pool.jobs.items[i]);
		pool_kill(graph->pool.jobs.items[i]);
	}
}

/* A confined run may clean up after itself; all else leaves nothing that the next start minds. */
static void cancel(struct graph *graph, const struct error *error)
{
	if (graph->stopping >= STOP_CANCELLED) {
		stop_now(graph);
		return;
	}
	if (graph->first.code == ERROR_NONE)
		graph->first = *error;
	graph->stopping = STOP_CANCELLED;
	int64_t grace = graph->options->stop_grace_ns;
	graph->grace_end = event_now() + (grace > 0 ? (uint64_t)grace : 0);
	for (size_t i = 0; i < graph->pool.jobs.len; i++) {
		struct pool_job *job = graph->pool.jobs.items[i];
		if (job->confined_fd >= 0)
			pool_signal_confined(job, SIGTERM);
		else
			pool_kill(job);
	}
}

static void on_signal(void *context, int number)
{
	struct graph *graph = context;
	struct error err = ERROR_INIT;
	/* A hang-up is as TERM, and so is its status. */
	int as = number == SIGINT ? SIGINT : SIGTERM;
	const char *name = sigabbrev_np(number);
	uint64_t now = event_now();
	bool is_same = graph->last_signal && now - graph->last_signal < same_signal_period;

	graph->last_signal = now;
	if (is_same)
		return;
	error_set(&err, ERROR_CANCELLED, "cancelled by SIG%s", name ? name : "?");
	err.status = 128 + as;
	cancel(graph, &err);
}

static void on_deadline(struct graph *graph)
{
	struct error err = ERROR_INIT;
	const char *title = NULL;

	for (size_t i = 0; i < graph->pool.jobs.len && !title; i++)
		title = graph->works[graph->pool.jobs.items[i]->work].title;
	if (title)
		error_set(&err, ERROR_TIMED_OUT, "the time limit was reached while '%s' ran",
			  title);
	else
		error_set(&err, ERROR_TIMED_OUT, "the time limit was reached");
	cancel(graph, &err);
}

/* --- what the pool tells ------------------------------------------------------------------------
 */

static void on_output(void *context, struct pool_job *job, int stream, const char *data, size_t len)
{
	graph_say(
		context, job->work,
		(struct event){ .kind = EVENT_OUTPUT, .stream = stream, .data = data, .len = len });
}

static void on_frame(void *context, struct pool_job *job, const struct frame *frame)
{
	struct graph *graph = context;

	graph_frame(graph, job->work, frame);
	if (frame->kind != FRAME_CONFINED)
		return;
	/* One that comes up while the build stops gets no more time than the others. */
	if (graph->stopping == STOP_KILLED && frame->fd >= 0)
		pool_kill_confined(job);
	else if (graph->stopping >= STOP_CANCELLED && frame->fd >= 0)
		pool_signal_confined(job, SIGTERM);
	else if (graph->stopping >= STOP_CANCELLED)
		pool_kill(job);
}

static void on_broken(void *context, struct pool_job *job, const struct error *error)
{
	graph_fail(context, job->work, error);
}

static void on_end(void *context, struct pool_job *job)
{
	graph_settle(context, job->work, job->is_killed, job->wait_status);
}

/* --- inline mode --------------------------------------------------------------------------------
 */

struct inline_run {
	struct graph *graph;
	uint32_t index;
};

static void on_inline_frame(void *context, const struct frame *frame)
{
	struct inline_run *run = context;

	graph_frame(run->graph, run->index, frame);
}

static void say_file(const struct graph *graph, uint32_t index, int fd, int stream)
{
	char block[4096];
	ssize_t n;

	(void)lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, block, sizeof(block))) > 0)
		graph_say(graph, index,
			  (struct event){ .kind = EVENT_OUTPUT,
					  .stream = stream,
					  .data = block,
					  .len = (size_t)n });
}

static int run_in_this_process(struct graph *graph, uint32_t index, struct error *err)
{
	const struct work *work = &graph->works[index];
	struct inline_run run = { .graph = graph, .index = index };
	struct error failure = ERROR_INIT;
	cleanup(buf_release) struct buf record = BUF_INIT;
	autoclose int out = memfd_create("stdout", MFD_CLOEXEC);
	autoclose int errors = memfd_create("stderr", MFD_CLOEXEC);

	if (out < 0 || errors < 0)
		return error_sys(err, "make a file for output");
	struct job_channel channel = { .message_fd = -1,
				       .stdout_fd = out,
				       .stderr_fd = errors,
				       .receive = on_inline_frame,
				       .context = &run };
	graph_say(graph, index, (struct event){ .kind = EVENT_STARTED });
	int result = work->run(work->arg, &channel, &record, &failure);
	say_file(graph, index, out, 1);
	say_file(graph, index, errors, 2);
	if (result < 0)
		graph_fail(graph, index, &failure);
	else
		graph_complete(graph, index, &record, graph->states[index].is_cached);
	return 0;
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void ask_inline(struct graph *graph, uint32_t index)
{
	const struct work *work = &graph->works[index];
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf record = BUF_INIT;
	int answer = work->run_inline ? work->run_inline(work->arg, &record, &err) : 0;

	if (answer < 0)
		graph_fail(graph, index, &err);
	else if (answer > 0)
		graph_complete(graph, index, &record, true);
	else
		queue_add(work->needs_no_slot ? &graph->free : &graph->waiting, index);
}

/* 1 started, 0 not now, -1 */
static int start(struct graph *graph, uint32_t index, struct error *err)
{
	const struct work *work = &graph->works[index];

	if (graph->options->is_inline)
		return run_in_this_process(graph, index, err) < 0 ? -1 : 1;
	int started = pool_start(&graph->pool, work, index, err);
	if (started <= 0)
		return started;
	graph->states[index].holds_slot = !work->needs_no_slot;
	graph->slots_used += !work->needs_no_slot;
	graph_say(graph, index, (struct event){ .kind = EVENT_STARTED });
	return 1;
}

static int start_all(struct graph *graph, struct work_queue *queue, unsigned slots,
		     struct error *err)
{
	while (queue->first < queue->len && graph->slots_used < slots &&
	       graph->stopping == STOP_NONE) {
		int started = start(graph, queue->items[queue->first], err);
		if (started <= 0)
			return started;
		queue->first++;
	}
	return 0;
}

static int dispatch(struct graph *graph, struct error *err)
{
	unsigned slots = graph->options->jobs ? graph->options->jobs : 1;

	for (int i = 0; i < INLINE_BATCH && graph->asked.first < graph->asked.len; i++) {
		if (graph->stopping != STOP_NONE)
			return 0;
		ask_inline(graph, queue_take(&graph->asked));
	}
	if (start_all(graph, &graph->free, (unsigned)-1, err) < 0)
		return -1;
	return start_all(graph, &graph->waiting, slots, err);
}

static bool is_over(const struct graph *graph)
{
	if (graph->pool.jobs.len)
		return false;
	return graph->stopping != STOP_NONE || graph->n_done == graph->n_works;
}

static uint64_t min_time(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int wait_time(const struct graph *graph)
{
	const struct job_options *options = graph->options;
	uint64_t until = UINT64_MAX, now = event_now();

	if (graph->stopping == STOP_NONE && graph->asked.first < graph->asked.len)
		return 0;
	if (!graph->pool.jobs.len)
		return 0;
	if (options->deadline && graph->stopping < STOP_CANCELLED)
		until = min_time(until, options->deadline);
	if (graph->stopping == STOP_CANCELLED)
		until = min_time(until, graph->grace_end);
	if (options->sink && options->sink->tick)
		until = min_time(until, graph->next_tick);
	if (until == UINT64_MAX)
		return -1;
	if (until <= now)
		return 0;
	uint64_t milliseconds = (until - now + 999999) / 1000000;
	return milliseconds > 60000 ? 60000 : (int)milliseconds;
}

static void look_at_the_clock(struct graph *graph)
{
	const struct job_options *options = graph->options;
	uint64_t now = event_now();

	if (options->deadline && now >= options->deadline && graph->stopping < STOP_CANCELLED)
		on_deadline(graph);
	if (graph->stopping == STOP_CANCELLED && now >= graph->grace_end)
		stop_now(graph);
	if (options->sink && options->sink->tick && now >= graph->next_tick) {
		options->sink->tick(options->sink->context, now);
		graph->next_tick = now + tick_period;
	}
}

static int run_loop(struct graph *graph, struct error *err)
{
	while (!is_over(graph)) {
		if (pool_turn(&graph->pool, wait_time(graph), err) < 0)
			return -1;
		look_at_the_clock(graph);
		if (graph->stopping == STOP_NONE && dispatch(graph, err) < 0)
			return -1;
	}
	return 0;
}

int job_graph_run(struct work *works, size_t n_works, const struct job_options *options,
		  struct error *err)
{
	cleanup(graph_release) struct graph graph;
	const struct pool_listener listener = { .output = on_output,
						.frame = on_frame,
						.broken = on_broken,
						.ended = on_end,
						.signalled = on_signal,
						.context = &graph };

	graph_init(&graph, works, n_works, options);
	pool_init(&graph.pool, options, &listener);
	graph.next_tick = event_now() + tick_period;
	if (run_loop(&graph, err) < 0)
		return -1;
	if (graph.first.code == ERROR_NONE)
		return 0;
	*err = graph.first;
	return -1;
}
