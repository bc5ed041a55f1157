/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "epoch.h"
#include "lower.h"
#include "named_context.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The Dockerfile as one target platform sees it. */
struct platform_view {
	struct platform platform;
	struct name_table globals;
	struct stage_graph graph;
	struct missing_images missing;
};

/* What both phases need: the global scope and the graph of stages, once per platform. */
struct preparation {
	struct build_args build_args;
	struct epoch epoch;
	struct platform_view *views;
	size_t n_views;
	bool is_multi_platform;
	struct plan_options quiet; /* for all platforms but the first: its facts are enough */
};

static void preparation_release(struct preparation *preparation)
{
	for (size_t i = 0; i < preparation->n_views; i++) {
		stage_graph_release(&preparation->views[i].graph);
		name_table_release(&preparation->views[i].globals);
	}
	free(preparation->views);
	build_args_release(&preparation->build_args);
}
DEFINE_RELEASE(struct preparation, preparation_release);

/* Several platforms give an index; one does where BUILDKIT_MULTI_PLATFORM wants it. */
static int read_shape(const struct plan_options *options, struct preparation *p, struct error *err)
{
	const char *text = build_args_get(&p->build_args, "BUILDKIT_MULTI_PLATFORM");

	p->is_multi_platform = options->n_platforms > 1;
	if (!text || !*text)
		return 0;
	if (text_parse_bool(text, &p->is_multi_platform, err) < 0)
		return error_wrap(err, "--build-arg BUILDKIT_MULTI_PLATFORM");
	if (!p->is_multi_platform && options->n_platforms > 1)
		return error_set(err, ERROR_USAGE,
				 "conflicting config: returning multiple target platforms is not "
				 "allowed (BUILDKIT_MULTI_PLATFORM=%s)",
				 text);
	return 0;
}

static int make_view(const struct dockerfile *dockerfile, const struct plan_options *options,
		     const struct image_lookup *lookup, struct arena *arena, struct preparation *p,
		     size_t i, struct error *err)
{
	struct platform_view *view = &p->views[i];

	if (i)
		options = &p->quiet;
	view->platform = options->n_platforms ? options->platforms[i] : options->build_platform;
	if (globals_make(&view->globals, dockerfile, options, &p->build_args, &view->platform,
			 arena, err) < 0)
		return -1;
	if (epoch_resolve(dockerfile, options, &p->build_args, &view->globals, arena, &p->epoch,
			  err) < 0)
		return -1;
	return stage_graph_make(dockerfile, options, &view->globals, &view->platform, lookup, arena,
				&view->graph, &view->missing, err);
}

static int prepare(const struct dockerfile *dockerfile, const struct plan_options *options,
		   const struct image_lookup *lookup, struct arena *arena, struct preparation *p,
		   struct error *err)
{
	size_t n = options->n_platforms ? options->n_platforms : 1;

	if (options->facts)
		plan_facts_release(options->facts);
	build_args_init(&p->build_args, options, arena);
	if (read_shape(options, p, err) < 0)
		return -1;
	p->views = xcalloc(n, sizeof(*p->views));
	p->quiet = *options;
	p->quiet.facts = NULL;
	for (size_t i = 0; i < n; i++) {
		p->n_views++;
		if (make_view(dockerfile, options, lookup, arena, p, i, err) < 0)
			return -1;
	}
	return 0;
}

void plan_needs_release(struct plan_needs *needs)
{
	arena_release(&needs->arena);
	*needs = (struct plan_needs){ 0 };
}

static bool has_image(const struct plan_needs *needs, const struct plan_image *image)
{
	for (size_t i = 0; i < needs->n_images; i++)
		if (strcmp(needs->images[i].reference, image->reference) == 0 &&
		    platform_equal(&needs->images[i].platform, &image->platform))
			return true;
	return false;
}

/* What several platforms miss, each once. */
static void collect_missing(const struct preparation *p, struct plan_needs *needs)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_views; i++)
		n += p->views[i].missing.len;
	needs->images = arena_array(&needs->arena, n, sizeof(*needs->images));
	for (size_t i = 0; i < p->n_views; i++)
		for (size_t k = 0; k < p->views[i].missing.len; k++) {
			const struct plan_image *image = &p->views[i].missing.items[k];
			/* one view's own are distinct already */
			if (i == 0 || !has_image(needs, image))
				needs->images[needs->n_images++] = *image;
		}
}

int plan_find_needs(const struct dockerfile *dockerfile, const struct plan_options *options,
		    const struct image_lookup *lookup, struct plan_needs *ret_needs,
		    struct error *err)
{
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	cleanup(preparation_release) struct preparation p = { 0 };

	if (prepare(dockerfile, options, lookup, &needs.arena, &p, err) < 0)
		return -1;
	collect_missing(&p, &needs);
	needs.is_multi_platform = p.is_multi_platform;
	*ret_needs = needs;
	needs = (struct plan_needs){ 0 };
	return 0;
}

static int check_complete(const struct preparation *p, struct error *err)
{
	for (size_t i = 0; i < p->n_views; i++) {
		const struct missing_images *missing = &p->views[i].missing;
		if (missing->len)
			return error_at(err, ERROR_NOT_FOUND, missing->items[0].at,
					"image %.200s has not been resolved",
					missing->items[0].reference);
	}
	return 0;
}

static int fill_plan(const struct dockerfile *dockerfile, const struct plan_options *options,
		     struct preparation *p, struct plan *plan, struct error *err)
{
	cleanup(plan_builder_release) struct plan_builder builder = { 0 };

	plan_builder_init(&builder, &plan->arena, main_context_path(options));
	builder.is_multi_platform = p->is_multi_platform;
	plan->is_multi_platform = p->is_multi_platform;
	plan->targets = arena_array(&plan->arena, p->n_views, sizeof(*plan->targets));
	for (; plan->n_targets < p->n_views; plan->n_targets++)
		if (lower_stages(&builder, &p->views[plan->n_targets].graph, &p->build_args,
				 &plan->targets[plan->n_targets], err) < 0)
			return -1;
	plan_builder_finish(&builder, plan);
	plan->warnings =
		build_args_unused(&p->build_args, dockerfile, &p->views[0].graph.trigger_args,
				  &plan->arena, &plan->n_warnings);
	plan->has_epoch = p->epoch.is_set;
	plan->epoch = p->epoch.seconds;
	return 0;
}

int plan_make(const struct dockerfile *dockerfile, const struct plan_options *options,
	      const struct image_lookup *lookup, struct plan **ret_plan, struct error *err)
{
	cleanup(plan_free) struct plan *plan = xcalloc(1, sizeof(*plan));
	cleanup(preparation_release) struct preparation p = { 0 };

	if (prepare(dockerfile, options, lookup, &plan->arena, &p, err) < 0 ||
	    check_complete(&p, err) < 0 || fill_plan(dockerfile, options, &p, plan, err) < 0)
		return -1;
	*ret_plan = take_ptr(&plan);
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_targets; i++)
		image_config_free(plan->targets[i].config);
	arena_release(&plan->arena);
	free(plan);
}
