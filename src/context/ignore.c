/* SPDX-License-Identifier: Apache-2.0 */
#include "context/ignore.h"

#include "ignore_rules.h"

#include "base/alloc.h"
#include "base/path.h"

#include <string.h>

struct ignore *ignore_new(const char *name)
{
	struct ignore *ignore = xcalloc(1, sizeof(*ignore));

	ignore->name = name ? xstrdup(name) : NULL;
	ignore->scratch = xcalloc(1, sizeof(*ignore->scratch));
	return ignore;
}

void ignore_free(struct ignore *ignore)
{
	if (!ignore)
		return;
	for (size_t i = 0; i < ignore->rules.len; i++)
		pattern_free(ignore->rules.items[i].pattern);
	vec_release(&ignore->rules);
	vec_release(&ignore->exceptions);
	vec_release(&ignore->always);
	literal_set_free(ignore->literals);
	vec_release(&ignore->scratch->candidates);
	free(ignore->scratch->seen_at);
	free(ignore->scratch);
	free(ignore->name);
	free(ignore);
}

void ignore_index(struct ignore *ignore)
{
	size_t n = ignore->rules.len;
	autofree const char **literals = xcalloc(n + 1, sizeof(*literals));

	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = &ignore->rules.items[i];
		/* A broken one must be met by the first path, whatever that is. */
		bool is_always = pattern_is_broken(rule->pattern);
		literals[i] = is_always ? "" : pattern_literal(rule->pattern);
		if (!*literals[i])
			vec_push(&ignore->always, (uint32_t)i);
		if (rule->is_exception)
			vec_push(&ignore->exceptions, (uint32_t)i);
	}
	ignore->literals = literal_set_new(literals, n);
	ignore->scratch->seen_at = xcalloc(n + 1, sizeof(*ignore->scratch->seen_at));
}

void ignore_state_release(struct ignore_state *state)
{
	free(state->applied);
	*state = (struct ignore_state)IGNORE_STATE_INIT;
}

static void add_candidate(void *context, uint32_t number)
{
	struct ignore_scratch *scratch = context;

	if (scratch->seen_at[number] == scratch->n_paths)
		return;
	scratch->seen_at[number] = scratch->n_paths;
	vec_push(&scratch->candidates, number);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* The rules that may match the path, in order. */
static void find_candidates(const struct ignore *ignore, const char *path)
{
	struct ignore_scratch *scratch = ignore->scratch;

	if (++scratch->n_paths == 0) {
		memset(scratch->seen_at, 0, ignore->rules.len * sizeof(*scratch->seen_at));
		scratch->n_paths = 1;
	}
	scratch->candidates.len = 0;
	for (size_t i = 0; i < ignore->always.len; i++)
		add_candidate(scratch, ignore->always.items[i]);
	literal_set_find(ignore->literals, path, add_candidate, scratch);
	if (scratch->candidates.len > 1)
		qsort(scratch->candidates.items, scratch->candidates.len, sizeof(uint32_t),
		      compare_numbers);
}

static void add_applied(struct ignore_state *state, uint32_t number)
{
	if (state->n_applied == state->size) {
		state->size = state->size ? 2 * state->size : 8;
		state->applied = xrealloc(state->applied, state->size, sizeof(*state->applied));
	}
	state->applied[state->n_applied++] = number;
}

/* 1/0/-1; a rule that would change nothing is not tried. */
static int rule_applies(const struct ignore *ignore, uint32_t number, bool is_ignored,
			const char *path, struct error *err)
{
	const struct rule *rule = &ignore->rules.items[number];

	if (rule->is_exception != is_ignored)
		return 0;
	int matches = pattern_match(rule->pattern, path, err);
	if (matches < 0 && ignore->name)
		return error_wrap(err, "'%s': line %zu", ignore->name, rule->line);
	return matches;
}

/*
 * patternmatcher's MatchesUsingParentResults over the few rules that count: those that applied to
 * the directory still do, whatever this path is; the others are tried.
 */
int ignore_step(const struct ignore *ignore, const struct ignore_state *parent, const char *path,
		struct ignore_state *state, struct error *err)
{
	const uint32_t *inherited = parent ? parent->applied : NULL;
	size_t n_inherited = parent ? parent->n_applied : 0, i = 0, j = 0;

	find_candidates(ignore, path);
	const uint32_t *candidates = ignore->scratch->candidates.items;
	size_t n_candidates = ignore->scratch->candidates.len;
	state->n_applied = 0;
	state->is_ignored = false;
	while (i < n_inherited || j < n_candidates) {
		bool is_inherited =
			j == n_candidates || (i < n_inherited && inherited[i] <= candidates[j]);
		uint32_t number = is_inherited ? inherited[i] : candidates[j];
		j += j < n_candidates && candidates[j] == number;
		i += is_inherited;
		int applies = is_inherited
				      ? 1
				      : rule_applies(ignore, number, state->is_ignored, path, err);
		if (applies < 0)
			return -1;
		if (!applies)
			continue;
		add_applied(state, number);
		state->is_ignored = !ignore->rules.items[number].is_exception;
	}
	return 0;
}

bool ignore_may_reinclude(const struct ignore *ignore, const struct ignore_state *state,
			  const char *dir)
{
	/* What applied last applies to all below: only an exception behind it can change that. */
	uint32_t last = state->n_applied ? state->applied[state->n_applied - 1] : 0;

	for (size_t i = ignore->exceptions.len; i-- > 0;) {
		uint32_t number = ignore->exceptions.items[i];
		if (number < last)
			return false;
		if (pattern_may_match_below(ignore->rules.items[number].pattern, dir))
			return true;
	}
	return false;
}

int ignore_walk_down(const struct ignore *ignore, const char *root_path,
		     struct ignore_state *ret_state, struct error *err)
{
	cleanup(ignore_state_release) struct ignore_state parent = IGNORE_STATE_INIT;
	autofree char *path = xstrdup(root_path);

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (ignore_step(ignore, &parent, path, ret_state, err) < 0)
			return -1;
		*slash = '/';
		struct ignore_state swapped = parent;
		parent = *ret_state;
		*ret_state = swapped;
	}
	return ignore_step(ignore, &parent, path, ret_state, err);
}

int ignore_match(const struct ignore *ignore, const char *root_path, struct error *err)
{
	cleanup(ignore_state_release) struct ignore_state state = IGNORE_STATE_INIT;

	if (!*root_path)
		return 0; /* nothing excludes everything */
	return ignore_walk_down(ignore, root_path, &state, err) < 0 ? -1 : state.is_ignored;
}

bool ignore_may_reinclude_below(const struct ignore *ignore, const char *root_path)
{
	cleanup(ignore_state_release) struct ignore_state state = IGNORE_STATE_INIT;
	struct error err = ERROR_INIT;

	/* What cannot be matched is reported by who matches it. */
	return ignore_walk_down(ignore, root_path, &state, &err) < 0 ||
	       ignore_may_reinclude(ignore, &state, root_path);
}

bool ignore_has_exceptions(const struct ignore *ignore)
{
	return ignore->exceptions.len;
}

const char *ignore_name(const struct ignore *ignore)
{
	return ignore->name;
}
