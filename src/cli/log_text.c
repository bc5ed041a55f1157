/* SPDX-License-Identifier: Apache-2.0 */
#include "log_text.h"

#include <stdint.h>
#include <string.h>

enum { ESCAPE = 0x1b, BELL = 0x07, CSI = 0x9b, STRING_TERMINATOR = 0x9c, REPLACEMENT = 0xfffd };

/* --- one line -----------------------------------------------------------------------------------
 */

struct reader {
	const unsigned char *at, *end;
};

/* One code point, or U+FFFD for one byte that begins none (overlong forms and surrogates too). */
static uint32_t next_code(struct reader *reader)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = *reader->at++;

	if (first < 0x80)
		return first;
	size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || (size_t)(reader->end - reader->at) < len - 1)
		return REPLACEMENT;
	uint32_t code = first & (0xffu >> (len + 1));
	for (size_t i = 0; i < len - 1; i++) {
		if ((reader->at[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		code = code << 6 | (reader->at[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return REPLACEMENT;
	reader->at += len - 1;
	return code;
}

static void skip_range(struct reader *reader, unsigned char first, unsigned char last)
{
	while (reader->at < reader->end && *reader->at >= first && *reader->at <= last)
		reader->at++;
}

/* ECMA-48 5.4: parameters, intermediates, one final byte. */
static void skip_csi(struct reader *reader)
{
	skip_range(reader, 0x30, 0x3f);
	skip_range(reader, 0x20, 0x2f);
	if (reader->at < reader->end && *reader->at >= 0x40 && *reader->at <= 0x7e)
		reader->at++;
}

/* OSC, DCS and their like, to BEL or ST. */
static void skip_string(struct reader *reader)
{
	while (reader->at < reader->end) {
		uint32_t code = next_code(reader);
		if (code == BELL || code == STRING_TERMINATOR)
			return;
		if (code == ESCAPE) {
			if (reader->at < reader->end && *reader->at == '\\')
				reader->at++;
			return;
		}
	}
}

static bool starts_string(uint32_t code)
{
	/* DCS, SOS, OSC, PM, APC */
	return code == 0x90 || code == 0x98 || (code >= 0x9d && code <= 0x9f);
}

static void skip_escape(struct reader *reader)
{
	if (reader->at == reader->end)
		return;
	unsigned char second = *reader->at;
	/* ESC and a byte of 0x40 to 0x5f is the seven-bit form of a C1 control. */
	uint32_t code = second >= 0x40 && second <= 0x5f ? second + 0x40u : 0;
	if (code == CSI || starts_string(code)) {
		reader->at++;
		if (code == CSI)
			skip_csi(reader);
		else
			skip_string(reader);
		return;
	}
	skip_range(reader, 0x20, 0x2f);
	if (reader->at < reader->end && *reader->at >= 0x30 && *reader->at <= 0x7e)
		reader->at++;
}

static bool is_bidirectional(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static bool is_control(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0);
}

void log_text_add(struct buf *buf, const char *line, size_t len)
{
	struct reader reader = { (const unsigned char *)line, (const unsigned char *)line + len };

	while (reader.at < reader.end) {
		const unsigned char *start = reader.at;
		uint32_t code = next_code(&reader);
		if (code == ESCAPE)
			skip_escape(&reader);
		else if (code == CSI)
			skip_csi(&reader);
		else if (starts_string(code))
			skip_string(&reader);
		else if (code == REPLACEMENT)
			buf_add_text(buf, "\xef\xbf\xbd");
		else if (code == 0x2028 || code == 0x2029)
			buf_add_char(buf, ' ');
		else if (!is_control(code) && !is_bidirectional(code))
			buf_add(buf, start, (size_t)(reader.at - start));
	}
}

/* --- lines --------------------------------------------------------------------------------------
 */

void line_cutter_release(struct line_cutter *cutter)
{
	buf_release(&cutter->line);
}

void line_cutter_flush(struct line_cutter *cutter, line_function *function, void *context)
{
	if (cutter->line.len)
		function(context, cutter->line.data, cutter->line.len, cutter->is_cut);
	buf_clear(&cutter->line);
	cutter->is_cut = false;
}

static void add_piece(struct line_cutter *cutter, const char *piece, size_t len)
{
	size_t room = LOG_LINE_MAX - cutter->line.len;

	if (len > room)
		cutter->is_cut = true;
	buf_add(&cutter->line, piece, len < room ? len : room);
}

void line_cutter_add(struct line_cutter *cutter, const char *data, size_t len,
		     line_function *function, void *context)
{
	for (const char *at = data, *end = data + len; at < end;) {
		const char *stop = at;
		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		add_piece(cutter, at, (size_t)(stop - at));
		if (stop > at)
			cutter->was_return = false;
		if (stop == end)
			return;
		bool is_newline = *stop == '\n';
		/* An empty line is one only when it is a line: not between CR and LF, nor CR and
		 * CR. */
		if (cutter->line.len)
			line_cutter_flush(cutter, function, context);
		else if (is_newline && !cutter->was_return)
			function(context, "", 0, false);
		cutter->was_return = !is_newline;
		at = stop + 1;
	}
}
