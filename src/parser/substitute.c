/* SPDX-License-Identifier: Apache-2.0 */
#include "substitute.h"

#include "expand.h"
#include "quote.h"
#include "rune.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>

#define TOKEN_STAR UINT32_MAX
#define TOKEN_ANY  (UINT32_MAX - 1)
#define NO_MATCH   SIZE_MAX

struct runes {
	uint32_t *items;
	size_t len, size;
};

struct matcher {
	struct runes tokens, text;
	uint64_t work;
};

static void matcher_release(struct matcher *matcher)
{
	vec_release(&matcher->tokens);
	vec_release(&matcher->text);
}
DEFINE_RELEASE(struct matcher, matcher_release);

static void reverse(struct runes *runes)
{
	for (size_t i = 0; i < runes->len / 2; i++) {
		uint32_t rune = runes->items[i];
		runes->items[i] = runes->items[runes->len - 1 - i];
		runes->items[runes->len - 1 - i] = rune;
	}
}

static int invalid_escape(const char *pattern, const char *escaped, const char *end,
			  struct error *err)
{
	const char *next = escaped;

	if (next < end)
		(void)rune_read(&next, end);
	return error_set(err, ERROR_SYNTAX,
			 "invalid pattern (%s) in substitution: invalid escape '\\%.*s'",
			 unquoted(pattern).text, (int)(next - escaped), escaped);
}

/* The rune behind a backslash; the backslash of \} and \/ only kept them from ending the pattern.
 */
static int read_escaped(const char *pattern, const char **c, const char *end, uint32_t *ret_token,
			struct error *err)
{
	if (*c == end || !strchr("*?\\/}", **c))
		return invalid_escape(pattern, *c, end, err);
	*ret_token = rune_read(c, end);
	return 0;
}

static int read_pattern(const char *pattern, struct runes *tokens, struct error *err)
{
	const char *c = pattern, *end = pattern + strlen(pattern);

	while (c < end) {
		uint32_t token = rune_read(&c, end);
		if (token == '*')
			token = TOKEN_STAR;
		else if (token == '?')
			token = TOKEN_ANY;
		else if (token == '\\' && read_escaped(pattern, &c, end, &token, err) < 0)
			return -1;
		vec_push(tokens, token);
	}
	return 0;
}

static int matcher_init(struct matcher *matcher, const char *value, const char *pattern,
			struct error *err)
{
	const char *end = value + strlen(value);

	while (value < end)
		vec_push(&matcher->text, rune_read(&value, end));
	return read_pattern(pattern, &matcher->tokens, err);
}

/* Does tokens[first, last), which holds no star, match at `at`? */
static bool is_segment_at(struct matcher *matcher, size_t first, size_t last, size_t at)
{
	const uint32_t *tokens = matcher->tokens.items, *text = matcher->text.items;

	matcher->work++;
	if (last - first > matcher->text.len - at)
		return false;
	for (size_t i = first; i < last; i++, at++) {
		matcher->work++;
		if (tokens[i] == TOKEN_ANY ? text[at] == '\n' : tokens[i] != text[at])
			return false;
	}
	return true;
}

static size_t segment_end(const struct runes *tokens, size_t first)
{
	while (first < tokens->len && tokens->items[first] != TOKEN_STAR)
		first++;
	return first;
}

static size_t line_end(struct matcher *matcher, size_t at)
{
	while (at < matcher->text.len && matcher->text.items[at] != '\n') {
		matcher->work++;
		at++;
	}
	return at;
}

/* Where the segment behind a star that starts at `at` matches first, or last. */
static size_t find_segment(struct matcher *matcher, size_t first, size_t last, size_t at,
			   bool wants_last)
{
	size_t limit = line_end(matcher, at);

	for (size_t i = 0; i <= limit - at && matcher->work <= SUBSTITUTE_WORK_MAX; i++) {
		size_t start = wants_last ? limit - i : at + i;
		if (is_segment_at(matcher, first, last, start))
			return start;
	}
	return NO_MATCH;
}

/*
 * The end of the shortest or longest match that starts at `at`. Taking each segment but the last
 * as early as it comes loses nothing: all places a star leads to lie in one line, so a later one
 * reaches no further, and a segment with a newline in it has one place only.
 */
static size_t match_at(struct matcher *matcher, size_t at, bool is_longest)
{
	const struct runes *tokens = &matcher->tokens;
	size_t last = segment_end(tokens, 0);

	if (!is_segment_at(matcher, 0, last, at))
		return NO_MATCH;
	at += last;
	while (last < tokens->len) {
		size_t first = last + 1;
		last = segment_end(tokens, first);
		at = find_segment(matcher, first, last, at, is_longest && last == tokens->len);
		if (at == NO_MATCH)
			return NO_MATCH;
		at += last - first;
	}
	return at;
}

static int check_work(const struct matcher *matcher, const char *pattern, struct error *err)
{
	if (matcher->work > SUBSTITUTE_WORK_MAX)
		return error_set(err, ERROR_SYNTAX,
				 "pattern (%s) in substitution takes more than %d steps",
				 unquoted(pattern).text, SUBSTITUTE_WORK_MAX);
	return 0;
}

