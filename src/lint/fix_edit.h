/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction while it is rewritten: its logical line, and what is to stand in its places. */
#ifndef CBUILD_LINT_FIX_EDIT_H
#define CBUILD_LINT_FIX_EDIT_H

#include "base/vec.h"
#include "lint/lint.h"
#include "parser/source.h"

/* Bytes [start, end) of the logical line give way to `text`. In ascending order, apart. */
struct fix_edit {
	size_t start, end;
	char *text;
};

struct fix_line {
	const struct instruction *instruction;
	char escape;
	bool prefers_lower;
	bool is_found[N_LINT_RULES];
	struct logical_line line;
	size_t name, name_end, rest; /* where the name and the arguments stand */
	VEC(struct fix_edit) edits;
};

void fix_line_release(struct fix_line *line);
DEFINE_RELEASE(struct fix_line, fix_line_release);
/* Reads the logical line of the instruction; `start` is where its first line does. */
void fix_line_read(struct fix_line *line, const char *text, size_t len, size_t start);
void fix_line_add(struct fix_line *line, size_t start, size_t end, const char *text);
/* The logical line with its edits. */
void fix_line_apply(const struct fix_line *line, struct buf *ret_text);
/* Can each edit be done in the file, or does a continuation stand in the middle of one? */
bool fix_line_is_possible(const struct fix_line *line);

/* fix_rewrite.c: fills in the edits; false where there is nothing to do, or not safely. */
bool fix_line_rewrite(struct fix_line *line);
/* fix_command.c: the JSON form of a command of plain words; false where it is none. */
bool fix_json_form(const char *text, struct buf *ret_json);

#endif
