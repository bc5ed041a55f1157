/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening what lives long: the store, the modules on it, the door to the network.
 * Opened once at the top and handed down as the few handles that each module needs.
 */
#ifndef CBUILD_BUILD_ENGINE_H
#define CBUILD_BUILD_ENGINE_H

#include "image/image.h"
#include "job/job.h"
#include "sandbox/isolation.h"
#include "transfer/access.h"

struct engine {
	struct store *store;
	struct cache *cache;
	struct snapshots *snapshots;
	struct transfer *transfer;
	struct isolation *isolation;
	struct image_env env; /* the four together */
	uint32_t next_number; /* of the next graph's first work */
};

/* `access`: how registries are reached; NULL = as usual. */
int engine_open(const char *root, enum sandbox_isolation isolation,
		const struct registry_access *access, struct engine **ret_engine, struct error *err)
	must_check;
void engine_close(struct engine *engine);
DEFINE_CLEANUP(struct engine *, engine_close);

struct engine_run {
	unsigned jobs;	       /* 0 = one per processor */
	int64_t stop_grace_ns; /* 0 = 10 s */
	uint64_t deadline;     /* CLOCK_MONOTONIC ns; 0 = none */
	const struct event_sink *sink;
	int signal_fd; /* INT, TERM, HUP as signalfd; -1 = they do what they do by default */
};

/* Runs works with everything that the engine brings; numbers go on from graph to graph. */
struct job_options engine_job_options(struct engine *engine, const struct engine_run *run);
int engine_run_works(struct engine *engine, const struct engine_run *run, struct work *works,
		     size_t n_works, struct error *err) must_check;

#endif
