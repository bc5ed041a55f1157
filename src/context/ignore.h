/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .dockerignore: patterns in order, the last that applies decides, "!" takes back
 * (dockerfile-language section 8, moby/patternmatcher). Also COPY --exclude. Matching never
 * backtracks (pcre2_dfa_match behind an index of literal prefixes).
 */
#ifndef CBUILD_CONTEXT_IGNORE_H
#define CBUILD_CONTEXT_IGNORE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { IGNORE_FILE_SIZE_MAX = 1024 * 1024 };

struct ignore;

/* `name` is the file's, for errors. */
int ignore_parse(const char *text, size_t len, const char *name, struct ignore **ret_ignore,
		 struct error *err) must_check;
/* From single patterns (COPY --exclude). */
int ignore_of_patterns(const char *const *patterns, size_t n, struct ignore **ret_ignore,
		       struct error *err) must_check;
void ignore_free(struct ignore *ignore);
DEFINE_CLEANUP(struct ignore *, ignore_free);

/*
 * State of a directory on the way down, so that a path costs its own patterns only: matching the
 * children of a directory starts from what matched the directory itself.
 */
struct ignore_state {
	unsigned char *matched; /* one per pattern: it matched this path or a parent */
	bool is_ignored;
};

/* Is the path (cleaned) excluded? 1/0/-1. */
int ignore_match(const struct ignore *ignore, const char *root_path, struct error *err) must_check;
/* May anything below this excluded directory be re-included? If not, it is never walked. */
bool ignore_may_reinclude_below(const struct ignore *ignore, const char *root_path);
bool ignore_has_exceptions(const struct ignore *ignore);

#endif
