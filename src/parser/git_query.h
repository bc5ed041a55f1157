/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a git reference ("?ref=v1&subdir=web"); private to the parser. */
#ifndef CBUILD_PARSER_GIT_QUERY_H
#define CBUILD_PARSER_GIT_QUERY_H

#include "parser/git_reference.h"

#include <stddef.h>

/* "%41" and, in a query, "+" for a blank; the caller's. A NUL is refused. */
int git_unescape(const char *text, size_t len, bool is_query, char **ret_text, struct error *err)
	must_check;
/* On top of what the fragment said. */
int git_query_read(const char *query, size_t len, struct git_reference *reference,
		   struct error *err) must_check;

#endif
