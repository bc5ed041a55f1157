/* SPDX-License-Identifier: Apache-2.0 */
#include "pattern_regex.h"

#include "base/text.h"

#include <string.h>

/* U+10FF80..U+10FFFF stand for the bytes 0x80..0xff where they are not UTF-8. */
static const uint32_t STRAY_BYTES = 0x10ff00;

void pattern_regex_release(struct pattern_regex *regex)
{
	buf_release(&regex->regex);
	buf_release(&regex->literal);
	buf_release(&regex->anchor);
}

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t pattern_decode(const char *text, size_t len, uint32_t *ret_character)
{
	const unsigned char first = (unsigned char)*text;
	size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t character = n == 1 ? first : first & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if (i >= len || !is_tail(text[i])) {
			n = 0;
			break;
		}
		character = character << 6 | ((unsigned char)text[i] & 0x3f);
	}
	bool is_overlong = (n == 3 && character < 0x800) || (n == 4 && character < 0x10000);
	bool is_surrogate = character >= 0xd800 && character < 0xe000;
	if (!n || is_overlong || is_surrogate || character > 0x10ffff) {
		*ret_character = STRAY_BYTES + first;
		return 1;
	}
	*ret_character = character;
	return n;
}

static void add_utf8_character(struct buf *buf, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(buf, (char)c);
		return;
	}
	if (c >= 0x10000) {
		buf_add_char(buf, (char)(0xf0 | c >> 18));
		buf_add_char(buf, (char)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_add_char(buf, (char)(0xe0 | c >> 12));
	}
	buf_add_char(buf, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
	buf_add_char(buf, (char)(0x80 | (c & 0x3f)));
}

void pattern_add_utf8(struct buf *buf, const char *text)
{
	for (size_t i = 0, len = strlen(text); i < len;) {
		uint32_t character;
		i += pattern_decode(text + i, len - i, &character);
		add_utf8_character(buf, character);
	}
}

/* The text being read, and the run of plain characters at hand. */
struct reader {
	const char *text;
	size_t len, at;
	struct buf run;
	bool has_gap;	/* something else than plain characters was before this run */
	bool is_opaque; /* from here on nothing is known about plain characters */
	struct pattern_regex *out;
};

static void end_run(struct reader *reader)
{
	if (!reader->has_gap)
		buf_add(&reader->out->anchor, reader->run.data, reader->run.len);
	reader->has_gap = true;
	if (reader->run.len > reader->out->literal.len) {
		buf_clear(&reader->out->literal);
		buf_add(&reader->out->literal, reader->run.data, reader->run.len);
	}
	buf_clear(&reader->run);
}

static void end_at_wildcard(struct reader *reader)
{
	end_run(reader);
	reader->out->form = PATTERN_REGEX;
	reader->out->n_wildcards++;
}

static void add_to_regex(struct reader *reader, uint32_t character)
{
	if (character < 0x80 && (text_is_alpha((char)character) || text_is_digit((char)character)))
		buf_add_char(&reader->out->regex, (char)character);
	else
		buf_printf(&reader->out->regex, "\\x{%x}", character);
}

static uint32_t next_character(struct reader *reader)
{
	uint32_t character;

	reader->at +=
		pattern_decode(reader->text + reader->at, reader->len - reader->at, &character);
	return character;
}

/* A character that stands for itself. */
static void add_plain(struct reader *reader)
{
	size_t start = reader->at;
	uint32_t character = next_character(reader);

	if (!reader->is_opaque)
		buf_add(&reader->run, reader->text + start, reader->at - start);
	reader->out->n_slashes += character == '/';
	add_to_regex(reader, character);
}

/* One end of a range in a class, as filepath.Match's getEsc. */
static bool read_class_character(struct reader *reader, uint32_t *ret_character)
{
	char c = reader->text[reader->at];

	if (!c || c == '-' || c == ']')
		return false;
	if (c == '\\' && !reader->text[++reader->at])
		return false;
	*ret_character = next_character(reader);
	return *ret_character < STRAY_BYTES + 0x80 && reader->text[reader->at];
}

struct class
{
	struct buf ranges;
	bool is_negated;
	bool has_dot; /* before the negation */
};

#define CLASS_INIT                 \
	{                          \
		.ranges = BUF_INIT \
	}

/* "[...]"; at stands behind the bracket. A range that is the wrong way round matches nothing. */
static bool read_class(struct reader *reader, struct class *class)
{
	size_t n = 0;

	class->is_negated = reader->text[reader->at] == '^';
	if (class->is_negated)
		reader->at++;
	for (; !n || reader->text[reader->at] != ']'; n++) {
		uint32_t low, high;
		if (!read_class_character(reader, &low))
			return false;
		high = low;
		if (reader->text[reader->at] == '-') {
			reader->at++;
			if (!read_class_character(reader, &high))
				return false;
		}
		if (low <= high)
			buf_printf(&class->ranges, "\\x{%x}-\\x{%x}", low, high);
		class->has_dot = class->has_dot || (low <= '.' && '.' <= high);
	}
	reader->at++;
	return true;
}

static bool translate_class(struct reader *reader)
{
	struct class class = CLASS_INIT;

	bool ok = read_class(reader, &class);
	if (class.ranges.len)
		buf_printf(&reader->out->regex, "[%s%s]", class.is_negated ? "^" : "",
			   class.ranges.data);
	else
		buf_add_text(&reader->out->regex,
			     class.is_negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
	buf_release(&class.ranges);
	reader->out->crosses = true;
	return ok;
}

static bool translate_glob(struct reader *reader)
{
	struct pattern_regex *out = reader->out;

	while (reader->at < reader->len) {
		char c = reader->text[reader->at];
		if (c == '*') {
			end_at_wildcard(reader);
			buf_add_text(&out->regex, "[^/]*");
			reader->at += strspn(reader->text + reader->at, "*");
		} else if (c == '?') {
			end_at_wildcard(reader);
			buf_add_text(&out->regex, "[^/]");
			reader->at++;
		} else if (c == '[') {
			end_at_wildcard(reader);
			reader->at++;
			if (!translate_class(reader))
				return false;
		} else {
			if (c == '\\') {
				out->form = PATTERN_REGEX;
				reader->at++;
			}
			if (reader->at == reader->len)
				return false;
			add_plain(reader);
		}
	}
	return true;
}

bool pattern_regex_of_glob(const char *text, struct pattern_regex *ret_regex)
{
	struct reader reader = {
		.text = text, .len = strlen(text), .run = BUF_INIT, .out = ret_regex
	};

	ret_regex->form = PATTERN_EXACT;
	buf_add_char(&ret_regex->regex, '^');
	bool ok = translate_glob(&reader);
	end_run(&reader);
	buf_add_text(&ret_regex->regex, "\\z");
	buf_release(&reader.run);
	return ok;
}

/*
 * From here on patternmatcher's compile(), character by character. It does not know classes: what
 * stands in brackets is translated as elsewhere, so that "[*]" is "[[^/]*]", a class of "[", "^"
 * and "/" any number of times and then a bracket.
 */
struct deep_state {
	bool is_first;
	bool in_class;
	bool class_is_empty; /* a bracket here does not end the class */
	bool has_open_end;
};

/* "**", whose stars and slash have been read. */
static void translate_double_star(struct reader *reader, struct deep_state *state)
{
	struct pattern_regex *out = reader->out;

	bool was_exact = out->form == PATTERN_EXACT;
	end_at_wildcard(reader);
	out->crosses = true;
	buf_add_text(&out->regex, reader->at == reader->len ? ".*" : "(?:.*/)?");
	if (reader->at == reader->len && was_exact)
		out->form = PATTERN_PREFIX;
	if (state->is_first)
		out->form = PATTERN_SUFFIX;
}

static void translate_star(struct reader *reader, struct deep_state *state)
{
	reader->at++;
	if (reader->text[reader->at] == '*') {
		reader->at++;
		if (reader->text[reader->at] == '/')
			reader->at++;
		translate_double_star(reader, state);
	} else {
		end_at_wildcard(reader);
		buf_add_text(&reader->out->regex, "[^/]*");
	}
}

/* What Go's regular expressions make of an escaped letter or digit; NULL = they refuse it. */
static const char *letter_escape(const struct reader *reader, char c, bool in_class)
{
	static const struct {
		char c;
		const char *regex;
	} SAME[] = {
		{ 'd', "\\d" },	   { 'D', "\\D" },    { 's', "\\s" },	 { 'S', "\\S" },
		{ 'w', "\\w" },	   { 'W', "\\W" },    { 'a', "\\x{7}" }, { 'f', "\\x{c}" },
		{ 't', "\\x{9}" }, { 'n', "\\x{a}" }, { 'r', "\\x{d}" }, { 'v', "\\x{b}" },
		{ 'p', "\\p" },	   { 'P', "\\P" },
	};
	const char *rest = reader->text + reader->at;

	for (size_t i = 0; i < countof(SAME); i++)
		if (c == SAME[i].c)
			return SAME[i].regex;
	if (c == 'x' && strspn(rest, "0123456789abcdefABCDEF") >= 2)
		return "\\x";
	if (in_class)
		return NULL;
	return c == 'b' ? "\\b" : c == 'B' ? "\\B" : c == 'A' ? "\\A" : c == 'z' ? "\\z" : NULL;
}

/* at stands behind the backslash. */
static void translate_escape(struct reader *reader, struct deep_state *state)
{
	char c = reader->text[reader->at];

	if (!c) {
		/* It takes away the meaning of the "$" that patternmatcher puts at the end. */
		end_run(reader);
		buf_add_text(&reader->out->regex, "\\$");
		state->has_open_end = true;
		return;
	}
	reader->out->form = PATTERN_REGEX;
	if ((unsigned char)c < 0x80 && !text_is_alpha(c) && !text_is_digit(c)) {
		add_plain(reader);
		return;
	}
	end_run(reader);
	/* What follows an escaped letter may belong to it. */
	reader->is_opaque = true;
	reader->out->crosses = true;
	reader->at++;
	const char *regex = letter_escape(reader, c, state->in_class);
	if (regex)
		buf_add_text(&reader->out->regex, regex);
	else
		reader->out->is_broken = true;
}

static void translate_bracket(struct reader *reader, struct deep_state *state)
{
	char c = reader->text[reader->at++];

	buf_add_char(&reader->out->regex, c);
	end_run(reader);
	reader->out->form = PATTERN_REGEX;
	reader->out->n_wildcards += c == '[';
	reader->out->crosses = true;
	if (c == '[' && !state->in_class) {
		state->in_class = state->class_is_empty = true;
		if (reader->text[reader->at] == '^') {
			buf_add_char(&reader->out->regex, '^');
			reader->at++;
		}
	} else if (c == '[') {
		reader->is_opaque = true;
	} else if (!state->class_is_empty) {
		state->in_class = false;
	}
}

static void translate_deep_character(struct reader *reader, struct deep_state *state)
{
	char c = reader->text[reader->at];

	if (state->in_class && (c == '*' || c == '?' || c == '\\'))
		reader->is_opaque = true;
	if (c == '*') {
		translate_star(reader, state);
	} else if (c == '?') {
		end_at_wildcard(reader);
		buf_add_text(&reader->out->regex, "[^/]");
		reader->at++;
	} else if (c == '[' || c == ']') {
		translate_bracket(reader, state);
	} else if (c == '\\') {
		reader->at++;
		translate_escape(reader, state);
	} else if (c == '^' || (state->in_class && (unsigned char)c < 0x80)) {
		if (!state->in_class)
			end_run(reader);
		if (strchr(".+()|{}$", c))
			buf_add_char(&reader->out->regex, '\\');
		buf_add_char(&reader->out->regex, c);
		reader->at++;
	} else if (state->in_class) {
		add_to_regex(reader, next_character(reader));
	} else {
		add_plain(reader);
	}
}

static void translate_deep(struct reader *reader)
{
	struct deep_state state = { .is_first = true };

	while (reader->at < reader->len) {
		size_t start = reader->at;
		bool was_in_class = state.in_class;
		translate_deep_character(reader, &state);
		state.is_first = false;
		if (was_in_class && reader->at > start)
			state.class_is_empty = false;
	}
	end_run(reader);
	if (!state.has_open_end)
		buf_add_text(&reader->out->regex, "\\z");
}

/* With a plain form the text says more than the runs that were collected. */
static void set_plain_literals(const char *text, size_t len, struct pattern_regex *out)
{
	if (out->form == PATTERN_REGEX)
		return;
	const char *literal = out->form == PATTERN_SUFFIX ? text + 2 : text;
	size_t literal_len = out->form == PATTERN_EXACT ? len : len - 2;
	if (out->form == PATTERN_SUFFIX && *literal == '/') {
		literal++; /* "**" + "/x" matches "x" too */
		literal_len--;
	}
	buf_clear(&out->literal);
	buf_add(&out->literal, literal, literal_len);
	buf_clear(&out->anchor);
	if (out->form != PATTERN_SUFFIX)
		buf_add(&out->anchor, literal, literal_len);
}

/* Up to the next "*"; is it one character that can be a dot? */
static bool check_chunk(struct reader *reader, bool *ret_is_dot)
{
	size_t n = 0;
	bool is_dot = false;

	reader->at += strspn(reader->text + reader->at, "*");
	for (; reader->at < reader->len && reader->text[reader->at] != '*'; n++) {
		char c = reader->text[reader->at++];
		if (c == '[') {
			struct class class = CLASS_INIT;
			bool ok = read_class(reader, &class);
			buf_release(&class.ranges);
			if (!ok)
				return false;
			is_dot = class.has_dot != class.is_negated;
		} else if (c == '\\') {
			if (reader->at == reader->len)
				return false;
			is_dot = reader->text[reader->at++] == '.';
		} else {
			is_dot = c == '.' || c == '?';
		}
	}
	*ret_is_dot = n == 1 && is_dot;
	return true;
}

/*
 * patternmatcher's check when it loads a pattern is filepath.Match against ".", which looks no
 * further than it has to: at the text before the first inner star and, if that matches the dot,
 * before the second. What is wrong behind that is found by the regular expression, or never.
 */
static bool loads(const char *text)
{
	struct reader reader = { .text = text, .len = strlen(text) };
	bool is_dot = false;

	if (!check_chunk(&reader, &is_dot))
		return false;
	return !is_dot || check_chunk(&reader, &is_dot);
}

bool pattern_regex_of_deep(const char *text, struct pattern_regex *ret_regex)
{
	struct reader reader = {
		.text = text, .len = strlen(text), .run = BUF_INIT, .out = ret_regex
	};

	if (!loads(text))
		return false;
	ret_regex->form = PATTERN_EXACT;
	buf_add_char(&ret_regex->regex, '^');
	translate_deep(&reader);
	buf_release(&reader.run);
	set_plain_literals(text, reader.len, ret_regex);
	return true;
}
