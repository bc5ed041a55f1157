/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct ignore, for its reader and its matcher. */
#ifndef CBUILD_CONTEXT_IGNORE_RULES_H
#define CBUILD_CONTEXT_IGNORE_RULES_H

#include "literal_set.h"

#include "base/pattern.h"
#include "base/vec.h"
#include "context/ignore.h"

struct rule {
	struct pattern *pattern;
	size_t line; /* 0 = not from a file */
	bool is_exception;
};

/* What matching one path needs; reached through a pointer, so that it may change. */
struct ignore_scratch {
	VEC(uint32_t) candidates;
	uint32_t *seen_at; /* per rule: the path that it last was a candidate for */
	uint32_t n_paths;
};

struct ignore {
	char *name; /* of the file, or NULL */
	VEC(struct rule) rules;
	VEC(uint32_t) exceptions;
	VEC(uint32_t) always; /* rules that have no literal to find them by */
	struct literal_set *literals;
	struct ignore_scratch *scratch;
};

struct ignore *ignore_new(const char *name);
/* The state of a single path, from the top. */
int ignore_walk_down(const struct ignore *ignore, const char *root_path,
		     struct ignore_state *ret_state, struct error *err) must_check;
/* To be called when all rules are there. */
void ignore_index(struct ignore *ignore);

#endif
