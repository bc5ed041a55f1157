/* SPDX-License-Identifier: Apache-2.0 */
/* Running the plan's steps, and telling what became of them. */
#include "phases.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"

#include <string.h>
#include <time.h>

/* A step finds its own name, which is that of all steps. The caller's. */
static char *make_hosts(const struct plan *plan)
{
	const char *hostname = NULL;

	for (size_t i = 0; i < plan->n_steps && !hostname; i++)
		if (plan->steps[i].kind == STEP_RUN && plan->steps[i].run.hostname &&
		    *plan->steps[i].run.hostname)
			hostname = plan->steps[i].run.hostname;
	return xasprintf("127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost ip6-loopback\n",
			 hostname ? hostname : "buildkitsandbox");
}

void build_take_secrets(struct build *build)
{
	const struct build_request *request = build->request;
	struct exec_env *env = &build->exec;

	if (env->secrets)
		return;
	env->secrets = arena_array(&build->arena, request->n_secrets, sizeof(*env->secrets));
	env->n_secrets = request->n_secrets;
	env->allows_secret_leaks = build_allows(request, "secret-leak");
	env->allows_secrets_on_disk = build_allows(request, "secret-on-disk");
	for (size_t i = 0; i < request->n_secrets; i++)
		env->secrets[i] = (struct exec_secret){
			.id = request->secrets[i].id,
			.source = request->secrets[i].source,
			.is_variable = request->secrets[i].kind == SECRET_ENV,
		};
	env->ssh = arena_array(&build->arena, request->n_ssh, sizeof(*env->ssh));
	env->n_ssh = request->n_ssh;
	for (size_t i = 0; i < request->n_ssh; i++)
		env->ssh[i] = (struct exec_ssh){
			.id = request->ssh[i].id,
			.paths = strv_items(&request->ssh[i].paths),
			.n_paths = request->ssh[i].paths.len,
		};
}

static int prepare(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	const struct compression_request *compression = build_compression(request);
	const struct plan *plan = build->plan;
	struct exec_env *env = &build->exec;
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	env->image_env = build->engine->env;
	env->image_env.verifies_snapshots = request->verify_cache;
	env->plan = plan;
	env->images = build->plan_images;
	env->contexts = xcalloc(plan->n_contexts, sizeof(*env->contexts));
	env->results = xcalloc(plan->n_steps, sizeof(*env->results));
	env->compression = compression->kind;
	env->level = compression->level < 0 ? 0 : compression->level;
	env->limits = &request->limits;
	env->rewrites_times = build_rewrites_times(request);
	env->verifies_cache = request->verify_cache;
	env->policy = &request->policy;
	env->sink = build->run.sink;
	env->errors = &build->result->errors;
	env->now = plan->has_epoch ? plan->epoch : (int64_t)now.tv_sec;
	env->hosts = make_hosts(plan);
	env->names = &request->names;
	build_take_secrets(build);
	for (size_t i = 0; i < plan->n_contexts; i++)
		if (build_open_context(build, i, &env->contexts[i], err) < 0)
			return -1;
	return 0;
}

static void summarize(struct build *build)
{
	const struct plan *plan = build->plan;
	struct build_result *result = build->result;

	result->steps = xcalloc(plan->n_steps, sizeof(*result->steps));
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step_result *step = &build->exec.results[i];
		if (!step->is_done || !step->has_layer)
			continue;
		result->steps[result->n_steps++] = (struct build_step){
			.title = xstrdup(plan->steps[i].title),
			.key = step->key,
			.is_cached = step->is_cached,
			.milliseconds = step->milliseconds,
			.layer_size = step->size,
			.n_members = step->n_members,
			.n_reused = step->n_reused,
		};
	}
}

int build_run_steps(struct build *build, struct error *err)
{
	uint32_t failed = NO_STEP;

	if (prepare(build, err) < 0)
		return -1;
	struct job_options options = engine_job_options(build->engine, &build->run);
	int result = exec_run(&build->exec, &options, &failed, err);
	build->engine->next_number += (uint32_t)build->exec.n_works;
	summarize(build);
	if (result < 0 && failed != NO_STEP && build->result->failed_step == NULL)
		build->result->failed_step = xstrdup(build->plan->steps[failed].title);
	return result;
}
