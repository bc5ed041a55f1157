/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of "# check=" and of the build argument BUILDKIT_DOCKERFILE_CHECK:
 * skip=NAMES|all;error=BOOL;experimental=NAMES|all. Names that no rule has are no error, as in
 * BuildKit: a Dockerfile may have been written for a newer one. One that nearly is a rule's is
 * told.
 */
#ifndef CBUILD_LINT_CHECK_OPTIONS_H
#define CBUILD_LINT_CHECK_OPTIONS_H

#include "base/error.h"
#include "lint/rule.h"

struct check_options {
	bool skips[N_LINT_RULES];
	bool tries[N_LINT_RULES]; /* experimental */
	bool skips_all, tries_all;
	bool is_error;
};

/*
 * text may be NULL: nothing is said. On failure *ret_offset is where in the text the part stands
 * that is wrong.
 */
int check_options_parse(const char *text, struct check_options *ret_options, size_t *ret_offset,
			struct error *err) must_check;
/* Says of a rule's name that is none, but nearly is one; false where there is no such. */
bool check_options_find_mistyped(const char *text, struct buf *ret_note);
/* Adds what the comment lines above an instruction say ("check=skip=..."), if they say it well. */
void check_options_add_comment(struct check_options *options, const char *comment);
/* Is the rule asked for? with_own: cbuild's own ones too. */
bool check_options_ask(const struct check_options *options, enum lint_rule rule, bool with_own);
/*
 * Does a finding end the build? What only layers show does where "experimental=" names it besides:
 * a file that docker builds with "error=true" is to build here.
 */
bool check_options_end_build(const struct check_options *options, enum lint_rule rule);

#endif
