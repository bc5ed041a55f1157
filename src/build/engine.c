/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include "base/alloc.h"
#include "image/rootfs.h"
#include "transfer/transfer.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEFAULT_STOP_GRACE_SECONDS = 10 };

/* The folder is made when a snapshot needs it: a build in which all is cached never does. */
static int snapshots_tmp_of(void *context)
{
	return store_tmp_fd(context);
}

int engine_open(const char *root, enum sandbox_isolation isolation,
		const struct registry_access *access, struct engine **ret_engine, struct error *err)
{
	cleanup(engine_close) struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->next_number = 1;
	digest_init();
	if (store_open(root, &engine->store, err) < 0 ||
	    cache_open(store_root_fd(engine->store), &engine->cache, err) < 0 ||
	    snapshots_open(store_root_fd(engine->store), -1, &engine->snapshots, err) < 0 ||
	    transfer_new(access, &engine->transfer, err) < 0)
		return -1;
	snapshots_set_tmp(engine->snapshots, snapshots_tmp_of, engine->store);
	engine->isolation = isolation_new(isolation);
	engine->env = (struct image_env){ .store = engine->store,
					  .cache = engine->cache,
					  .snapshots = engine->snapshots,
					  .transfer = engine->transfer,
					  .isolation = engine->isolation };
	*ret_engine = take_ptr(&engine);
	return 0;
}

/*
 * What a killed job left belongs to sub-ids, which this process cannot remove: a child that can
 * does. Nothing to do where nothing is left, as ever but after an abort.
 */
static void clear_tmp_inside(const struct engine *engine)
{
	struct error ignored = ERROR_INIT;

	if (!engine->isolation || !isolation_has_namespace(engine->isolation) ||
	    isolation_is_inside(engine->isolation) || !store_clear_tmp(engine->store))
		return;
	pid_t pid = fork();
	if (pid == 0)
		_exit(rootfs_enter_isolation(&engine->env, &ignored) < 0 ||
		      store_clear_tmp(engine->store));
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	transfer_free(engine->transfer);
	clear_tmp_inside(engine);
	isolation_free(engine->isolation);
	snapshots_close(engine->snapshots);
	cache_close(engine->cache);
	store_close(engine->store);
	free(engine);
}

/* The first request lies in the socket: the helper is started now, and not before. */
static void start_helper(void *context)
{
	struct engine *engine = context;
	struct error ignored = ERROR_INIT;
	pid_t pid;

	/* a helper that cannot be started answers nobody: the jobs' own errors say so */
	(void)!transfer_start_helper(engine->transfer, &pid, &ignored);
}

static unsigned processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

struct job_options engine_job_options(struct engine *engine, const struct engine_run *run)
{
	/* steps wait for disks, networks and each other: two more than there are processors */
	unsigned jobs = run->jobs ? run->jobs : processors() + 2;

	return (struct job_options){
		.jobs = jobs,
		.stop_grace_ns = run->stop_grace_ns ? run->stop_grace_ns
						    : DEFAULT_STOP_GRACE_SECONDS * 1000000000LL,
		.deadline = run->deadline,
		.sink = run->sink,
		.first_number = engine->next_number,
		.extra_fd = transfer_wanted_fd(engine->transfer),
		.extra = start_helper,
		.extra_context = engine,
		.signal_fd = run->signal_fd,
	};
}

int engine_run_works(struct engine *engine, const struct engine_run *run, struct work *works,
		     size_t n_works, struct error *err)
{
	struct job_options options = engine_job_options(engine, run);

	if (!n_works)
		return 0;
	int result = job_graph_run(works, n_works, &options, err);
	engine->next_number += (uint32_t)n_works;
	return result;
}
