/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of error texts, as values that live as long as the expression that made them: text from
 * the file in quotes (as Go's %q), cut where it is long, and BuildKit's suggestion.
 */
#ifndef CBUILD_PARSER_QUOTE_H
#define CBUILD_PARSER_QUOTE_H

#include <stddef.h>

enum { QUOTE_SIZE = 256 };

struct quote {
	char text[QUOTE_SIZE];
};

/* "it said \"x\"" with the quotes around it. */
struct quote quote(const char *text);
struct quote quote_len(const char *text, size_t len);
/* The same cut and escaping without quotes around. */
struct quote unquoted(const char *text);
/* " (did you mean X?)", or nothing. */
struct quote suggestion(const char *word, const char *const *options, size_t n_options);

#endif
