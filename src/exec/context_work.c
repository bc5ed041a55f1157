/* SPDX-License-Identifier: Apache-2.0 */
#include "context_work.h"

#include "copy_select.h"
#include "missing.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/pattern.h"
#include "cache/content.h"
#include "context/listing.h"
#include "parser/git_reference.h"

#include <fcntl.h>
#include <string.h>

/* Hashing reads many small files: two threads keep disk and processor busy at once. */
enum { HASH_THREADS = 2 };

void exec_context_release(struct exec_context *context)
{
	listing_close(context->listing);
	context_close(context->owned);
}

void context_work_init(struct context_work *work, struct exec_env *env, uint32_t index)
{
	*work = (struct context_work){ .env = env, .index = index, .listing_fd = -1 };
}

void context_work_release(struct context_work *work)
{
	arena_release(&work->arena);
	vec_release(&work->wanted);
	free(work->title);
	if (work->listing_fd >= 0)
		(void)close(work->listing_fd);
	work->listing_fd = -1;
}

static void want(struct context_work *work, enum listing_source_kind kind, const char *path)
{
	struct listing_source source = { .kind = kind, .path = arena_strdup(&work->arena, path) };

	vec_push(&work->wanted, source);
}

static void want_named(struct context_work *work, const char *path)
{
	want(work, pattern_has_wildcards(path) ? LISTING_GLOB : LISTING_PATH, path);
}

/* Symlinks are followed above the pivot only, and a deep pattern follows none. */
static void want_with_parents(struct context_work *work, const char *text)
{
	autofree char *pattern = NULL;
	autofree char *above = copy_parents_split(text, &pattern);
	autofree char *whole = path_join(above, pattern);

	if (!*pattern)
		return;
	want(work, LISTING_DEEP, whole);
	if (*above)
		want_named(work, whole);
}

static void want_copied(struct context_work *work, const struct copy_step *copy)
{
	for (size_t i = 0; i < copy->n_sources; i++) {
		if (copy->sources[i].kind != COPY_PATH)
			continue;
		autofree char *path = path_clean(copy->sources[i].path);
		if (copy->parents)
			want_with_parents(work, copy->sources[i].path);
		else
			want_named(work, path);
	}
}

static bool is_of_context(const struct context_work *work, struct tree_ref tree)
{
	return tree.kind == TREE_CONTEXT && tree.index == work->index;
}

void context_work_want(struct context_work *work, const struct step *step)
{
	if (step->kind == STEP_COPY)
		want_copied(work, &step->copy);
	for (size_t i = 0; step->kind == STEP_RUN && i < step->run.n_mounts; i++) {
		const struct run_mount *mount = &step->run.mounts[i];
		autofree char *path = path_clean(mount->flag.source ? mount->flag.source : "");
		if (is_of_context(work, mount->from))
			want(work, LISTING_PATH, path);
	}
}

static int run_context(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	const struct context_work *work = arg;
	const struct exec_context *context = &work->env->contexts[work->index];
	cleanup(content_memo_free) struct content_memo *memo = NULL;

	(void)channel;
	(void)record;
	if (!context->is_fetched &&
	    content_memo_open(work->env->image_env.cache, context->host_path, &memo, err) < 0)
		return -1;
	if (listing_make(context->dir_fd, context->ignore, work->wanted.items, work->wanted.len,
			 memo, HASH_THREADS, work->listing_fd, err) < 0)
		return error_wrap(err, "build context '%s'", context->host_path);
	return memo ? content_memo_save(memo, err) : 0;
}

/* One path that a step names. Goes on after an error, unless there are too many. */
static int check_path(const struct context_work *work, const char *path, struct position at,
		      struct error *err)
{
	const struct exec_context *context = &work->env->contexts[work->index];
	struct copy_tree tree = copy_tree_of_context(context);
	autofree char *cleaned = path_clean(path ? path : "");

	if (copy_check_path(&tree, cleaned, err) == 0)
		return 0;
	if (err->code == ERROR_NOT_FOUND)
		missing_explain(context, cleaned, err);
	err->at = at;
	return error_list_add(work->env->errors, err) ? 0 : -1;
}

static int check_copy(const struct context_work *work, const struct copy_step *copy,
		      struct error *err)
{
	for (size_t i = 0; i < copy->n_sources; i++) {
		const struct copy_source *source = &copy->sources[i];
		if (source->kind == COPY_PATH && !copy->parents &&
		    !pattern_has_wildcards(source->path) &&
		    check_path(work, source->path, source->at, err) < 0)
			return -1;
	}
	return 0;
}

static int check_step(const struct context_work *work, const struct step *step, struct error *err)
{
	if (step->kind == STEP_COPY && is_of_context(work, step->copy.from))
		return check_copy(work, &step->copy, err);
	for (size_t i = 0; step->kind == STEP_RUN && i < step->run.n_mounts; i++) {
		const struct run_mount *mount = &step->run.mounts[i];
		if (is_of_context(work, mount->from) &&
		    check_path(work, mount->flag.source, mount->at, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * What is not there is said now and all at once, not by one COPY after the other, each behind what
 * has to run before it.
 */
static int check_sources(const struct context_work *work, struct error *err)
{
	const struct plan *plan = work->env->plan;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (check_step(work, &plan->steps[i], err) < 0)
			return -1;
	return error_list_end(work->env->errors, err);
}

static int finish_context(void *arg, const char *record, size_t len, struct error *err)
{
	const struct context_work *work = arg;

	(void)record;
	(void)len;
	if (listing_open(work->listing_fd, &work->env->contexts[work->index].listing, err) < 0)
		return -1;
	return check_sources(work, err);
}

int context_work_prepare(struct context_work *work, struct work *ret_work, struct error *err)
{
	const struct plan_context *context = &work->env->plan->contexts[work->index];

	cleanup(buf_release) struct buf shown = BUF_INIT;
	if (context->name)
		source_add_printable(context->host_path, &shown);
	work->title = context->name
			      ? xasprintf("[context %s] load from %s", context->name, shown.data)
			      : xstrdup("[internal] load build context");
	if (store_open_nameless(work->env->image_env.store, &work->listing_fd, err) < 0)
		return -1;
	*ret_work = (struct work){
		.title = work->title, .arg = work, .run = run_context, .finished = finish_context
	};
	return 0;
}
