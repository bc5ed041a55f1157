/* SPDX-License-Identifier: Apache-2.0 */
#include "expand.h"

#include "quote.h"
#include "rune.h"
#include "substitute.h"

#include "base/vec.h"

#include <string.h>

enum frame_kind {
	FRAME_TOP = 0,
	FRAME_QUOTES,	  /* "..." */
	FRAME_WORD,	  /* ${name:-...} */
	FRAME_PATTERN,	  /* ${name/... */
	FRAME_REPLACEMENT /* ${name/pattern/...} */
};

/* What is being read now and what came out of it; the frames below it wait for its result. */
struct frame {
	enum frame_kind kind;
	bool keeps_escapes;
	bool null_is_unset; /* ":" before the modifier */
	bool replaces_all;
	uint32_t modifier;
	struct buf text, name, pattern;
};

struct expander {
	const struct expand_scope *scope;
	const char *c, *end;
	VEC(struct frame) frames;
	struct strv *words; /* NULL: one word */
	struct buf word;    /* of words: the one being gathered */
	size_t max;
	char escape;
};

static void frame_release(struct frame *frame)
{
	buf_release(&frame->text);
	buf_release(&frame->name);
	buf_release(&frame->pattern);
}

static void expander_release(struct expander *x)
{
	while (x->frames.len)
		frame_release(&x->frames.items[--x->frames.len]);
	vec_release(&x->frames);
	buf_release(&x->word);
}
DEFINE_RELEASE(struct expander, expander_release);

static struct frame *top_frame(const struct expander *x)
{
	return &x->frames.items[x->frames.len - 1];
}

static int push_frame(struct expander *x, struct frame frame, struct error *err)
{
	if (x->frames.len > EXPAND_DEPTH_MAX) {
		frame_release(&frame);
		return error_set(err, ERROR_SYNTAX, "substitutions nested deeper than %d",
				 EXPAND_DEPTH_MAX);
	}
	vec_push(&x->frames, frame);
	return 0;
}

/* Takes the top frame out; the caller releases it. */
static struct frame pop_frame(struct expander *x)
{
	return x->frames.items[--x->frames.len];
}
DEFINE_RELEASE(struct frame, frame_release);

static int check_len(const struct expander *x, size_t len, struct error *err)
{
	if (len > x->max)
		return error_set(err, ERROR_SYNTAX, "expands to more than %zu bytes", x->max);
	return 0;
}

static bool gathers_words(const struct expander *x)
{
	return x->words && x->frames.len == 1;
}

/* Text that no blank in it splits. */
static int add_raw(struct expander *x, const char *text, size_t len, struct error *err)
{
	struct buf *to = gathers_words(x) ? &x->word : &top_frame(x)->text;

	if (check_len(x, to->len + len, err) < 0)
		return -1;
	buf_add(to, text, len);
	return 0;
}

static void end_word(struct expander *x)
{
	if (x->word.len)
		strv_addn(x->words, x->word.data, x->word.len);
	buf_clear(&x->word);
}

/* Text as it stands in the file or in a value. */
static int add_text(struct expander *x, const char *text, size_t len, struct error *err)
{
	const char *end = text + len;

	if (!gathers_words(x))
		return add_raw(x, text, len, err);
	while (text < end) {
		const char *start = text;
		if (rune_is_space(rune_read(&text, end)))
			end_word(x);
		else if (add_raw(x, start, (size_t)(text - start), err) < 0)
			return -1;
	}
	return 0;
}

static bool is_special_name(uint32_t rune)
{
	return rune && rune < 0x80 && strchr("@*#?-$!0", (int)rune);
}

static bool is_name_rune(uint32_t rune, bool digits_only)
{
	return rune_is_digit(rune) || (!digits_only && (rune == '_' || rune_is_letter(rune)));
}

/* A run of digits, one special character, or letters, digits and "_". */
static void read_name(struct expander *x, struct buf *name)
{
	const char *start = x->c;

	if (x->c == x->end)
		return;
	uint32_t first = rune_read(&x->c, x->end);
	bool is_number = rune_is_digit(first);
	if (is_number || !is_special_name(first)) {
		x->c = start;
		for (const char *next = start; next < x->end;) {
			if (!is_name_rune(rune_read(&next, x->end), is_number))
				break;
			x->c = next;
		}
	}
	buf_add(name, start, (size_t)(x->c - start));
}

/* The value, or NULL. */
static const char *look_up(const struct expander *x, const char *name)
{
	const struct expand_scope *scope = x->scope;
	const char *value = scope->lookup ? scope->lookup(scope->context, name) : NULL;

	if (!value && scope->undefined)
		scope->undefined(scope->context, name);
	return value;
}

static int missing_brace(struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "syntax error: missing '}'");
}

static int unsupported_modifier(const struct frame *frame, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (frame->null_is_unset)
		buf_add_char(&text, ':');
	rune_add(&text, frame->modifier);
	return error_set(err, ERROR_SYNTAX, "unsupported modifier (%s) in substitution",
			 unquoted(text.data).text);
}

