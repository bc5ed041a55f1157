/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/exec.h"

#include "context_work.h"
#include "remote.h"
#include "run_network.h"
#include "step_key.h"
#include "step_run.h"

#include "base/alloc.h"
#include "limits/limits.h"
#include "network/private_network.h"
#include "sandbox/isolation.h"
#include "sandbox/sandbox.h"

#include <string.h>

/* One work's argument: which step of which env. */
struct step_work {
	struct exec_env *env;
	uint32_t step;
};

static struct digest parent_chain(const struct exec_env *env, const struct step *step)
{
	return exec_tree_chain_id(env, step->parent);
}

/* A base image needs nothing to be done: its tree is named by its config. */
static void finish_image(struct exec_env *env, uint32_t index)
{
	const struct step *step = &env->plan->steps[index];
	const struct image *image = env->images[step->image.image];
	struct step_result *result = &env->results[index];
	size_t n = image->manifest->n_layers;

	*result = (struct step_result){ .is_done = true, .is_cached = true };
	if (n)
		result->chain_id = image->layers[n - 1].chain_id;
}

static int make_kit(struct exec_env *env, struct error *err)
{
	cleanup(strv_release) struct strv lines = STRV_INIT;

	if (sandbox_kit_new_for(env->policy, &env->kit, err) < 0 ||
	    sandbox_kit_limit(env->kit, env->limits, isolation_mode(env->image_env.isolation),
			      &lines, err) < 0)
		return -1;
	for (size_t i = 0; i < lines.len; i++)
		event_emit(env->sink, (struct event){ .kind = EVENT_INFO, .text = lines.items[i] });
	return 0;
}

/* Made here, once, and inherited by all jobs: where they work, and what every RUN has. */
static int prepare_job(struct exec_env *env, const struct step *step, struct error *err)
{
	struct isolation *isolation = env->image_env.isolation;
	int found = isolation_ensure(isolation, err);

	if (found < 0)
		return -1;
	if (found)
		event_emit(env->sink,
			   (struct event){ .kind = EVENT_INFO, .text = isolation_line(isolation) });
	if (step->kind != STEP_RUN)
		return 0;
	if (isolation_refuses_run(isolation))
		return error_set(err, ERROR_PERMISSION, "%s", isolation_refuses_run(isolation));
	if (run_network_prepare(env, &step->run, err) < 0)
		return -1;
	return env->kit ? 0 : make_kit(env, err);
}

static int try_step(void *arg, struct buf *record, struct error *err)
{
	const struct step_work *work = arg;
	struct exec_env *env = work->env;
	const struct step *step = &env->plan->steps[work->step];

	if (step->kind == STEP_IMAGE)
		return 1;
	int found = step_try(env, step, record, err);
	if (found > 0)
		env->results[work->step].is_cached = true;
	if (found == 0 && prepare_job(env, step, err) < 0)
		return error_place(err, step->at);
	return found;
}

static int run_step(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct step_work *work = arg;

	return step_run(work->env, &work->env->plan->steps[work->step], channel, record, err);
}

static int finish_step(void *arg, const char *record, size_t len, struct error *err)
{
	const struct step_work *work = arg;
	struct exec_env *env = work->env;
	const struct step *step = &env->plan->steps[work->step];
	struct step_result *result = &env->results[work->step];
	bool is_cached = result->is_cached;

	if (step->kind == STEP_IMAGE) {
		finish_image(env, work->step);
		return 0;
	}
	if (step_result_decode(record, len, result, err) < 0)
		return -1;
	struct digest parent = parent_chain(env, step);
	result->chain_id =
		chain_id_extend(digest_is_zero(&parent) ? NULL : &parent, &result->diff_id);
	result->is_done = true;
	result->is_cached = is_cached;
	return 0;
}

struct exec_works {
	struct work *works;
	size_t n, n_contexts;
	struct exec_remotes remotes;
	struct exec_remote_work *remote_args;
	struct step_work *steps;
	struct context_work *contexts;
	uint32_t *context_of; /* plan context -> its work */
	struct arena arena;
};

static void exec_works_release(struct exec_works *works)
{
	for (size_t i = 0; i < works->n_contexts; i++)
		context_work_release(&works->contexts[i]);
	free(works->works);
	free(works->steps);
	free(works->contexts);
	free(works->context_of);
	exec_remotes_release(&works->remotes);
	free(works->remote_args);
	arena_release(&works->arena);
}
DEFINE_RELEASE(struct exec_works, exec_works_release);

/* A COPY of heredocs alone reads nothing. */
static bool copy_reads_context(const struct copy_step *copy, uint32_t context)
{
	if (copy->from.kind != TREE_CONTEXT || copy->from.index != context)
		return false;
	for (size_t i = 0; i < copy->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH)
			return true;
	return false;
}

static bool reads_context(const struct step *step, uint32_t context)
{
	if (step->kind == STEP_COPY)
		return copy_reads_context(&step->copy, context);
	for (size_t i = 0; step->kind == STEP_RUN && i < step->run.n_mounts; i++) {
		const struct tree_ref *from = &step->run.mounts[i].from;
		if (from->kind == TREE_CONTEXT && from->index == context)
			return true;
	}
	return false;
}

