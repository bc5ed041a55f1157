/* SPDX-License-Identifier: Apache-2.0 */
#include "step_run.h"

#include "op.h"
#include "step_key.h"

#include "base/alloc.h"
#include "base/trace.h"
#include "image/rootfs.h"
#include "store/blob.h"

#include <string.h>
#include <time.h>

/* A file that changes while it is read makes the step start over; so often, then it is an error. */
enum { CHANGED_RETRIES = 3 };

/* What the step's result stands on is left alone by prune: record, blob, snapshot. */
static int pin_result(const struct exec_env *env, const struct step *step, const struct digest *key,
		      const struct step_result *result, struct error *err)
{
	struct digest parent = exec_tree_chain_id(env, step->parent);
	const struct digest used[] = {
		*key,
		result->digest,
		chain_id_extend(digest_is_zero(&parent) ? NULL : &parent, &result->diff_id),
	};

	return store_pin(env->image_env.store, used, countof(used), err);
}

/* 1 a record whose layer is really there; 0 a miss. */
static int find_record(const struct exec_env *env, const struct step *step,
		       const struct digest *key, bool may_verify, struct step_result *ret_result,
		       struct error *err)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };
	cleanup(step_result_release) struct step_result result = { 0 };
	uint64_t size = 0;

	int found = cache_find(env->image_env.cache, key, &record, err);
	if (found <= 0)
		return found;
	if (step_result_decode(record.payload, strlen(record.payload), &result, err) < 0)
		return 0;
	if (pin_result(env, step, key, &result, err) < 0)
		return -1;
	found = blob_find(env->image_env.store, &result.digest, &size, err);
	if (found <= 0 || size != result.size)
		return found < 0 ? -1 : 0;
	if (record.needs_verification || env->verifies_cache) {
		/* another boot wrote it and never synced: believe the bytes only */
		if (!may_verify)
			return 0;
		found = blob_verify(env->image_env.store, &result.digest, err);
		if (found <= 0)
			return found;
	}
	result.key = *key;
	*ret_result = result;
	result = (struct step_result){ 0 };
	return 1;
}

/* Of a COPY from the context, whose listing is there: no content is read. */
static int select_from_context(const struct exec_env *env, const struct step *step,
			       struct selection *ret_selection, struct error *err)
{
	struct copy_tree tree = copy_tree_of_context(&env->contexts[step->copy.from.index]);

	if (copy_select(&tree, &step->copy, false, ret_selection, err) < 0)
		return error_place(err, step->at);
	return 0;
}

int step_try(struct exec_env *env, const struct step *step, struct buf *record, struct error *err)
{
	cleanup(cache_key_release) struct cache_key key = { 0 };
	cleanup(step_result_release) struct step_result result = { 0 };

	if (step->no_cache)
		return 0;
	int has_definition = step_definition_key(env, step, &key, err);
	if (has_definition < 0)
		return -1;
	if (!has_definition) {
		cleanup(selection_release) struct selection selection = SELECTION_INIT;
		if (select_from_context(env, step, &selection, err) < 0)
			return -1;
		step_content_key(env, step, &selection, &key);
	}
	int found = find_record(env, step, &key.digest, false, &result, err);
	if (found > 0)
		step_result_encode(&result, record);
	trace("exec", "%s: key %s %s", step->title, digest_format(&key.digest).text,
	      found > 0 ? "found" : "not found");
	return found;
}

static void step_job_release(struct step_job *job)
{
	selection_release(&job->selection);
	snapshot_view_free(job->source_view);
	secret_watch_release(&job->secrets);
	free(job->parents);
}
DEFINE_RELEASE(struct step_job, step_job_release);

/* The tree that COPY --from reads: unpacked now, since its files are wanted. */
static int open_source_tree(struct step_job *job, struct error *err)
{
	const struct exec_env *env = job->env;
	autofree struct layer_ref *layers = NULL;

	if (rootfs_enter_isolation(&env->image_env, err) < 0)
		return -1;
	size_t n = exec_tree_layers(env, job->step->copy.from, &layers);
	autofree struct digest *chain_ids = NULL;
	size_t n_chain_ids = rootfs_chain_ids(&env->image_env, layers, n, &chain_ids);

	if (rootfs_ensure(&env->image_env, layers, n, job->channel, err) < 0 ||
	    snapshot_view_open(env->image_env.snapshots, chain_ids, n_chain_ids, &job->source_view,
			       err) < 0)
		return -1;
	job->tree = copy_tree_of_view(job->source_view);
	return 0;
}

static int select_sources(struct step_job *job, struct error *err)
{
	const struct copy_step *copy = &job->step->copy;

	if (copy->from.kind == TREE_CONTEXT) {
		job->tree = copy_tree_of_context(&job->env->contexts[copy->from.index]);
		return copy_select(&job->tree, copy, false, &job->selection, err);
	}
	if (open_source_tree(job, err) < 0)
		return -1;
	return copy_select(&job->tree, copy, true, &job->selection, err);
}

static int do_step(struct step_job *job, struct step_result *result, struct error *err)
{
	switch (job->step->kind) {
	case STEP_RUN:
		return op_run(job, result, err);
	case STEP_COPY:
		return op_copy(job, result, err);
	case STEP_WORKDIR:
		return op_workdir(job, result, err);
	case STEP_IMAGE:
		break;
	}
	return error_set(err, ERROR_SYSTEM, "a step of a kind that does not run");
}

