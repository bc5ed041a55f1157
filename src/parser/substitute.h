/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ${name#pattern} and its like do to a value. Patterns know "*" (any run), "?" (any one), and
 * a backslash before these and itself; neither wildcard matches a newline, since BuildKit's are
 * dots of a regular expression. The work has a ceiling, so that no pattern is slow.
 */
#ifndef CBUILD_PARSER_SUBSTITUTE_H
#define CBUILD_PARSER_SUBSTITUTE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

enum { SUBSTITUTE_WORK_MAX = 64 * 1024 * 1024 };

struct trim {
	bool is_suffix;	 /* % rather than # */
	bool is_longest; /* ## and %% */
};

/* Appends what is left of value to ret_text. */
int substitute_trim(const char *value, const char *pattern, struct trim trim, struct buf *ret_text,
		    struct error *err) must_check;
/*
 * Appends value with the first match, or all of them, replaced. With `all` a "$1" or "$name" in
 * the replacement is a reference to a group, as Go's ReplaceAllString takes it; there are none, so
 * all but $0 are empty. Without, the replacement is literal.
 */
int substitute_replace(const char *value, const char *pattern, const char *replacement, bool all,
		       struct buf *ret_text, struct error *err) must_check;

#endif
