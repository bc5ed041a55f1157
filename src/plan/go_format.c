/* SPDX-License-Identifier: Apache-2.0 */
#include "go_format.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

struct rune_range {
	uint32_t first, last;
};

/*
 * What strconv.IsPrint refuses above ASCII: controls, formats, separators, surrogates and private
 * use (Unicode's Cc, Cf, Zs, Zl, Zp, Cs, Co). Code points that nobody has assigned yet are taken as
 * printable, since their number changes with every edition.
 */
static const struct rune_range UNPRINTABLE[] = {
	{ 0x80, 0xa0 },	       { 0xad, 0xad },	     { 0x600, 0x605 },	   { 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },      { 0x70f, 0x70f },     { 0x890, 0x891 },	   { 0x8e2, 0x8e2 },
	{ 0x1680, 0x1680 },    { 0x180e, 0x180e },   { 0x2000, 0x200f },   { 0x2028, 0x202f },
	{ 0x205f, 0x206f },    { 0x3000, 0x3000 },   { 0xd800, 0xf8ff },   { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },    { 0xfffe, 0xffff },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },  { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	{ 0xf0000, 0x10ffff },
};

static bool is_printable(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= 0x20 && rune != 0x7f;
	for (size_t i = 0; i < countof(UNPRINTABLE); i++)
		if (rune >= UNPRINTABLE[i].first && rune <= UNPRINTABLE[i].last)
			return false;
	return true;
}

/* Length of the valid UTF-8 sequence at text, 0 where there is none. NUL ends the text. */
static size_t read_rune(const char *text, uint32_t *ret_rune)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)text[0];
	size_t len = first < 0x80	      ? 1
		     : (first & 0xe0) == 0xc0 ? 2
		     : (first & 0xf0) == 0xe0 ? 3
		     : (first & 0xf8) == 0xf0 ? 4
					      : 0;

	if (len < 2) {
		*ret_rune = first;
		return len;
	}
	uint32_t rune = first & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (c & 0x3f);
	}
	if (rune < smallest[len] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return 0;
	*ret_rune = rune;
	return len;
}

static void add_escaped(struct buf *buf, uint32_t rune)
{
	static const char letters[] = "abtnvfr"; /* \a is 7, \r is 13 */

	if (rune >= 7 && rune <= 13)
		buf_printf(buf, "\\%c", letters[rune - 7]);
	else if (rune < 0x80)
		buf_printf(buf, "\\x%02x", rune);
	else
		buf_printf(buf, rune < 0x10000 ? "\\u%04x" : "\\U%08x", rune);
}

void go_add_quoted(struct buf *buf, const char *text)
{
	buf_add_char(buf, '"');
	while (*text) {
		uint32_t rune = 0;
		size_t len = read_rune(text, &rune);
		if (!len)
			buf_printf(buf, "\\x%02x", (unsigned char)*text);
		else if (rune == '"' || rune == '\\')
			buf_printf(buf, "\\%c", (char)rune);
		else if (is_printable(rune))
			buf_add(buf, text, len);
		else
			add_escaped(buf, rune);
		text += len ? len : 1;
	}
	buf_add_char(buf, '"');
}

const char *go_quoted(struct arena *arena, const char *text)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;

	go_add_quoted(&buf, text);
	return arena_strndup(arena, buf.data, buf.len);
}

void go_add_list(struct buf *buf, const struct strv *list)
{
	buf_add_char(buf, '[');
	for (size_t i = 0; i < list->len; i++) {
		buf_add_text(buf, i ? " " : "");
		buf_add_text(buf, list->items[i]);
	}
	buf_add_char(buf, ']');
}

void go_add_quoted_list(struct buf *buf, const struct strv *list)
{
	buf_add_char(buf, '[');
	for (size_t i = 0; i < list->len; i++) {
		buf_add_text(buf, i ? " " : "");
		go_add_quoted(buf, list->items[i]);
	}
	buf_add_char(buf, ']');
}

/* value / 10^digits, without the zeros at the end. */
static void add_decimal(struct buf *buf, int64_t value, int digits)
{
	int64_t unit = 1;

	for (int i = 0; i < digits; i++)
		unit *= 10;
	buf_printf(buf, "%" PRId64, value / unit);
	if (value % unit == 0)
		return;
	buf_printf(buf, ".%0*" PRId64, digits, value % unit);
	size_t len = buf->len;
	while (buf->data[len - 1] == '0')
		len--;
	buf_truncate(buf, len);
}

void go_add_duration(struct buf *buf, int64_t nanoseconds)
{
	const int64_t second = 1000000000;

	if (nanoseconds == 0) {
		buf_add_text(buf, "0s");
	} else if (nanoseconds < 1000) {
		buf_printf(buf, "%" PRId64 "ns", nanoseconds);
	} else if (nanoseconds < 1000000) {
		add_decimal(buf, nanoseconds, 3);
		buf_add_text(buf, "\302\265s");
	} else if (nanoseconds < second) {
		add_decimal(buf, nanoseconds, 6);
		buf_add_text(buf, "ms");
	} else {
		int64_t minutes = nanoseconds / second / 60;
		if (minutes >= 60)
			buf_printf(buf, "%" PRId64 "h", minutes / 60);
		if (minutes)
			buf_printf(buf, "%" PRId64 "m", minutes % 60);
		add_decimal(buf, nanoseconds % (60 * second), 9);
		buf_add_char(buf, 's');
	}
}
