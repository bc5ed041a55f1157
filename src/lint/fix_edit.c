/* SPDX-License-Identifier: Apache-2.0 */
#include "fix_edit.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

void fix_line_release(struct fix_line *line)
{
	for (size_t i = 0; i < line->edits.len; i++)
		free(line->edits.items[i].text);
	vec_release(&line->edits);
	logical_line_release(&line->line);
}

void fix_line_read(struct fix_line *line, const char *text, size_t len, size_t start)
{
	struct source source = { .text = text, .len = len, .at = start };
	struct span whole = { NULL, 0 };

	(void)source_next(&source, &whole);
	struct span first = span_skip_spaces(span_trim_line_end(whole));
	source_read_logical(&source, first, 1, line->escape, &line->line);
	const char *c = line->line.text.data;
	line->name = 0;
	while (c[line->name_end] && !text_is_space(c[line->name_end]))
		line->name_end++;
	line->rest = line->name_end;
	while (text_is_space(c[line->rest]))
		line->rest++;
}

void fix_line_add(struct fix_line *line, size_t start, size_t end, const char *text)
{
	vec_push(&line->edits, (struct fix_edit){ start, end, xstrdup(text) });
}

void fix_line_apply(const struct fix_line *line, struct buf *ret_text)
{
	const struct buf *text = &line->line.text;
	size_t at = 0;

	for (size_t i = 0; i < line->edits.len; i++) {
		const struct fix_edit *edit = &line->edits.items[i];
		buf_add(ret_text, text->data + at, edit->start - at);
		buf_add_text(ret_text, edit->text);
		at = edit->end;
	}
	buf_add(ret_text, text->data + at, text->len - at);
}

bool fix_line_is_possible(const struct fix_line *line)
{
	for (size_t i = 0; i < line->edits.len; i++) {
		const struct fix_edit *edit = &line->edits.items[i];
		if (edit->end == edit->start)
			continue;
		size_t first = logical_line_offset(&line->line, edit->start);
		size_t last = logical_line_offset(&line->line, edit->end - 1);
		if (last - first != edit->end - 1 - edit->start)
			return false;
	}
	return true;
}
