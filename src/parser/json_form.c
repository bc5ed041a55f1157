/* SPDX-License-Identifier: Apache-2.0 */
#include "json_form.h"

#include "rune.h"
#include "words.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>

/* As deep as Go's decoder goes. */
enum { NESTING_MAX = 10000 };

struct reader {
	const char *c, *end;
	struct buf text; /* of the string read last */
	struct buf open; /* '[' and '{' of the arrays and objects that are open */
	bool has_nul;	 /* a "\u0000" somewhere */
};

static void reader_release(struct reader *reader)
{
	buf_release(&reader->text);
	buf_release(&reader->open);
}
DEFINE_RELEASE(struct reader, reader_release);

static void skip_blanks(struct reader *r)
{
	while (r->c < r->end && strchr(" \t\r\n", *r->c))
		r->c++;
}

static bool take_char(struct reader *r, char c)
{
	if (r->c == r->end || *r->c != c)
		return false;
	r->c++;
	return true;
}

static bool read_hex4(struct reader *r, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	if (r->end - r->c < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = text_lower(*r->c++);
		if (!text_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
		unit = unit << 4 | (uint32_t)(text_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret_unit = unit;
	return true;
}

/* Behind "\u": one code point, from two escapes where they are a surrogate pair. */
static bool read_unicode(struct reader *r)
{
	uint32_t unit, low;

	if (!read_hex4(r, &unit))
		return false;
	if (unit >= 0xd800 && unit <= 0xdfff) {
		struct reader ahead = *r;
		if (unit <= 0xdbff && take_char(&ahead, '\\') && take_char(&ahead, 'u') &&
		    read_hex4(&ahead, &low) && low >= 0xdc00 && low <= 0xdfff) {
			unit = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
			r->c = ahead.c;
		} else {
			unit = 0xfffd;
		}
	}
	if (!unit)
		r->has_nul = true;
	rune_add(&r->text, unit);
	return true;
}

static bool read_escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

	if (r->c == r->end)
		return false;
	char c = *r->c++;
	if (c == 'u')
		return read_unicode(r);
	const char *letter = strchr(letters, c);
	if (!c || !letter)
		return false;
	buf_add_char(&r->text, values[letter - letters]);
	return true;
}

static bool read_string(struct reader *r)
{
	buf_clear(&r->text);
	if (!take_char(r, '"'))
		return false;
	while (r->c < r->end && (unsigned char)*r->c >= 0x20) {
		if (take_char(r, '"'))
			return true;
		if (take_char(r, '\\')) {
			if (!read_escape(r))
				return false;
			continue;
		}
		uint32_t rune = rune_read(&r->c, r->end);
		rune_add(&r->text, rune >= RUNE_RAW && rune <= RUNE_RAW + 0xff ? 0xfffd : rune);
	}
	return false;
}

static bool read_digits(struct reader *r)
{
	const char *start = r->c;

	while (r->c < r->end && text_is_digit(*r->c))
		r->c++;
	return r->c > start;
}

static bool read_number(struct reader *r)
{
	(void)take_char(r, '-');
	if (!take_char(r, '0') && !read_digits(r))
		return false;
	if (take_char(r, '.') && !read_digits(r))
		return false;
	if (take_char(r, 'e') || take_char(r, 'E')) {
		if (!take_char(r, '+'))
			(void)take_char(r, '-');
		return read_digits(r);
	}
	return true;
}

static bool read_literal(struct reader *r)
{
	static const char *const literals[] = { "true", "false", "null" };

	for (size_t i = 0; i < countof(literals); i++) {
		size_t len = strlen(literals[i]);
		if ((size_t)(r->end - r->c) >= len && memcmp(r->c, literals[i], len) == 0) {
			r->c += len;
			return true;
		}
	}
	return false;
}

static bool read_key(struct reader *r)
{
	skip_blanks(r);
	if (!read_string(r))
		return false;
	skip_blanks(r);
	return take_char(r, ':');
}

/* Opens an array or object; true in *ret_is_empty when it closed at once. */
static bool open_container(struct reader *r, bool *ret_is_empty)
{
	char sign = *r->c++;

	if (r->open.len == NESTING_MAX)
		return false;
	skip_blanks(r);
	*ret_is_empty = take_char(r, sign == '[' ? ']' : '}');
	if (*ret_is_empty)
		return true;
	buf_add_char(&r->open, sign);
	return sign == '[' || read_key(r);
}

/* Behind a value: closes what ends here, up to a comma or the end of the outermost one. */
static bool close_containers(struct reader *r)
{
	while (r->open.len) {
		char sign = r->open.data[r->open.len - 1];
		skip_blanks(r);
		if (take_char(r, ','))
			return sign == '[' || read_key(r);
		if (!take_char(r, sign == '[' ? ']' : '}'))
			return false;
		buf_truncate(&r->open, r->open.len - 1);
	}
	return true;
}

/* One value that is neither array nor object. */
static bool read_scalar(struct reader *r)
{
	if (r->c < r->end && *r->c == '"')
		return read_string(r);
	if (r->c < r->end && (*r->c == '-' || text_is_digit(*r->c)))
		return read_number(r);
	return read_literal(r);
}

/* The whole array; *ret_others says whether it holds anything but strings. */
static bool read_array(struct reader *r, struct arena *arena, struct word_vec *vec,
		       bool *ret_others)
{
	bool is_empty = false;

	if (!open_container(r, &is_empty))
		return false;
	while (r->open.len) {
		skip_blanks(r);
		is_empty = false;
		bool is_outer = r->open.len == 1, is_string = r->c < r->end && *r->c == '"';
		bool is_container = r->c < r->end && (*r->c == '[' || *r->c == '{');
		if (is_container ? !open_container(r, &is_empty) : !read_scalar(r))
			return false;
		if (!is_string)
			*ret_others = true;
		else if (is_outer)
			vec_push(vec, arena_strndup(arena, r->text.data, r->text.len));
		if ((!is_container || is_empty) && !close_containers(r))
			return false;
	}
	skip_blanks(r);
	return r->c == r->end;
}

int json_form_read(const char *text, struct arena *arena, struct words *ret_words,
		   struct error *err)
{
	cleanup(reader_release) struct reader reader = { .text = BUF_INIT, .open = BUF_INIT };
	cleanup(word_vec_release) struct word_vec vec = WORD_VEC_INIT;
	bool has_others = false;

	reader.end = text + strlen(text);
	reader.c = rune_skip_spaces(text, reader.end);
	if (reader.c == reader.end || *reader.c != '[')
		return 0;
	if (!read_array(&reader, arena, &vec, &has_others))
		return 0;
	if (has_others)
		return error_set(err, ERROR_SYNTAX,
				 "when using JSON array syntax, arrays must be comprised of "
				 "strings only");
	if (reader.has_nul)
		return error_set(err, ERROR_SYNTAX, "a JSON string holds a NUL character");
	*ret_words = words_keep(&vec, arena);
	return 1;
}