static int add_context_works(struct exec_env *env, struct exec_works *works, struct error *err)
{
	const struct plan *plan = env->plan;

	works->contexts = xcalloc(plan->n_contexts, sizeof(*works->contexts));
	works->context_of = xcalloc(plan->n_contexts, sizeof(*works->context_of));
	for (uint32_t c = 0; c < plan->n_contexts; c++) {
		struct context_work *context = &works->contexts[works->n_contexts];
		bool is_read = false;
		context_work_init(context, env, c);
		for (size_t i = 0; i < plan->n_steps; i++) {
			if (!reads_context(&plan->steps[i], c))
				continue;
			context_work_want(context, &plan->steps[i]);
			is_read = true;
		}
		if (!is_read) {
			context_work_release(context);
			continue;
		}
		if (context_work_prepare(context, &works->works[works->n], err) < 0)
			return -1;
		works->context_of[c] = (uint32_t)works->n++;
		works->n_contexts++;
	}
	return 0;
}

/* Beside the contexts, before any step. */
static void add_remote_works(struct exec_works *works)
{
	works->remote_args = xcalloc(works->remotes.len, sizeof(*works->remote_args));
	for (size_t i = 0; i < works->remotes.len; i++) {
		works->remote_args[i] =
			(struct exec_remote_work){ .remotes = &works->remotes, .index = i };
		works->works[works->n++] = (struct work){ .title = works->remotes.items[i].title,
							  .arg = &works->remote_args[i],
							  .run = exec_remote_run,
							  .finished = exec_remote_finish };
	}
}

static size_t add_remote_inputs(const struct exec_works *works, const struct step *step,
				uint32_t *inputs)
{
	size_t n = 0;

	for (size_t i = 0; step->kind == STEP_COPY && i < step->copy.n_sources; i++) {
		size_t index =
			exec_remote_index(&works->remotes, &step->copy, &step->copy.sources[i]);
		bool is_new = true;
		for (size_t k = 0; k < n; k++)
			is_new = is_new && inputs[k] != works->n_contexts + index;
		if (index < works->remotes.len && is_new)
			inputs[n++] = (uint32_t)(works->n_contexts + index);
	}
	return n;
}

static void add_step_work(struct exec_env *env, struct exec_works *works, uint32_t index)
{
	const struct step *step = &env->plan->steps[index];
	uint32_t n_contexts = (uint32_t)env->plan->n_contexts;
	size_t n_sources = step->kind == STEP_COPY ? step->copy.n_sources : 0;
	uint32_t *inputs = arena_array(&works->arena, step->n_inputs + n_contexts + n_sources,
				       sizeof(*inputs));
	size_t n = 0;

	for (uint32_t c = 0; c < n_contexts; c++)
		if (reads_context(step, c))
			inputs[n++] = works->context_of[c];
	n += add_remote_inputs(works, step, inputs + n);
	for (size_t i = 0; i < step->n_inputs; i++)
		inputs[n++] = (uint32_t)(works->n_contexts + works->remotes.len) + step->inputs[i];
	works->steps[index] = (struct step_work){ .env = env, .step = index };
	works->works[works->n++] = (struct work){
		.title = step->title,
		.inputs = inputs,
		.n_inputs = n,
		.arg = &works->steps[index],
		.run_inline = try_step,
		.run = run_step,
		.finished = finish_step,
	};
}

/* An error stands at a word of its instruction. */
static bool is_within(const struct step *step, uint32_t line)
{
	uint32_t last = step->at.last_line > step->at.line ? step->at.last_line : step->at.line;

	return step->at.line <= line && line <= last;
}

int exec_run(struct exec_env *env, const struct job_options *options, uint32_t *failed,
	     struct error *err)
{
	const struct plan *plan = env->plan;
	cleanup(exec_works_release) struct exec_works works = { .arena = ARENA_INIT };

	exec_remotes_init(&works.remotes, env);
	env->remotes = &works.remotes;
	works.works =
		xcalloc(plan->n_contexts + works.remotes.len + plan->n_steps, sizeof(*works.works));
	works.steps = xcalloc(plan->n_steps, sizeof(*works.steps));
	if (add_context_works(env, &works, err) < 0)
		return -1;
	add_remote_works(&works);
	for (uint32_t i = 0; i < plan->n_steps; i++)
		add_step_work(env, &works, i);
	env->n_works = works.n;
	int result = job_graph_run(works.works, works.n, options, err);
	env->remotes = NULL;
	private_network_free(take_ptr(&env->network));
	if (result < 0 && failed) {
		*failed = NO_STEP;
		for (uint32_t i = 0; i < plan->n_steps; i++)
			if (!env->results[i].is_done && is_within(&plan->steps[i], err->at.line))
				*failed = i;
	}
	return result;
}

size_t exec_tree_layers(const struct exec_env *env, struct tree_ref tree,
			struct layer_ref **ret_layers)
{
	const struct plan *plan = env->plan;
	const struct image *base = NULL;
	size_t n = 0;

	for (struct tree_ref t = tree; t.kind == TREE_STEP; t = plan->steps[t.index].parent) {
		const struct step *step = &plan->steps[t.index];
		if (step->kind == STEP_IMAGE) {
			base = env->images[step->image.image];
			n += base->manifest->n_layers;
			break;
		}
		n++;
	}
	struct layer_ref *layers = xcalloc(n, sizeof(*layers));
	size_t at = n;
	for (struct tree_ref t = tree; t.kind == TREE_STEP; t = plan->steps[t.index].parent) {
		const struct step_result *result = &env->results[t.index];
		if (!result->has_layer)
			break;
		layers[--at] = (struct layer_ref){
			.chain_id = result->chain_id,
			.diff_id = result->diff_id,
			.digest = result->digest,
			.size = result->size,
			.media_type = media_type_of_layer(result->compression, false),
		};
	}
	if (base)
		memcpy(layers, base->layers, base->manifest->n_layers * sizeof(*layers));
	*ret_layers = layers;
	return n;
}
