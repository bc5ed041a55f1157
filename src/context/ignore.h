/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .dockerignore: patterns in order, the last that applies decides, "!" takes back
 * (dockerfile-language section 8, moby/patternmatcher). Also COPY --exclude. Matching never
 * backtracks (pcre2_dfa_match behind an index of literals).
 *
 * A pattern that matches a directory applies to all below it, unless an exception behind it does
 * too. So matching goes down with a walk: what applied to a directory is handed to its children.
 *
 *	struct ignore_state dir = IGNORE_STATE_INIT, child = IGNORE_STATE_INIT;
 *	ignore_step(ignore, NULL, "src", &dir, err);
 *	ignore_step(ignore, &dir, "src/main.c", &child, err);
 *	if (dir.is_ignored && !ignore_may_reinclude(ignore, &dir, "src")) ... nothing below is
 *wanted
 *
 * What matching needs besides is kept in the value: one thread at a time.
 */
#ifndef CBUILD_CONTEXT_IGNORE_H
#define CBUILD_CONTEXT_IGNORE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IGNORE_FILE_SIZE_MAX = 1024 * 1024 };

struct ignore;

/* `name` is the file's, for errors. */
int ignore_parse(const char *text, size_t len, const char *name, struct ignore **ret_ignore,
		 struct error *err) must_check;
/* From single patterns (COPY --exclude), which are taken as they are: no comments, no leading "/".
 */
int ignore_of_patterns(const char *const *patterns, size_t n, struct ignore **ret_ignore,
		       struct error *err) must_check;
void ignore_free(struct ignore *ignore);
DEFINE_CLEANUP(struct ignore *, ignore_free);

/* The numbers of the patterns that applied to a path or to a directory above it, ascending. */
struct ignore_state {
	uint32_t *applied;
	size_t n_applied, size;
	bool is_ignored;
};

#define IGNORE_STATE_INIT         \
	{                         \
		NULL, 0, 0, false \
	}

void ignore_state_release(struct ignore_state *state);
DEFINE_RELEASE(struct ignore_state, ignore_state_release);

/*
 * Matches a cleaned path whose directory has the state `parent` (NULL at the top). *state is
 * replaced, its memory used again; it is not to be the parent's.
 */
int ignore_step(const struct ignore *ignore, const struct ignore_state *parent, const char *path,
		struct ignore_state *state, struct error *err) must_check;
/* May anything below this excluded directory be re-included? If not, it need not be walked. */
bool ignore_may_reinclude(const struct ignore *ignore, const struct ignore_state *state,
			  const char *dir);

/* The same for a single path, from the top. 1/0/-1 */
int ignore_match(const struct ignore *ignore, const char *root_path, struct error *err) must_check;
bool ignore_may_reinclude_below(const struct ignore *ignore, const char *root_path);
/* The file's, or NULL. */
const char *ignore_name(const struct ignore *ignore);
bool ignore_has_exceptions(const struct ignore *ignore);

#endif
