/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running functions in child processes, in dependency order, N at a time: one thread, one poll
 * loop (samurai's build.c and git's run_processes_parallel are the models). Nothing here knows what
 * the work is.
 *
 * A work is a function that may block. It runs in a forked child, inherits everything by that, and
 * gives its result back as a record of bytes or as an error; the record is handed to `finished` in
 * the coordinator before anything that depends on it starts. Cancelling is kill: nothing below
 * knows of it.
 */
#ifndef CBUILD_JOB_JOB_H
#define CBUILD_JOB_JOB_H

#include "base/buf.h"
#include "base/error.h"
#include "base/progress.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { JOB_RECORD_SIZE_MAX = 16 * 1024 * 1024 };

/* --- the child's side: how a job speaks to the coordinator ----------------------------------- */

struct job_channel;

/* Where a confined process may write directly; read by the coordinator as EVENT_OUTPUT. */
int job_stdout_fd(const struct job_channel *channel);
int job_stderr_fd(const struct job_channel *channel);
void job_note(struct job_channel *channel, const char *format, ...) printf_like(2, 3);
void job_warn(struct job_channel *channel, const char *format, ...) printf_like(2, 3);
/* Throttled; suits struct progress. */
struct progress job_progress(struct job_channel *channel);
/* From here to job_resumed the job holds no slot of --jobs. The text says whom it waits for. */
void job_waiting(struct job_channel *channel, const char *format, ...) printf_like(2, 3);
void job_resumed(struct job_channel *channel);
/* A process of the job has the caller's terminal for itself, until it gives it back. */
void job_terminal_taken(struct job_channel *channel);
void job_terminal_given(struct job_channel *channel);
/* What the work did turned out to be cached after all: shown as CACHED instead of DONE. */
void job_cached(struct job_channel *channel);
/*
 * The init of a confined run: it gets TERM at a cancel, and --stop-grace before KILL; a job that
 * names none is killed at once. `kill_signal` ends it with all that it runs: SIGKILL, where that
 * does so. 0 = it is gone.
 */
void job_confined(struct job_channel *channel, pid_t init, int kill_signal);
/*
 * For a child of the job that keeps only the descriptors that it numbered itself: where the
 * channel is (-1: inline), and that it is there from now on.
 */
int job_channel_fd(const struct job_channel *channel);
void job_channel_move(struct job_channel *channel, int fd);

/* --- the coordinator's side ------------------------------------------------------------------- */

struct work {
	const char *title; /* shown; NULL = nothing is shown of it */
	uint32_t number;   /* event.work; 0 = given in order by the graph */
	const uint32_t
		*inputs; /* indices of works that must be done before, smaller than its own */
	size_t n_inputs;
	void *arg;
	/*
	 * Asked in the coordinator when the inputs are done, before a fork: 1 = done without one
	 * (*record filled; shown as CACHED), 0 = needs the job, -1. May be NULL. Must not block.
	 */
	int (*run_inline)(void *arg, struct buf *record, struct error *err);
	/* In the child. */
	int (*run)(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
	/* In the coordinator, with the record; may be NULL. */
	int (*finished)(void *arg, const char *record, size_t len, struct error *err);
	bool needs_no_slot; /* runs beside --jobs */
};

struct job_options {
	unsigned jobs;	       /* at once; at least 1 */
	int64_t stop_grace_ns; /* TERM -> KILL for confined runs */
	uint64_t deadline;     /* CLOCK_MONOTONIC ns; 0 = none; ERROR_TIMED_OUT */
	const struct event_sink *sink;
	uint32_t first_number; /* event.work of works[0] */
	bool is_inline;	       /* no forks: everything in this process (tests) */
	/* A descriptor to poll besides (the network helper's): called once when readable. */
	int extra_fd; /* -1 = none */
	void (*extra)(void *context);
	void *extra_context;
	int signal_fd; /* INT, TERM, HUP as signalfd; -1 = none */
	/*
	 * While it runs, the graph reaps every child of this process. Of one that is no job (the
	 * network helper; what a job left behind) it tells here. May be NULL.
	 */
	void (*ended)(void *context, pid_t pid, int wait_status);
	void *ended_context;
};

/*
 * Runs all works. On the first failure nothing new is started, what runs is let finish if it is
 * confined ... else killed; *err is the first failure. On a signal: ERROR_CANCELLED with status
 * 128+n; on the deadline ERROR_TIMED_OUT. Every child is reaped before this returns.
 */
int job_graph_run(struct work *works, size_t n_works, const struct job_options *options,
		  struct error *err) must_check;

/*
 * Right after fork, in the child: what exec would have dropped. Death with the parent, the signal
 * mask, SIGPIPE; INT, TERM and HUP that came since fork are the parent's. Also for the few children
 * that are not jobs.
 */
void job_child_begin(pid_t parent);

#endif
