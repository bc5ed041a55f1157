/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "# name=value" at the very top: syntax, escape, check. BuildKit reads them twice and not in the
 * same way: the parser itself, line by line, for escape and for errors, and a detection of syntax
 * and check beforehand that skips a "#!" line and wants "#" in the first column.
 */
#ifndef CBUILD_PARSER_DIRECTIVE_H
#define CBUILD_PARSER_DIRECTIVE_H

#include "source.h"

#include "base/arena.h"

struct directives {
	bool is_over;
	bool has_syntax, has_escape, has_check;
	char escape;
};

#define DIRECTIVES_INIT        \
	{                      \
		.escape = '\\' \
	}

/* Looks at one line, trimmed; 1 when it is a directive. Must see every line until is_over. */
int directives_read_line(struct directives *directives, struct span line, struct error *err)
	must_check;

struct detected_directives {
	const char *syntax; /* each up to its first blank, in the arena, or NULL */
	const char *check;
	struct position syntax_at, check_at; /* of the values */
};

struct detected_directives directives_detect(struct span text, struct arena *arena);

#endif
