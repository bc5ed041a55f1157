/* SPDX-License-Identifier: Apache-2.0 */
#include "heredoc.h"

#include "expand.h"
#include "quote.h"

#include "base/text.h"

#include <string.h>

/* Names are lexed with the default escape, whatever the directive says. */
static const struct expand_scope name_scope = { .escape = '\\', .keeps_unset = true };
static const struct expand_scope raw_scope = { .escape = '\\',
					       .keeps_unset = true,
					       .keeps_quotes = true };

static size_t count_quotes(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\'' || *text == '"';
	return count;
}

/*
 * The name without its quotes: it has to be one word. Where quotes went missing, some of it was
 * quoted, and the body is taken as it is.
 */
static int read_name(const char *text, struct arena *arena, struct heredoc *heredoc,
		     struct error *err)
{
	cleanup(strv_release) struct strv words = STRV_INIT;
	cleanup(strv_release) struct strv raw = STRV_INIT;

	if (expand_words(&name_scope, text, &words, err) < 0)
		return -1;
	if (words.len != 1)
		return 0;
	if (expand_words(&raw_scope, text, &raw, err) < 0)
		return -1;
	if (raw.len != 1)
		return 0;
	heredoc->name = arena_strdup(arena, words.items[0]);
	heredoc->is_expanded = count_quotes(words.items[0]) == count_quotes(raw.items[0]);
	return 1;
}

static uint32_t read_fd(const char *digits, size_t len)
{
	uint32_t fd = 0;

	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(fd, 10U, &fd) ||
		    __builtin_add_overflow(fd, (uint32_t)(digits[i] - '0'), &fd))
			return UINT32_MAX;
	return fd;
}

int heredoc_read_word(const char *word, struct arena *arena, struct heredoc *ret_heredoc,
		      struct error *err)
{
	size_t digits = strspn(word, "0123456789");
	struct heredoc heredoc = { .body = "", .fd = read_fd(word, digits) };
	const char *name = word + digits;

	if (!text_has_prefix(name, "<<"))
		return 0;
	name += 2;
	heredoc.chomps_tabs = *name == '-';
	name += heredoc.chomps_tabs;
	name += strspn(name, "\t\n\f\r ");
	if (!*name || strchr(name, '<'))
		return 0;
	int is_one = read_name(name, arena, &heredoc, err);
	if (is_one > 0)
		*ret_heredoc = heredoc;
	return is_one;
}

int heredocs_find(const char *line, struct arena *arena, struct heredocs *ret_heredocs,
		  struct error *err)
{
	cleanup(strv_release) struct strv words = STRV_INIT;
	struct heredocs found = { NULL, 0 };
	struct error ignored = ERROR_INIT;

	/* a line with bad quotes has none: the shell will say so, or the expansion */
	if (!strstr(line, "<<") || expand_words(&raw_scope, line, &words, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < words.len; i++) {
		struct heredoc heredoc;
		int is_one = heredoc_read_word(words.items[i], arena, &heredoc, err);
		if (is_one < 0)
			return -1;
		if (!is_one)
			continue;
		if (!found.items)
			found.items = arena_array(arena, words.len - i, sizeof(heredoc));
		found.items[found.len++] = heredoc;
	}
	*ret_heredocs = found;
	return 0;
}

/* Does this line end the body? */
static bool is_end(const struct heredoc *heredoc, size_t name_len, struct span line)
{
	line = span_trim_line_end(line);
	while (heredoc->chomps_tabs && line.len && *line.data == '\t') {
		line.data++;
		line.len--;
	}
	return line.len == name_len && memcmp(line.data, heredoc->name, name_len) == 0;
}

static int read_body(struct heredoc *heredoc, struct source *source, struct arena *arena,
		     struct error *err)
{
	size_t name_len = strlen(heredoc->name);
	const char *start = source->text + source->at;
	struct span line;

	while (source_next(source, &line)) {
		if (!is_end(heredoc, name_len, line))
			continue;
		heredoc->body_len = (size_t)(line.data - start);
		heredoc->body = arena_strndup(arena, start, heredoc->body_len);
		return 0;
	}
	return error_set(err, ERROR_SYNTAX,
			 "unterminated heredoc: there is no line that is %s and nothing else",
			 quote(heredoc->name).text);
}

int heredocs_read_bodies(const struct heredocs *heredocs, struct source *source,
			 struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < heredocs->len; i++)
		if (read_body(&heredocs->items[i], source, arena, err) < 0)
			return -1;
	return 0;
}

const char *heredoc_text(const struct heredoc *heredoc, struct arena *arena)
{
	if (!heredoc->chomps_tabs)
		return heredoc->body;
	char *text = arena_alloc(arena, heredoc->body_len + 1), *to = text;
	bool is_leading = true;

	for (const char *c = heredoc->body; *c; c++) {
		is_leading = is_leading && *c == '\t';
		if (!is_leading)
			*to++ = *c;
		if (*c == '\n')
			is_leading = true;
	}
	*to = '\0';
	return text;
}