static void add_runes(struct buf *buf, const struct runes *runes, size_t first, size_t last)
{
	for (; first < last; first++)
		rune_add(buf, runes->items[first]);
}

int substitute_trim(const char *value, const char *pattern, struct trim trim, struct buf *ret_text,
		    struct error *err)
{
	cleanup(matcher_release) struct matcher matcher = { 0 };

	if (matcher_init(&matcher, value, pattern, err) < 0)
		return -1;
	if (trim.is_suffix) {
		reverse(&matcher.tokens);
		reverse(&matcher.text);
	}
	size_t end = match_at(&matcher, 0, trim.is_longest);
	if (check_work(&matcher, pattern, err) < 0)
		return -1;
	size_t len = matcher.text.len;
	if (end == NO_MATCH)
		end = 0;
	if (trim.is_suffix)
		reverse(&matcher.text);
	add_runes(ret_text, &matcher.text, trim.is_suffix ? 0 : end,
		  trim.is_suffix ? len - end : len);
	return 0;
}

/* The leftmost longest match from `at` on; its start, or NO_MATCH. */
static size_t find_match(struct matcher *matcher, size_t at, size_t *ret_end)
{
	for (; at <= matcher->text.len && matcher->work <= SUBSTITUTE_WORK_MAX; at++) {
		*ret_end = match_at(matcher, at, true);
		if (*ret_end != NO_MATCH)
			return at;
	}
	return NO_MATCH;
}

static bool is_word_rune(uint32_t rune)
{
	return rune == '_' || rune_is_letter(rune) || rune_is_digit(rune);
}

/* "1", "name" or "{name}" behind a dollar; false = the dollar stands for itself. */
static bool read_group(const char **c, const char *end, bool *ret_is_whole)
{
	bool has_brace = *c < end && **c == '{';
	const char *name = *c + has_brace, *name_end = name;

	for (const char *next = name; next < end && is_word_rune(rune_read(&next, end));)
		name_end = next;
	if (name_end == name || (has_brace && (name_end == end || *name_end != '}')))
		return false;
	*ret_is_whole = name_end - name == 1 && *name == '0';
	*c = name_end + has_brace;
	return true;
}

/* The replacement with its group references filled in. */
static void add_template(struct buf *buf, const char *template, const struct runes *text,
			 size_t first, size_t last)
{
	const char *end = template + strlen(template);

	while (template <end) {
		const char *dollar = memchr(template, '$', (size_t)(end - template));
		bool is_whole = false;
		buf_add(buf, template, (size_t)((dollar ? dollar : end) - template));
		if (!dollar)
			return;
		template = dollar + 1;
		if (template <end &&*template == '$') {
			buf_add_char(buf, '$');
			template ++;
		} else if (!read_group(&template, end, &is_whole)) {
			buf_add_char(buf, '$');
		} else if (is_whole) {
			add_runes(buf, text, first, last);
		}
	}
}

static int check_size(const struct buf *text, struct error *err)
{
	if (text->len > EXPANDED_WORD_MAX)
		return error_set(err, ERROR_SYNTAX, "expands to more than %d bytes",
				 EXPANDED_WORD_MAX);
	return 0;
}

static int replace_all(struct matcher *matcher, const char *pattern, const char *replacement,
		       struct buf *ret_text, struct error *err)
{
	const struct runes *text = &matcher->text;
	size_t at = 0, copied = 0, end = 0;

	while (at <= text->len) {
		size_t start = find_match(matcher, at, &end);
		if (check_work(matcher, pattern, err) < 0)
			return -1;
		if (start == NO_MATCH)
			break;
		add_runes(ret_text, text, copied, start);
		/* no empty match right behind another one */
		if (end > copied || start == 0)
			add_template(ret_text, replacement, text, start, end);
		if (check_size(ret_text, err) < 0)
			return -1;
		copied = end;
		at = end > at ? end : at + 1;
	}
	add_runes(ret_text, text, copied, text->len);
	return 0;
}

int substitute_replace(const char *value, const char *pattern, const char *replacement, bool all,
		       struct buf *ret_text, struct error *err)
{
	cleanup(matcher_release) struct matcher matcher = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (matcher_init(&matcher, value, pattern, err) < 0)
		return -1;
	if (all) {
		if (replace_all(&matcher, pattern, replacement, &text, err) < 0)
			return -1;
	} else {
		size_t end = 0, start = find_match(&matcher, 0, &end);
		if (check_work(&matcher, pattern, err) < 0)
			return -1;
		bool is_found = start != NO_MATCH;
		add_runes(&text, &matcher.text, 0, is_found ? start : 0);
		buf_add_text(&text, is_found ? replacement : "");
		add_runes(&text, &matcher.text, is_found ? end : 0, matcher.text.len);
	}
	if (check_size(&text, err) < 0)
		return -1;
	buf_add(ret_text, text.data, text.len);
	return 0;
}
