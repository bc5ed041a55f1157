/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each work while the graph runs, beside the caller's works: who waits for whom
 * (counted, as samurai does), what is ready, and what came of it. graph.c keeps it and says it to
 * the sink; graph_run.c starts and stops. Every work passes each queue once, so all is linear.
 */
#ifndef CBUILD_JOB_GRAPH_H
#define CBUILD_JOB_GRAPH_H

#include "pool.h"

#include "job/job.h"

struct work_state {
	uint32_t blocked; /* inputs that are not done yet */
	uint32_t number;
	bool holds_slot;
	bool is_cached;
	bool is_ended_by_message; /* a record or an error came */
	struct buf record;
	struct error *error; /* what it failed with, while it ends */
};

/* First in, first out; never more than every work once. */
struct work_queue {
	uint32_t *items;
	size_t first, len;
};

enum stopping {
	STOP_NONE,
	STOP_FAILED,	/* nothing new; what is confined may finish */
	STOP_CANCELLED, /* TERM was sent, grace runs */
	STOP_KILLED
};

struct graph {
	struct work *works;
	size_t n_works;
	const struct job_options *options;
	struct work_state *states;
	/* dependents[first_dependent[i]] ... of works[i] */
	uint32_t *dependents, *first_dependent;
	struct work_queue asked;   /* inputs are done; run_inline comes next */
	struct work_queue waiting; /* for a slot */
	struct work_queue free;	   /* that need none */
	size_t n_done;
	unsigned slots_used;
	struct pool pool;
	enum stopping stopping;
	uint64_t grace_end;   /* of STOP_CANCELLED */
	uint64_t last_signal; /* when; 0 = none yet */
	uint64_t next_tick;
	struct error first; /* failure */
};

void graph_init(struct graph *graph, struct work *works, size_t n_works,
		const struct job_options *options);
void graph_release(struct graph *graph);
DEFINE_RELEASE(struct graph, graph_release);

void queue_add(struct work_queue *queue, uint32_t index);
uint32_t queue_take(struct work_queue *queue);

/* An event of one work; nothing for one without a title. */
void graph_say(const struct graph *graph, uint32_t index, struct event event);

/* Hands the record on and unblocks what waited for it. */
void graph_complete(struct graph *graph, uint32_t index, const struct buf *record, bool is_cached);
/* The first one stays, and nothing new is started. */
void graph_fail(struct graph *graph, uint32_t index, const struct error *error);
/* A frame of a job, from its process or, inline, from a call. */
void graph_frame(struct graph *graph, uint32_t index, const struct frame *frame);
/* The job of this work is over, for good or ill. */
void graph_settle(struct graph *graph, uint32_t index, bool is_killed, int wait_status);

#endif
