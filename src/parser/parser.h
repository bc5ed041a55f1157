/* SPDX-License-Identifier: Apache-2.0 */
/* The text while it is read: one instruction at a time, each with its place. */
#ifndef CBUILD_PARSER_PARSER_H
#define CBUILD_PARSER_PARSER_H

#include "directive.h"
#include "dockerfile.h"
#include "parse.h"
#include "source.h"

#include "base/arena.h"
#include "base/buf.h"

struct parser {
	struct arena *arena;
	struct source source;
	struct directives directives;
	struct logical_line line;
	struct buf comment; /* the lines since the last instruction */
	struct warning_vec warnings;
	const struct position *fixed; /* of a trigger: where everything is said to be */
};

/* Instructions are made in `arena`; the text is lent. */
struct parser parser_start(struct arena *arena, struct span text);
void parser_release(struct parser *parser);
DEFINE_RELEASE(struct parser, parser_release);

/* The next instruction; 1, 0 at the end, or -1 with an error that has its place. */
int parser_next(struct parser *parser, struct instruction *ret_instruction, struct error *err)
	must_check;

/* Gives an error that was found at `at` its place, and says it as BuildKit does. */
int parser_fail(const struct parser *parser, struct position at, struct error *err);

#endif