/* ${name?word} of a name that may not be so. */
static int refuse_value(const struct frame *frame, bool is_set, struct error *err)
{
	const char *reason = is_set ? "is not allowed to be empty" : "is not allowed to be unset";

	return error_set(err, ERROR_SYNTAX, "%s: %s", unquoted(frame->name.data).text,
			 frame->text.len ? frame->text.data : reason);
}

static int trim_value(const struct frame *frame, const char *value, struct buf *ret_text,
		      struct error *err)
{
	const char *pattern = frame->text.data;
	struct trim trim = { .is_suffix = frame->modifier == '%' };

	/* the second # or % is the first character of the word */
	if ((unsigned char)*pattern == frame->modifier) {
		trim.is_longest = true;
		pattern++;
	}
	return substitute_trim(value, pattern, trim, ret_text, err);
}

/* The substitution that ended with this frame. */
static int evaluate(const struct frame *frame, const char *set_value, struct buf *ret_text,
		    struct error *err)
{
	const char *value = set_value ? set_value : "";
	bool is_missing = !set_value || (frame->null_is_unset && !*value);

	if (frame->kind == FRAME_REPLACEMENT)
		return substitute_replace(value, frame->pattern.data, frame->text.data,
					  frame->replaces_all, ret_text, err);
	switch (frame->modifier) {
	case '-':
		buf_add_text(ret_text, is_missing ? frame->text.data : value);
		return 0;
	case '+':
		buf_add_text(ret_text, is_missing ? "" : frame->text.data);
		return 0;
	case '?':
		if (is_missing)
			return refuse_value(frame, set_value, err);
		buf_add_text(ret_text, value);
		return 0;
	case '#':
	case '%':
		return trim_value(frame, value, ret_text, err);
	default:
		return unsupported_modifier(frame, err);
	}
}

/* "${name:-word}" of an unset name where those stay. */
static void add_as_written(const struct frame *frame, struct buf *text)
{
	buf_printf(text, "${%s", frame->name.data);
	if (frame->kind == FRAME_REPLACEMENT) {
		buf_printf(text, "/%s/", frame->pattern.data);
	} else {
		if (frame->null_is_unset)
			buf_add_char(text, ':');
		rune_add(text, frame->modifier);
	}
	buf_printf(text, "%s}", frame->text.data);
}

static int close_substitution(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame frame = pop_frame(x);
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *value = look_up(x, frame.name.data);

	if (!value && x->scope->keeps_unset)
		add_as_written(&frame, &text);
	else if (evaluate(&frame, value, &text, err) < 0)
		return -1;
	return add_text(x, text.data, text.len, err);
}

/* The stop character of the top frame was read. */
static int close_frame(struct expander *x, struct error *err)
{
	struct frame *frame = top_frame(x);

	if (frame->kind != FRAME_PATTERN)
		return close_substitution(x, err);
	frame->kind = FRAME_REPLACEMENT;
	frame->pattern = frame->text;
	frame->text = (struct buf)BUF_INIT;
	return 0;
}

static int add_variable(struct expander *x, const char *name, bool has_braces, struct error *err)
{
	const char *value = look_up(x, name);

	if (value)
		return add_text(x, value, strlen(value), err);
	if (!x->scope->keeps_unset)
		return 0;
	cleanup(buf_release) struct buf text = BUF_INIT;
	buf_printf(&text, has_braces ? "${%s}" : "$%s", name);
	return add_text(x, text.data, text.len, err);
}

/* Behind the name in ${name...}: what is to be done. */
static int open_substitution(struct expander *x, struct frame *frame, struct error *err)
{
	if (x->c == x->end)
		return missing_brace(err);
	frame->modifier = rune_read(&x->c, x->end);
	if (frame->modifier == '/') {
		frame->kind = FRAME_PATTERN;
		frame->keeps_escapes = true;
		frame->replaces_all = x->c < x->end && *x->c == '/';
		x->c += frame->replaces_all;
		return 0;
	}
	bool is_known = frame->modifier < 0x80 && strchr("+-?#%", (int)frame->modifier);
	if (frame->modifier == ':') {
		frame->null_is_unset = true;
		if (x->c == x->end)
			return missing_brace(err);
		frame->modifier = rune_read(&x->c, x->end);
		is_known = true; /* or found out when the word is over */
	}
	frame->keeps_escapes = frame->modifier == '#' || frame->modifier == '%';
	if (!is_known || (frame->keeps_escapes && frame->null_is_unset))
		return unsupported_modifier(frame, err);
	return 0;
}

