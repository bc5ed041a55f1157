/* SPDX-License-Identifier: Apache-2.0 */
#include "expander.h"
#include "quote.h"
#include "rune.h"

#include <string.h>

static int read_single_quotes(struct expander *x, struct error *err)
{
	const char *start = x->c, *close = memchr(start, '\'', (size_t)(x->end - start));

	if (!close) {
		x->c = x->end;
		return error_set(
			err, ERROR_SYNTAX,
			"unexpected end of statement while looking for matching single-quote");
	}
	x->c = close + 1;
	if (x->scope->keeps_quotes)
		return expander_add_raw(x, start - 1, (size_t)(close - start) + 2, err);
	return expander_add_raw(x, start, (size_t)(close - start), err);
}

static int open_quotes(struct expander *x, struct error *err)
{
	struct frame quotes = FRAME_INIT(FRAME_QUOTES);

	quotes.keeps_escapes = expander_top(x)->keeps_escapes;
	if (x->scope->keeps_quotes)
		buf_add_char(&quotes.text, '"');
	return expander_push(x, quotes, err);
}

static int close_quotes(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame quotes = expander_pop(x);

	if (x->scope->keeps_quotes)
		buf_add_char(&quotes.text, '"');
	return expander_add_raw(x, quotes.text.data, quotes.text.len, err);
}

/* Behind an escape outside of quotes: the next character, whatever it is. */
static int read_escaped(struct expander *x, struct error *err)
{
	if (expander_top(x)->keeps_escapes && expander_add_raw(x, &x->escape, 1, err) < 0)
		return -1;
	const char *start = x->c;
	if (start == x->end)
		return 0;
	(void)rune_read(&x->c, x->end);
	return expander_add_raw(x, start, (size_t)(x->c - start), err);
}

/* Inside "..." only the quote, the dollar and the escape itself can be escaped. */
static int read_escaped_in_quotes(struct expander *x, struct error *err)
{
	/* raw, BuildKit doubles an escape that escapes nothing: the second reading undoes it */
	if (expander_top(x)->keeps_escapes && expander_add_raw(x, &x->escape, 1, err) < 0)
		return -1;
	if (x->c == x->end)
		return 0;
	if (*x->c == '"' || *x->c == '$' || *x->c == x->escape)
		return expander_add_raw(x, x->c++, 1, err);
	return expander_add_raw(x, &x->escape, 1, err);
}

/* "<<", with the blanks between it and the name as part of the word. */
static int read_heredoc_sign(struct expander *x, struct error *err)
{
	const char *start = x->c - 1;

	if (x->c < x->end && *x->c == '<') {
		x->c++;
		const char *blank = x->c + (x->c < x->end && *x->c == '-');
		while (blank < x->end && strchr(" \t\r", *blank))
			x->c = ++blank;
	}
	return expander_add_raw(x, start, (size_t)(x->c - start), err);
}

static bool is_stop(const struct frame *frame, char c)
{
	return (c == '}' && (frame->kind == FRAME_WORD || frame->kind == FRAME_REPLACEMENT)) ||
	       (c == '/' && frame->kind == FRAME_PATTERN);
}

static int read_outside(struct expander *x, struct error *err)
{
	const char *start = x->c;
	bool has_quotes = !x->scope->is_heredoc;

	(void)rune_read(&x->c, x->end);
	if (is_stop(expander_top(x), *start))
		return expander_close_part(x, err);
	if (*start == '$')
		return expander_read_dollar(x, err);
	if (*start == '\'' && has_quotes)
		return read_single_quotes(x, err);
	if (*start == '"' && has_quotes)
		return open_quotes(x, err);
	if (*start == '<' && x->scope->keeps_quotes)
		return read_heredoc_sign(x, err);
	if (*start == x->escape)
		return read_escaped(x, err);
	return expander_add_text(x, start, (size_t)(x->c - start), err);
}

static int read_in_quotes(struct expander *x, struct error *err)
{
	char c = *x->c++;

	if (c == '"')
		return close_quotes(x, err);
	if (c == '$')
		return expander_read_dollar(x, err);
	if (c == x->escape)
		return read_escaped_in_quotes(x, err);
	return expander_add_raw(x, &c, 1, err);
}

static bool is_brace_frame(const struct frame *frame)
{
	return frame->kind != FRAME_TOP && frame->kind != FRAME_QUOTES;
}

/* The text is over while frames wait: the outermost ${ is what misses its end. */
static int unfinished(const struct expander *x, struct error *err)
{
	for (size_t i = 0; i < x->frames.len; i++) {
		const struct frame *frame = &x->frames.items[i];
		if (frame->kind == FRAME_PATTERN)
			return error_set(err, ERROR_SYNTAX, "syntax error: missing '/' in ${}");
		if (is_brace_frame(frame))
			return error_set(err, ERROR_SYNTAX, "syntax error: missing '}'");
	}
	return error_set(err, ERROR_SYNTAX,
			 "unexpected end of statement while looking for matching double-quote");
}

static bool has_open_brace(const struct expander *x)
{
	for (size_t i = 0; i < x->frames.len; i++)
		if (is_brace_frame(&x->frames.items[i]))
			return true;
	return false;
}

static int read_all(struct expander *x, struct error *err)
{
	while (x->c < x->end) {
		bool is_quoted = expander_top(x)->kind == FRAME_QUOTES;
		int result = is_quoted ? read_in_quotes(x, err) : read_outside(x, err);
		if (result < 0)
			return x->c == x->end && has_open_brace(x) ? unfinished(x, err) : -1;
	}
	return x->frames.len > 1 ? unfinished(x, err) : 0;
}

static int expand(struct expander *x, const char *word, struct error *err)
{
	const struct expand_scope *scope = x->scope;
	struct frame top = FRAME_INIT(FRAME_TOP);
	const char *start = word, *end = word + strlen(word);

	top.keeps_escapes = scope->keeps_quotes;
	x->escape = scope->is_heredoc || !scope->escape ? '\\' : scope->escape;
	x->max = scope->is_heredoc ? EXPANDED_HEREDOC_MAX : EXPANDED_WORD_MAX;
	if (scope->keeps_quotes)
		x->max = SIZE_MAX; /* nothing grows: the scan of a line of any length */
	/* Go's scanner drops a byte order mark in front of every text */
	if (start < end && rune_read(&start, end) != RUNE_BOM)
		start = word;
	x->c = start;
	x->end = end;
	if (expander_push(x, top, err) < 0 || read_all(x, err) < 0)
		return error_wrap(err, "failed to process %s", quote(word).text);
	return 0;
}

int expand_word(const struct expand_scope *scope, const char *word, struct buf *ret_text,
		struct error *err)
{
	cleanup(expander_release) struct expander x = { .scope = scope, .word = BUF_INIT };

	if (expand(&x, word, err) < 0)
		return -1;
	buf_clear(ret_text);
	buf_add(ret_text, expander_top(&x)->text.data, expander_top(&x)->text.len);
	return 0;
}

int expand_words(const struct expand_scope *scope, const char *word, struct strv *words,
		 struct error *err)
{
	cleanup(expander_release) struct expander x = { .scope = scope, .word = BUF_INIT };
	cleanup(strv_release) struct strv found = STRV_INIT;

	x.words = &found;
	if (expand(&x, word, err) < 0)
		return -1;
	expander_end_word(&x);
	strv_add_all(words, &found);
	return 0;
}
