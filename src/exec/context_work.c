/* SPDX-License-Identifier: Apache-2.0 */
#include "context_work.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/pattern.h"
#include "cache/content.h"
#include "context/listing.h"

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

void context_work_want(struct context_work *work, const struct copy_step *copy)
{
	for (size_t i = 0; i < copy->n_sources; i++) {
		if (copy->sources[i].kind != COPY_PATH)
			continue;
		autofree char *path = path_clean(copy->sources[i].path);
		struct listing_source source = {
			.kind = copy->parents		      ? LISTING_DEEP
				: pattern_has_wildcards(path) ? LISTING_GLOB
							      : LISTING_PATH,
			.path = arena_strdup(&work->arena, path),
		};
		vec_push(&work->wanted, source);
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
	if (content_memo_open(work->env->image_env.cache, context->host_path, &memo, err) < 0)
		return -1;
	if (listing_make(context->dir_fd, context->ignore, work->wanted.items, work->wanted.len,
			 memo, HASH_THREADS, work->listing_fd, err) < 0)
		return error_wrap(err, "build context '%s'", context->host_path);
	return content_memo_save(memo, err);
}

static int finish_context(void *arg, const char *record, size_t len, struct error *err)
{
	const struct context_work *work = arg;

	(void)record;
	(void)len;
	return listing_open(work->listing_fd, &work->env->contexts[work->index].listing, err);
}

int context_work_prepare(struct context_work *work, struct work *ret_work, struct error *err)
{
	const struct plan_context *context = &work->env->plan->contexts[work->index];

	work->title = context->name ? xasprintf("[context %s] load from %s", context->name,
						context->host_path)
				    : xstrdup("[internal] load build context");
	work->listing_fd = openat(store_tmp_fd(work->env->image_env.store), ".",
				  O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (work->listing_fd < 0)
		return error_sys(err, "temporary file in the store");
	*ret_work = (struct work){
		.title = work->title, .arg = work, .run = run_context, .finished = finish_context
	};
	return 0;
}
