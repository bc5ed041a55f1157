/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "epoch.h"
#include "lower.h"
#include "named_context.h"

#include "base/text.h"

/* What both phases need: the global scope and the graph of stages. */
struct preparation {
	struct build_args build_args;
	struct name_table globals;
	struct epoch epoch;
	struct stage_graph graph;
	struct missing_images missing;
};

static void preparation_release(struct preparation *preparation)
{
	stage_graph_release(&preparation->graph);
	name_table_release(&preparation->globals);
	build_args_release(&preparation->build_args);
}
DEFINE_RELEASE(struct preparation, preparation_release);

/* One image in an index of its own is another result than the one that is made. */
static int check_shape(const struct plan_options *options, const struct build_args *args,
		       struct error *err)
{
	const char *text = build_args_get(args, "BUILDKIT_MULTI_PLATFORM");
	bool is_forced = false;

	if (options->n_platforms > 1)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a build for several platforms is not supported yet");
	if (text && *text && text_parse_bool(text, &is_forced, err) < 0)
		return error_wrap(err, "BUILDKIT_MULTI_PLATFORM");
	if (is_forced)
		return error_set(err, ERROR_UNSUPPORTED,
				 "BUILDKIT_MULTI_PLATFORM is not supported yet");
	return 0;
}

static int prepare(const struct dockerfile *dockerfile, const struct plan_options *options,
		   const struct image_lookup *lookup, struct arena *arena, struct preparation *p,
		   struct error *err)
{
	const struct platform *target =
		options->n_platforms ? &options->platforms[0] : &options->build_platform;

	build_args_init(&p->build_args, options, arena);
	if (check_shape(options, &p->build_args, err) < 0)
		return -1;
	if (globals_make(&p->globals, dockerfile, options, &p->build_args, target, arena, err) < 0)
		return -1;
	if (epoch_resolve(dockerfile, options, &p->build_args, &p->globals, arena, &p->epoch, err) <
	    0)
		return -1;
	return stage_graph_make(dockerfile, options, &p->globals, target, lookup, arena, &p->graph,
				&p->missing, err);
}

void plan_needs_release(struct plan_needs *needs)
{
	arena_release(&needs->arena);
	*needs = (struct plan_needs){ 0 };
}

int plan_find_needs(const struct dockerfile *dockerfile, const struct plan_options *options,
		    const struct image_lookup *lookup, struct plan_needs *ret_needs,
		    struct error *err)
{
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	cleanup(preparation_release) struct preparation p = { 0 };

	if (prepare(dockerfile, options, lookup, &needs.arena, &p, err) < 0)
		return -1;
	needs.images = p.missing.items;
	needs.n_images = p.missing.len;
	*ret_needs = needs;
	needs = (struct plan_needs){ 0 };
	return 0;
}

static int check_complete(const struct missing_images *missing, struct error *err)
{
	if (!missing->len)
		return 0;
	return error_at(err, ERROR_NOT_FOUND, missing->items[0].at,
			"image %.200s has not been resolved", missing->items[0].reference);
}

static int fill_plan(const struct dockerfile *dockerfile, const struct plan_options *options,
		     struct preparation *p, struct plan *plan, struct error *err)
{
	cleanup(plan_builder_release) struct plan_builder builder = { 0 };

	plan_builder_init(&builder, &plan->arena, main_context_path(options));
	plan->targets = arena_alloc(&plan->arena, sizeof(*plan->targets));
	if (lower_stages(&builder, &p->graph, &p->build_args, plan->targets, err) < 0)
		return -1;
	plan->n_targets = 1;
	plan_builder_finish(&builder, plan);
	plan->warnings = build_args_unused(&p->build_args, dockerfile, &p->graph.trigger_args,
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
	    check_complete(&p.missing, err) < 0 ||
	    fill_plan(dockerfile, options, &p, plan, err) < 0)
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
