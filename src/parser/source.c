/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include "rune.h"

#include <string.h>

bool source_next(struct source *source, struct span *ret_line)
{
	if (source->at == source->len)
		return false;
	const char *start = source->text + source->at;
	size_t left = source->len - source->at;
	const char *newline = memchr(start, '\n', left);
	size_t len = newline ? (size_t)(newline - start) + 1 : left;

	source->at += len;
	source->line++;
	*ret_line = (struct span){ start, len };
	return true;
}

struct span span_trim_line_end(struct span span)
{
	while (span.len && (span.data[span.len - 1] == '\n' || span.data[span.len - 1] == '\r'))
		span.len--;
	return span;
}

struct span span_skip_spaces(struct span span)
{
	const char *end = span.data + span.len, *start = rune_skip_spaces(span.data, end);

	return (struct span){ start, (size_t)(end - start) };
}

bool span_is_comment(struct span span)
{
	span = span_skip_spaces(span);
	return span.len && *span.data == '#';
}

void logical_line_release(struct logical_line *line)
{
	buf_release(&line->text);
	vec_release(&line->segments);
}

/*
 * Takes the escape off a line that goes on, with the blanks behind it. Two escapes at the end are
 * an escaped one; three are taken for the same (BuildKit's regular expression cannot count).
 */
static bool trim_continuation(struct span *line, char escape)
{
	size_t len = line->len;

	while (len && (line->data[len - 1] == ' ' || line->data[len - 1] == '\t'))
		len--;
	if (!len || line->data[len - 1] != escape)
		return false;
	if (len > 1 && line->data[len - 2] == escape)
		return false;
	line->len = len - 1;
	return true;
}

static void add_segment(struct logical_line *line, const struct source *source, struct span text,
			uint32_t column)
{
	vec_push(&line->segments,
		 (struct line_segment){ .offset = line->text.len,
					.start = (size_t)(text.data - source->text),
					.line = source->line,
					.column = column });
	buf_add(&line->text, text.data, text.len);
}

void source_read_logical(struct source *source, struct span first, uint32_t column, char escape,
			 struct logical_line *line)
{
	struct span next = first;

	buf_clear(&line->text);
	line->segments.len = 0;
	line->had_empty_continuation = false;
	line->line = source->line;
	bool goes_on = trim_continuation(&next, escape);
	add_segment(line, source, next, column);
	while (goes_on && source_next(source, &next)) {
		next = span_trim_line_end(next);
		if (span_is_comment(next))
			continue;
		if (!span_skip_spaces(next).len) {
			line->had_empty_continuation = true;
			continue;
		}
		goes_on = trim_continuation(&next, escape);
		add_segment(line, source, next, 1);
	}
	line->last_line = source->line;
}

struct position segments_position(const struct line_segment *segments, size_t n, size_t offset)
{
	size_t i = 0, end = n;

	/* the last one that does not begin behind it */
	while (end - i > 1) {
		size_t middle = i + (end - i) / 2;
		if (segments[middle].offset > offset)
			end = middle;
		else
			i = middle;
	}
	const struct line_segment *segment = &segments[i];
	return (struct position){ .line = segment->line,
				  .column = segment->column + (uint32_t)(offset - segment->offset),
				  .last_line = segment->line };
}

struct position logical_line_position(const struct logical_line *line, size_t offset)
{
	return segments_position(line->segments.items, line->segments.len, offset);
}

size_t logical_line_offset(const struct logical_line *line, size_t offset)
{
	size_t i = line->segments.len - 1;

	while (i && line->segments.items[i].offset > offset)
		i--;
	return line->segments.items[i].start + (offset - line->segments.items[i].offset);
}
