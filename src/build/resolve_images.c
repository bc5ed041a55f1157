/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the images that the plan names: from the store without a job where the policy lets it,
 * else a wave of jobs; again and again, since ONBUILD triggers of a base may name new ones.
 */
#include "phases.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/vec.h"
#include "image/resolve.h"

#include <string.h>

static size_t find_known(const struct images_known *images, const char *reference,
			 const struct platform *platform)
{
	size_t i = 0;

	while (i < images->len && (strcmp(images->references[i], reference) != 0 ||
				   !platform_equal(&images->platforms[i], platform)))
		i++;
	return i;
}

/* Takes the image over. */
static void add_known(struct images_known *images, const char *reference,
		      const struct platform *platform, struct image *image)
{
	if (images->len == images->size) {
		images->size = images->size ? images->size * 2 : 8;
		images->items = xrealloc(images->items, images->size, sizeof(*images->items));
		images->references =
			xrealloc(images->references, images->size, sizeof(*images->references));
		images->platforms =
			xrealloc(images->platforms, images->size, sizeof(*images->platforms));
	}
	images->items[images->len] = image;
	images->references[images->len] = xstrdup(reference);
	images->platforms[images->len++] = *platform;
}

static int find_config(void *context, const char *reference, const struct platform *platform,
		       const struct image_config **ret_config)
{
	const struct images_known *images = context;
	size_t i = find_known(images, reference, platform);

	if (i == images->len)
		return 0;
	*ret_config = images->items[i]->config;
	return 1;
}

struct resolve_work {
	struct build *build;
	const struct plan_image *wanted;
};

/* Who mistypes a stage's name asks for an image that there is not. */
static void suggest(const struct resolve_work *work, struct error *err)
{
	static const char *const common[] = { "alpine", "busybox", "centos", "debian", "fedora",
					      "golang", "node",	   "python", "rust",   "ubuntu" };
	const struct dockerfile *dockerfile = work->build->dockerfile;
	VEC(const char *) names = VEC_INIT;

	/* without a network, a name that was mistyped is looked for all the same: not an image's */
	bool is_offline = err->code == ERROR_NETWORK;
	if (err->code != ERROR_NOT_FOUND && err->code != ERROR_AUTH && !is_offline)
		return;
	for (size_t i = 0; i < dockerfile->n_stages; i++)
		if (dockerfile->stages[i].from.from.stage_name)
			vec_push(&names, dockerfile->stages[i].from.from.stage_name);
	for (size_t i = 0; !is_offline && i < countof(common); i++)
		vec_push(&names, common[i]);
	const char *near = text_nearest(work->wanted->written, names.items, names.len);
	vec_release(&names);
	if (strspn(work->wanted->written, "0123456789") == strlen(work->wanted->written))
		(void)error_wrap(err,
				 "'%.100s' is taken for an image: a mount and a FROM know stages "
				 "by name, not by number",
				 work->wanted->written);
	else if (near)
		(void)error_wrap(err,
				 "'%.100s' is no stage above and no image that can be had "
				 "(did you mean %.100s?)",
				 work->wanted->written, near);
}

static int try_resolve(void *arg, struct buf *record, struct error *err)
{
	const struct resolve_work *work = arg;
	struct build *build = work->build;
	struct image *image = NULL;

	(void)record;
	int found = image_resolve_local(&build->engine->env, work->wanted->reference,
					&work->wanted->platform, build->request->pull, &image, err);
	if (found < 0) {
		err->at = work->wanted->at;
		suggest(work, err);
	}
	if (found > 0)
		add_known(&build->images, work->wanted->reference, &work->wanted->platform, image);
	return found;
}

static int run_resolve(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	const struct resolve_work *work = arg;
	cleanup(image_free) struct image *image = NULL;

	if (image_resolve(&work->build->engine->env, work->wanted->reference,
			  &work->wanted->platform, work->build->request->pull, &image, err) < 0) {
		err->at = work->wanted->at;
		suggest(work, err);
		return -1;
	}
	job_note(channel, "%s %s", work->wanted->written, image->note);
	image_encode(image, record);
	return 0;
}

static int finish_resolve(void *arg, const char *record, size_t len, struct error *err)
{
	const struct resolve_work *work = arg;
	struct build *build = work->build;
	struct image *image = NULL;

	if (find_known(&build->images, work->wanted->reference, &work->wanted->platform) <
	    build->images.len)
		return 0; /* try_resolve found it */
	if (image_load(&build->engine->env, record, len, &image, err) < 0)
		return -1;
	add_known(&build->images, work->wanted->reference, &work->wanted->platform, image);
	return 0;
}

