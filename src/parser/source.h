/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text as lines. Physical lines come with their line ends, since the bodies of heredocs keep
 * theirs; a logical line is what instructions are made of: its continuations joined, comments and
 * blank lines between them dropped, and for every byte the place where it came from.
 */
#ifndef CBUILD_PARSER_SOURCE_H
#define CBUILD_PARSER_SOURCE_H

#include "dockerfile.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *data;
	size_t len;
};

struct source {
	const char *text;
	size_t len;
	size_t at;     /* where the next line starts */
	uint32_t line; /* the number of the one read last */
};

/* The next physical line with its end; false at the end of the text. */
bool source_next(struct source *source, struct span *ret_line);

/* Without "\r" and "\n" at the end, any number of them. */
struct span span_trim_line_end(struct span span);
struct span span_skip_spaces(struct span span);
/* Nothing but blanks in front of a "#". */
bool span_is_comment(struct span span);

struct logical_line {
	struct buf text;
	VEC(struct line_segment) segments;
	uint32_t line, last_line;
	bool had_empty_continuation;
};

#define LOGICAL_LINE_INIT        \
	{                        \
		.text = BUF_INIT \
	}

void logical_line_release(struct logical_line *line);
DEFINE_RELEASE(struct logical_line, logical_line_release);

/*
 * Reads what continues `first`, a line just read from source, trimmed at both ends; `column` is
 * where it starts. Reuses the memory of `line`.
 */
void source_read_logical(struct source *source, struct span first, uint32_t column, char escape,
			 struct logical_line *line);

/* Where a byte of the logical line stands in the text. */
size_t logical_line_offset(const struct logical_line *line, size_t offset);
/* Line and column of a byte of the logical line that the segments (one at least) are of. */
struct position segments_position(const struct line_segment *segments, size_t n, size_t offset);
struct position logical_line_position(const struct logical_line *line, size_t offset);

#endif