static int64_t milliseconds_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int make_result(struct step_job *job, struct step_result *result, struct error *err)
{
	const struct exec_env *env = job->env;
	int64_t start = milliseconds_now();

	job->n_parents = exec_tree_layers(env, job->step->parent, &job->parents);
	if (rootfs_enter_isolation(&env->image_env, err) < 0 ||
	    rootfs_ensure(&env->image_env, job->parents, job->n_parents, job->channel, err) < 0 ||
	    do_step(job, result, err) < 0)
		return -1;
	struct digest parent = exec_tree_chain_id(env, job->step->parent);
	result->chain_id =
		chain_id_extend(digest_is_zero(&parent) ? NULL : &parent, &result->diff_id);
	result->milliseconds = milliseconds_now() - start;
	return 0;
}

static int put_record(const struct exec_env *env, const struct step *step,
		      const struct cache_key *key, struct step_result *result, struct error *err)
{
	cleanup(buf_release) struct buf payload = BUF_INIT;

	result->key = key->digest;
	step_result_encode(result, &payload);
	if (pin_result(env, step, &key->digest, result, err) < 0)
		return -1;
	return cache_put(env->image_env.cache, key, payload.data, err);
}

/* Waits for whoever makes the same thing just now; a waiting job holds no slot. */
static int lock_key(struct step_job *job, const struct digest *key, int *ret_fd, struct error *err)
{
	struct cache *cache = job->env->image_env.cache;
	int taken = cache_try_lock(cache, key, ret_fd, err);

	if (taken != 0)
		return taken < 0 ? -1 : 0;
	job_waiting(job->channel, "another build is making this step");
	int result = cache_lock(cache, key, ret_fd, err);
	job_resumed(job->channel);
	return result;
}

/* What the cache gave has a snapshot perhaps, which a later step may read. */
static int verify_snapshot(struct step_job *job, const struct step_result *result,
			   struct error *err)
{
	const struct exec_env *env = job->env;
	autofree struct layer_ref *parents = NULL;
	size_t n = exec_tree_layers(env, job->step->parent, &parents);
	autofree struct layer_ref *layers = xcalloc(n + 1, sizeof(*layers));
	struct digest parent = exec_tree_chain_id(env, job->step->parent);

	for (size_t i = 0; i < n; i++)
		layers[i] = parents[i];
	layers[n] = (struct layer_ref){
		.chain_id =
			chain_id_extend(digest_is_zero(&parent) ? NULL : &parent, &result->diff_id),
		.diff_id = result->diff_id,
		.digest = result->digest,
		.size = result->size,
	};
	if (rootfs_enter_isolation(&env->image_env, err) < 0)
		return -1;
	return rootfs_verify(&env->image_env, layers, n + 1, job->channel, err);
}

/* One try, from the keys on. */
static int run_once(struct step_job *job, struct step_result *result, struct error *err)
{
	struct exec_env *env = job->env;
	const struct step *step = job->step;
	cleanup(cache_key_release) struct cache_key definition = { 0 }, content = { 0 };
	const struct cache_key *key = &definition;
	autoclose int lock = -1;

	int has_definition = step_definition_key(env, step, &definition, err);
	if (has_definition < 0)
		return -1;
	if (step->kind == STEP_COPY) {
		if (select_sources(job, err) < 0)
			return -1;
		step_content_key(env, step, &job->selection, &content);
		key = &content;
	}
	if (lock_key(job, &key->digest, &lock, err) < 0)
		return -1;
	int found = step->no_cache ? 0 : find_record(env, step, &key->digest, true, result, err);
	if (found < 0)
		return -1;
	if (found && env->verifies_cache && verify_snapshot(job, result, err) < 0)
		return -1;
	if (found)
		job_cached(job->channel);
	else if (make_result(job, result, err) < 0 || put_record(env, step, key, result, err) < 0)
		return -1;
	if (has_definition && key != &definition)
		return put_record(env, step, &definition, result, err);
	return 0;
}

int step_run(struct exec_env *env, const struct step *step, struct job_channel *channel,
	     struct buf *record, struct error *err)
{
	cleanup(step_result_release) struct step_result result = { 0 };

	for (unsigned attempt = 0;; attempt++) {
		cleanup(step_job_release) struct step_job job = { .env = env,
								  .step = step,
								  .channel = channel,
								  .selection = SELECTION_INIT,
								  .secrets = SECRET_WATCH_INIT };
		if (run_once(&job, &result, err) == 0)
			break;
		step_result_release(&result);
		if (err->code != ERROR_CHANGED || attempt == CHANGED_RETRIES) {
			(void)error_place(err, step->at);
			if (err->code == ERROR_NO_SPACE)
				(void)error_wrap(err, "the store %s",
						 store_path(env->image_env.store));
			/* status 2 is for the command line, which an image or Dockerfile is not */
			if (err->code == ERROR_USAGE)
				err->code = ERROR_SYSTEM;
			return -1;
		}
		job_note(channel, "%s; starting over", err->text);
	}
	step_result_encode(&result, record);
	return 0;
}
