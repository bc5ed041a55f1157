/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of the final images left behind in each other's layers: their results say it,
 * also those that the cache gave.
 */
#include "phases.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>

struct collected {
	VEC(struct lint_leftover) items;
	struct map known;
	const struct build *build;
};

static void collected_release(struct collected *collected)
{
	for (size_t i = 0; i < collected->items.len; i++)
		free((void *)(uintptr_t)collected->items.items[i].paths);
	vec_release(&collected->items);
	map_release(&collected->known);
}
DEFINE_RELEASE(struct collected, collected_release);

/* The next step below whose result is that layer, or NULL: then another build's base it was. */
static const struct step *find_maker(const struct build *build, const struct step *step,
				     const struct digest *diff_id)
{
	for (struct tree_ref t = step->parent; t.kind == TREE_STEP; t = step->parent) {
		const struct step_result *result = &build->exec.results[t.index];
		step = &build->plan->steps[t.index];
		if (!result->has_layer)
			break;
		if (digest_equal(&result->diff_id, diff_id))
			return step;
	}
	return NULL;
}

/* Several platforms say the same of the same lines. */
static bool is_known(struct collected *collected, const struct lint_leftover *leftover)
{
	autofree char *pair = xasprintf("%u %u %d", leftover->at.line, leftover->from.line,
					leftover->is_rewritten);

	return map_set(&collected->known, pair, collected) != NULL;
}

static void collect(struct collected *collected, const struct step *step,
		    const struct leftover *leftover)
{
	const struct step *maker = find_maker(collected->build, step, &leftover->diff_id);

	if (!maker)
		return;
	struct lint_leftover item = {
		.at = step->at,
		.from = maker->at,
		.maker = maker->text,
		.is_rewritten = leftover->is_rewritten,
		.size = leftover->size,
		.n_paths = leftover->n_paths,
	};
	if (is_known(collected, &item))
		return;
	struct lint_path *paths = xcalloc(LEFTOVER_PATHS_MAX, sizeof(*paths));
	for (size_t i = 0; i < LEFTOVER_PATHS_MAX && leftover->paths[i].path; i++)
		paths[item.n_named++] = (struct lint_path){ .path = leftover->paths[i].path,
							    .size = leftover->paths[i].size };
	item.paths = paths;
	vec_push(&collected->items, item);
}

static void collect_target(struct collected *collected, const struct plan_target *target)
{
	const struct build *build = collected->build;

	for (struct tree_ref t = target->tree; t.kind == TREE_STEP;) {
		const struct step *step = &build->plan->steps[t.index];
		const struct step_result *result = &build->exec.results[t.index];
		for (size_t i = 0; i < result->n_leftovers; i++)
			collect(collected, step, &result->leftovers[i]);
		t = step->parent;
	}
}

/* The biggest first; of equals the one further up in the file. */
static int compare_sizes(const void *a, const void *b)
{
	const struct lint_leftover *one = a, *other = b;

	if (one->size != other->size)
		return one->size < other->size ? 1 : -1;
	if (one->at.line != other->at.line)
		return one->at.line < other->at.line ? -1 : 1;
	return one->from.line < other->from.line ? -1 : one->from.line > other->from.line;
}

int build_check_leftovers(struct build *build, struct error *err)
{
	cleanup(collected_release) struct collected collected = { .build = build };

	for (size_t i = 0; i < build->plan->n_targets; i++)
		collect_target(&collected, &build->plan->targets[i]);
	if (!collected.items.len)
		return 0;
	qsort(collected.items.items, collected.items.len, sizeof(*collected.items.items),
	      compare_sizes);
	return build_lint_leftovers(build, collected.items.items, collected.items.len, err);
}