static const char *load_title(struct arena *arena, const struct plan_needs *needs,
			      const struct plan_image *image)
{
	cleanup(buf_release) struct buf platform = BUF_INIT;

	if (needs->is_multi_platform) {
		platform_format(&image->platform, &platform);
		buf_add_char(&platform, ' ');
	}
	return arena_printf(arena, "[%sinternal] load metadata for %s", platform.data,
			    image->reference);
}

/* n of the needs, or all of them. */
static int resolve_some(struct build *build, const struct plan_needs *needs,
			const struct plan_image *images, size_t n, struct error *err)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct work *works = arena_array(&arena, n, sizeof(*works));
	struct resolve_work *args = arena_array(&arena, n, sizeof(*args));

	for (size_t i = 0; i < n; i++) {
		args[i] = (struct resolve_work){ .build = build, .wanted = &images[i] };
		works[i] = (struct work){
			.title = load_title(&arena, needs, &images[i]),
			.arg = &args[i],
			.run_inline = try_resolve,
			.run = run_resolve,
			.finished = finish_resolve,
		};
	}
	return engine_run_works(build->engine, &build->run, works, n, err);
}

static bool is_same_place(struct position a, struct position b)
{
	return a.line == b.line && a.column == b.column;
}

/*
 * All at once. One that is not there ends the others: then each is asked for by itself, so that who
 * has mistyped several names hears of all of them.
 */
static int resolve_wave(struct build *build, const struct plan_needs *needs, struct error *err)
{
	struct error_list *errors = &build->result->errors;

	if (resolve_some(build, needs, needs->images, needs->n_images, err) == 0)
		return 0;
	if (err->code != ERROR_NOT_FOUND && err->code != ERROR_AUTH)
		return -1;
	struct position first = err->at;
	bool goes_on = error_list_add(errors, err);
	for (size_t i = 0; i < needs->n_images && goes_on; i++) {
		const struct plan_image *image = &needs->images[i];
		bool is_known = find_known(&build->images, image->reference, &image->platform) <
				build->images.len;
		if (is_known || is_same_place(image->at, first) ||
		    resolve_some(build, needs, image, 1, err) == 0)
			continue;
		if (err->code != ERROR_NOT_FOUND && err->code != ERROR_AUTH)
			return -1;
		goes_on = error_list_add(errors, err);
	}
	return error_list_end(errors, err);
}

/* FROM's line says which digest the tag gave and how old the copy is. */
static void tell_images(const struct build *build)
{
	for (size_t i = 0; i < build->plan->n_images; i++) {
		cleanup(buf_release) struct buf line = BUF_INIT;
		buf_add_text(&line, build->plan->images[i].reference);
		if (build->plan->is_multi_platform) {
			buf_add_text(&line, " for ");
			platform_format(&build->plan->images[i].platform, &line);
		}
		buf_printf(&line, " is %s",
			   build->plan_images[i]->note ? build->plan_images[i]->note : "");
		event_emit(build->run.sink,
			   (struct event){ .kind = EVENT_INFO, .text = line.data });
	}
}

int build_make_plan(struct build *build, struct error *err)
{
	struct image_lookup lookup = { .find = find_config, .context = &build->images };

	for (;;) {
		cleanup(plan_needs_release) struct plan_needs needs = { 0 };
		if (plan_find_needs(build->dockerfile, &build->options, &lookup, &needs, err) < 0)
			return -1;
		if (!needs.n_images)
			break;
		if (resolve_wave(build, &needs, err) < 0)
			return -1;
	}
	if (plan_make(build->dockerfile, &build->options, &lookup, &build->plan, err) < 0)
		return -1;
	build->plan_images = xcalloc(build->plan->n_images, sizeof(*build->plan_images));
	for (size_t i = 0; i < build->plan->n_images; i++) {
		const struct plan_image *image = &build->plan->images[i];
		size_t known = find_known(&build->images, image->reference, &image->platform);
		build->plan_images[i] = build->images.items[known];
	}
	tell_images(build);
	return 0;
}

void build_tell_images(const struct build *build)
{
	const struct images_known *images = &build->images;

	for (size_t i = 0; i < images->len; i++) {
		const struct strv *warnings = &images->items[i]->config->warnings;
		for (size_t j = 0; j < warnings->len; j++) {
			autofree char *line =
				xasprintf("%s: %s", images->references[i], warnings->items[j]);
			event_emit(build->run.sink,
				   (struct event){ .kind = EVENT_WARNING, .text = line });
		}
	}
}
