/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile.h"
#include "rune.h"
#include "source.h"

#include "base/text.h"

#include <string.h>

/*
 * Lines around one that fails, and around several; how much of a long one is shown, and how many
 * failing lines at most (a heredoc can have thousands).
 */
enum { PADDING_SINGLE = 4, PADDING_RANGE = 2, SHOWN_BYTES = 400, SHOWN_LINES = 40 };

static const char separator[] = "--------------------\n";

static uint32_t count_lines(const char *text, size_t len)
{
	struct source source = { .text = text, .len = len };
	struct span line;
	bool has_open_end = !len;

	while (source_next(&source, &line))
		has_open_end = line.data[line.len - 1] == '\n';
	return source.line + has_open_end;
}

/* As BuildKit spreads them: both sides in turns, one that has no room gives its share away. */
static void add_padding(uint32_t *first, uint32_t *last, uint32_t n_lines)
{
	int padding = *first == *last ? PADDING_SINGLE : PADDING_RANGE;

	for (int added = 0; added < padding; added++) {
		if (*first > 1) {
			(*first)--;
			added++;
		}
		if (*last < n_lines) {
			(*last)++;
			added++;
		}
	}
}

/*
 * User and password of a URL are nobody's business who reads the log: each byte is an x, so that
 * what follows stays where it is.
 */
static struct span hide_users(struct span line, struct buf *copy)
{
	static const char mark[] = "://";

	if (!line.len)
		return line;
	buf_clear(copy);
	buf_add(copy, line.data, line.len);
	char *at = copy->data, *end = copy->data + copy->len;
	while (at < end && (at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
		char *user = at + strlen(mark), *stop = user, *sign = NULL;
		for (; stop < end && !strchr("/?#'\"<> \t\r\n", *stop); stop++)
			if (*stop == '@')
				sign = stop;
		/* the user of ssh is mostly "git", and a name like others */
		bool is_ssh = at - copy->data >= 3 && memcmp(at - 3, "ssh", 3) == 0;
		if (sign && !is_ssh)
			memset(user, 'x', (size_t)(sign - user));
		at = stop;
	}
	return (struct span){ copy->data, copy->len };
}

/* Tabs stay, since the caret below is set by them too. */
static void add_visible(struct buf *buf, struct span line)
{
	const char *c = line.data, *end = line.data + line.len;

	while (c < end) {
		const char *start = c;
		while (c < end && *c != '\t')
			c++;
		text_add_printable(buf, start, (size_t)(c - start));
		if (c < end)
			buf_add_char(buf, *c++);
	}
}

static const char cut_mark[] = "...";

/* Where a long line is shown from, so that its column is to be seen. */
static size_t window_start(struct span line, uint32_t column)
{
	size_t start = column > SHOWN_BYTES ? column - SHOWN_BYTES / 2 : 0;

	if (start >= line.len)
		return 0;
	while (start && ((unsigned char)line.data[start] & 0xc0) == 0x80)
		start--;
	return start;
}

static void add_line(struct buf *buf, struct span line, uint32_t number, bool is_failing,
		     size_t start)
{
	line = span_trim_line_end(line);
	line.data += start;
	line.len -= start;
	bool is_cut = line.len > SHOWN_BYTES;
	if (is_cut)
		line.len = SHOWN_BYTES;
	buf_printf(buf, " %3u | %s %s", number, is_failing ? ">>>" : "   ", start ? cut_mark : "");
	add_visible(buf, line);
	buf_printf(buf, "%s\n", is_cut ? cut_mark : "");
}

static void add_caret(struct buf *buf, struct span line, uint32_t number, uint32_t column,
		      size_t start)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;
	struct span before = span_trim_line_end(line);

	if (column > before.len + 1)
		return;
	before.data += start;
	before.len = column - 1 - start;
	buf_add_text(&shown, start ? cut_mark : "");
	add_visible(&shown, before);
	for (uint32_t digits = number; digits > 999; digits /= 10)
		buf_add_char(buf, ' ');
	buf_add_text(buf, "     |     ");
	for (const char *c = shown.data, *end = c + shown.len; c < end;)
		buf_add_char(buf, rune_read(&c, end) == '\t' ? '\t' : ' ');
	buf_add_text(buf, "^\n");
}

void dockerfile_excerpt(const char *text, size_t len, const char *file_name, struct position at,
			struct buf *buf)
{
	struct source source = { .text = text, .len = len };
	uint32_t n_lines = count_lines(text, len), first = at.line, last = at.last_line;
	cleanup(buf_release) struct buf copy = BUF_INIT;
	struct span line;

	if (!at.line || at.line > n_lines)
		return;
	if (last < first)
		last = first;
	if (last > n_lines)
		last = n_lines;
	uint32_t failing_last = last;
	add_padding(&first, &last, n_lines);
	buf_printf(buf, "%s:%u", file_name, at.line);
	if (at.column)
		buf_printf(buf, ":%u", at.column);
	buf_printf(buf, "\n%s", separator);
	for (uint32_t number = 1; number <= last; number++) {
		if (!source_next(&source, &line))
			line = (struct span){ "", 0 };
		if (number < first)
			continue;
		if (number >= at.line + SHOWN_LINES && number <= failing_last) {
			if (number == failing_last)
				buf_printf(buf, "     | ... %u more lines\n",
					   failing_last - at.line + 1 - SHOWN_LINES);
			continue;
		}
		line = hide_users(line, &copy);
		bool has_caret = at.column && number == at.line;
		size_t start = has_caret ? window_start(span_trim_line_end(line), at.column) : 0;
		add_line(buf, line, number, number >= at.line && number <= failing_last, start);
		if (has_caret)
			add_caret(buf, line, number, at.column, start);
	}
	buf_add_text(buf, separator);
}