static int read_braces(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame frame = {
		.kind = FRAME_WORD, .text = BUF_INIT, .name = BUF_INIT, .pattern = BUF_INIT
	};

	if (x->c == x->end)
		return missing_brace(err);
	if (strchr("{}:", *x->c))
		return error_set(err, ERROR_SYNTAX, "syntax error: bad substitution");
	read_name(x, &frame.name);
	if (x->c < x->end && *x->c == '}') {
		x->c++;
		return add_variable(x, frame.name.data, true, err);
	}
	if (open_substitution(x, &frame, err) < 0)
		return -1;
	struct frame taken = frame;
	frame = (struct frame){ .text = BUF_INIT, .name = BUF_INIT, .pattern = BUF_INIT };
	return push_frame(x, taken, err);
}

static int read_dollar(struct expander *x, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (x->c < x->end && *x->c == '{') {
		x->c++;
		return read_braces(x, err);
	}
	read_name(x, &name);
	if (!name.len)
		return add_text(x, "$", 1, err);
	return add_variable(x, name.data, false, err);
}

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
		return add_raw(x, start - 1, (size_t)(close - start) + 2, err);
	return add_raw(x, start, (size_t)(close - start), err);
}

static int open_quotes(struct expander *x, struct error *err)
{
	struct frame quotes = { .kind = FRAME_QUOTES,
				.keeps_escapes = top_frame(x)->keeps_escapes,
				.text = BUF_INIT,
				.name = BUF_INIT,
				.pattern = BUF_INIT };

	if (x->scope->keeps_quotes)
		buf_add_char(&quotes.text, '"');
	return push_frame(x, quotes, err);
}

static int close_quotes(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame quotes = pop_frame(x);

	if (x->scope->keeps_quotes)
		buf_add_char(&quotes.text, '"');
	return add_raw(x, quotes.text.data, quotes.text.len, err);
}

/* Behind an escape outside of quotes: the next character, whatever it is. */
static int read_escaped(struct expander *x, struct error *err)
{
	if (top_frame(x)->keeps_escapes && add_raw(x, &x->escape, 1, err) < 0)
		return -1;
	const char *start = x->c;
	if (start == x->end)
		return 0;
	(void)rune_read(&x->c, x->end);
	return add_raw(x, start, (size_t)(x->c - start), err);
}

/* Inside "..." only the quote, the dollar and the escape itself can be escaped. */
static int read_escaped_in_quotes(struct expander *x, struct error *err)
{
	/* raw, BuildKit doubles an escape that escapes nothing: the second reading undoes it */
	if (top_frame(x)->keeps_escapes && add_raw(x, &x->escape, 1, err) < 0)
		return -1;
	if (x->c == x->end)
		return 0;
	if (*x->c == '"' || *x->c == '$' || *x->c == x->escape)
		return add_raw(x, x->c++, 1, err);
	return add_raw(x, &x->escape, 1, err);
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
	return add_raw(x, start, (size_t)(x->c - start), err);
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
	if (is_stop(top_frame(x), *start))
		return close_frame(x, err);
	if (*start == '$')
		return read_dollar(x, err);
	if (*start == '\'' && has_quotes)
		return read_single_quotes(x, err);
	if (*start == '"' && has_quotes)
		return open_quotes(x, err);
	if (*start == '<' && x->scope->keeps_quotes)
		return read_heredoc_sign(x, err);
	if (*start == x->escape)
		return read_escaped(x, err);
	return add_text(x, start, (size_t)(x->c - start), err);
}

static int read_in_quotes(struct expander *x, struct error *err)
{
	char c = *x->c++;

	if (c == '"')
		return close_quotes(x, err);
	if (c == '$')
		return read_dollar(x, err);
	if (c == x->escape)
		return read_escaped_in_quotes(x, err);
	return add_raw(x, &c, 1, err);
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
			return missing_brace(err);
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
		bool is_quoted = top_frame(x)->kind == FRAME_QUOTES;
		int result = is_quoted ? read_in_quotes(x, err) : read_outside(x, err);
		if (result < 0)
			return x->c == x->end && has_open_brace(x) ? unfinished(x, err) : -1;
	}
	return x->frames.len > 1 ? unfinished(x, err) : 0;
}

static int expand(struct expander *x, const char *word, struct error *err)
{
	const struct expand_scope *scope = x->scope;
	struct frame top = { .keeps_escapes = scope->keeps_quotes,
			     .text = BUF_INIT,
			     .name = BUF_INIT,
			     .pattern = BUF_INIT };
	const char *start = word, *end = word + strlen(word);

	x->escape = scope->is_heredoc || !scope->escape ? '\\' : scope->escape;
	x->max = scope->is_heredoc ? EXPANDED_HEREDOC_MAX : EXPANDED_WORD_MAX;
	if (scope->keeps_quotes)
		x->max = SIZE_MAX; /* nothing grows: the scan of a line of any length */
	/* Go's scanner drops a byte order mark in front of every text */
	if (start < end && rune_read(&start, end) != RUNE_BOM)
		start = word;
	x->c = start;
	x->end = end;
	if (push_frame(x, top, err) < 0 || read_all(x, err) < 0)
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
	buf_add(ret_text, top_frame(&x)->text.data, top_frame(&x)->text.len);
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
	end_word(&x);
	strv_add_all(words, &found);
	return 0;
}
