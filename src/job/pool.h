/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes and what comes from them: each job has a pipe for stdout, one for stderr, a
 * socket for messages and a pidfd. pool_turn waits for something to happen, once, and tells the
 * listener; the caller owns the loop. A job has ended when its process is reaped, what it wrote is
 * read, and the confined process that it may have left is dead.
 *
 * Nothing is read that is not handed on at once: who writes faster than the listener takes is held
 * up by its own pipe.
 */
#ifndef CBUILD_JOB_POOL_H
#define CBUILD_JOB_POOL_H

#include "channel.h"

#include "base/vec.h"
#include "job/job.h"

#include <poll.h>

enum { POOL_STDOUT, POOL_STDERR, POOL_MESSAGES, POOL_STREAMS };

/* More live jobs than slots can be there, since one that waits holds none; each costs 5 files. */
enum { POOL_JOBS_MAX = 128 };

struct pool_job {
	uint32_t work; /* the caller's */
	pid_t pid;
	int pidfd;
	int confined_fd;   /* pidfd of the init of a confined run; -1 = none */
	int confined_kill; /* the signal that ends it, and all that it runs */
	int fds[POOL_STREAMS];
	struct channel_reader reader;
	bool is_reaped;
	bool is_killed; /* by us */
	int wait_status;
};

struct pool_listener {
	void (*output)(void *context, struct pool_job *job, int stream, const char *data,
		       size_t len);
	void (*frame)(void *context, struct pool_job *job, const struct frame *frame);
	/* What the job sent is no message; it is killed already. */
	void (*broken)(void *context, struct pool_job *job, const struct error *error);
	void (*ended)(void *context, struct pool_job *job);
	void (*signalled)(void *context, int signal);
	void *context;
};

struct pool {
	const struct job_options *options;
	struct pool_listener listener;
	VEC(struct pool_job *) jobs;
	VEC(struct pollfd) fds;
	char *block;
	int extra_fd;
	pid_t pid;
};

void pool_init(struct pool *pool, const struct job_options *options,
	       const struct pool_listener *listener);
/* Kills what runs, and reaps it. */
void pool_release(struct pool *pool);
DEFINE_RELEASE(struct pool, pool_release);

/* 1 started; 0 not now, for want of processes or files that running jobs hold; -1. */
int pool_start(struct pool *pool, const struct work *work, uint32_t index, struct error *err)
	must_check;
/* Waits until something happens, or for the time; -1 waits as long as it takes. */
int pool_turn(struct pool *pool, int milliseconds, struct error *err) must_check;

void pool_kill(struct pool_job *job);
/* The signal goes to the init of the job's confined run; nothing where there is none. */
void pool_signal_confined(const struct pool_job *job, int signal);
void pool_kill_confined(const struct pool_job *job);

#endif
