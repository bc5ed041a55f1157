/* SPDX-License-Identifier: Apache-2.0 */
#include "masker.h"

#include <string.h>

enum { ESCAPE = 0x1b, BELL = 0x07, DELETE = 0x7f };
/* Lead bytes of the controls that UTF-8 spells in two or three bytes. */
enum { LEAD_C1 = 0xc2, LEAD_ARABIC = 0xd8, LEAD_PUNCTUATION = 0xe2 };

/* Marks of a byte that is held. */
enum {
	MASKED = 1,
	UNSEEN = 2,  /* no part of what is read */
	LINE_END = 4 /* no part of what is written either, as far as needles go */
};

/* What is held besides a value that has begun: blanks that somebody puts in without end. */
enum { HELD_EXTRA = 64 * 1024 };
/* At a line's end fewer bytes of a value than these are not waited with: the line may be read. */
enum { BEGUN_MIN = 4 };

static bool is_lead(unsigned char byte)
{
	return byte == ESCAPE || byte == LEAD_C1 || byte == LEAD_ARABIC || byte == LEAD_PUNCTUATION;
}

static bool is_control(unsigned char byte)
{
	return (byte < 0x20 && byte != '\t') || byte == DELETE;
}

/* What may stand behind the first byte of a needle: the second, or what counts for nothing. */
static void fill_pairs(struct masker *masker, unsigned char first)
{
	const struct needles *needles = masker->needles;
	unsigned char *bits = masker->pairs[first];

	for (unsigned i = 0; i < 256; i++) {
		unsigned char second = (unsigned char)i;
		uint32_t state = needles_step(needles, needles->first[first], second);
		if (is_lead(first) || is_lead(second) || is_control(second) ||
		    needles_depth(needles, state) > 1)
			bits[i / 8] |= (unsigned char)(1u << i % 8);
	}
}

void masker_init(struct masker *masker, const struct secret_watch *watch)
{
	*masker =
		(struct masker){ .needles = &watch->needles, .held = BUF_INIT, .marks = BUF_INIT };
	for (size_t i = 0; i < countof(masker->is_special); i++) {
		masker->is_special[i] = watch->needles.first[i] || is_lead((unsigned char)i);
		fill_pairs(masker, (unsigned char)i);
	}
}

void masker_release(struct masker *masker)
{
	buf_release(&masker->held);
	buf_release(&masker->marks);
}

/* --- a byte -------------------------------------------------------------------------------------
 */

/* The last `len` bytes up to `end`, those with the mark `skip` not counted. */
static void mark_back(struct masker *masker, size_t end, char skip, uint32_t len)
{
	char *marks = masker->marks.data;

	while (len && end) {
		end--;
		if (!(marks[end] & skip))
			len--;
		marks[end] |= MASKED;
	}
}

static void step_written(struct masker *masker, unsigned char byte)
{
	struct needle_hit hit;

	masker->written = needles_step(masker->needles, masker->written, byte);
	if (needles_hit_at(masker->needles, masker->written, &hit))
		mark_back(masker, masker->held.len, LINE_END, hit.len);
}

static void step_seen(struct masker *masker, size_t at)
{
	struct needle_hit hit;

	masker->seen =
		needles_step(masker->needles, masker->seen, (unsigned char)masker->held.data[at]);
	if (needles_hit_at(masker->needles, masker->seen, &hit))
		mark_back(masker, at + 1, UNSEEN, hit.len);
}

static void hide(struct masker *masker, size_t n)
{
	for (size_t i = masker->marks.len - n; i < masker->marks.len; i++)
		masker->marks.data[i] |= UNSEEN;
}

static bool starts_string(unsigned char c1)
{
	/* DCS, SOS, OSC, PM, APC */
	return c1 == 0x90 || c1 == 0x98 || (c1 >= 0x9d && c1 <= 0x9f);
}

static enum masker_escape escape_of(unsigned char c1)
{
	return c1 == 0x9b ? MASKER_CSI : starts_string(c1) ? MASKER_STRING : MASKER_TEXT;
}

/* Of the undecided bytes: 1 a control, 0 not yet known, -1 none. */
static int is_wide_control(const unsigned char *bytes, size_t len)
{
	if (len < 2)
		return 0;
	if (bytes[0] == LEAD_C1)
		return bytes[1] >= 0x80 && bytes[1] <= 0x9f ? 1 : -1;
	if (bytes[0] == LEAD_ARABIC)
		return bytes[1] == 0x9c ? 1 : -1;
	if (bytes[1] != 0x80 && bytes[1] != 0x81)
		return -1;
	if (len < 3)
		return 0;
	if (bytes[1] == 0x81)
		return bytes[2] >= 0xa6 && bytes[2] <= 0xa9 ? 1 : -1;
	return bytes[2] == 0x8e || bytes[2] == 0x8f || (bytes[2] >= 0xaa && bytes[2] <= 0xae) ? 1
											      : -1;
}

static void take_text(struct masker *masker, unsigned char byte)
{
	if (byte == ESCAPE)
		masker->escape = MASKER_ESCAPE;
	if (is_control(byte))
		hide(masker, 1);
	else if (is_lead(byte))
		masker->n_undecided = 1;
	else
		step_seen(masker, masker->held.len - 1);
}

/* Behind a lead byte; the last byte held is the new one. */
static void take_undecided(struct masker *masker, unsigned char byte)
{
	size_t n = ++masker->n_undecided, first = masker->held.len - n;
	const unsigned char *bytes = (const unsigned char *)masker->held.data + first;
	int answer = is_wide_control(bytes, n);

	if (!answer)
		return;
	masker->n_undecided = 0;
	if (answer > 0) {
		hide(masker, n);
		masker->escape = bytes[0] == LEAD_C1 ? escape_of(byte) : MASKER_TEXT;
		return;
	}
	for (size_t i = first; i < masker->held.len - 1; i++)
		step_seen(masker, i);
	take_text(masker, byte);
}

/* The byte behind ESC: one of 0x40 to 0x5f makes the seven-bit form of a C1 control. */
static enum masker_escape behind_escape(unsigned char byte)
{
	if (byte >= 0x40 && byte <= 0x5f)
		return escape_of((unsigned char)(byte + 0x40));
	return byte >= 0x20 && byte <= 0x2f ? MASKER_INTERMEDIATE : MASKER_TEXT;
}

/* Within an escape sequence: false where the byte is none of it. */
static bool take_escape(struct masker *masker, unsigned char byte)
{
	bool is_parameter = byte >= 0x30 && byte <= 0x3f;
	bool is_intermediate = byte >= 0x20 && byte <= 0x2f;
	enum masker_escape was = masker->escape;

	masker->escape = MASKER_TEXT; /* unless it goes on */
	switch (was) {
	case MASKER_ESCAPE:
		masker->escape = behind_escape(byte);
		return byte >= 0x20 && byte <= 0x7e;
	case MASKER_INTERMEDIATE:
		if (is_intermediate)
			masker->escape = was;
		return byte >= 0x20 && byte <= 0x7e;
	case MASKER_CSI:
		if (is_parameter)
			masker->escape = was;
		else if (is_intermediate)
			masker->escape = MASKER_CSI_INTERMEDIATE;
		return byte >= 0x20 && byte <= 0x7e;
	case MASKER_CSI_INTERMEDIATE:
		if (is_intermediate)
			masker->escape = was;
		return is_intermediate || (byte >= 0x40 && byte <= 0x7e);
	case MASKER_STRING:
		if (byte != BELL)
			masker->escape = byte == ESCAPE ? MASKER_STRING_ESCAPE : was;
		return true;
	case MASKER_STRING_ESCAPE:
		return byte == '\\';
	case MASKER_TEXT:
		break;
	}
	return false;
}

/* ST in UTF-8 ends a string as well. */
static bool is_string_terminator(const struct masker *masker, unsigned char byte)
{
	return byte == 0x9c && masker->last == LEAD_C1;
}

static void take_byte(struct masker *masker, unsigned char byte)
{
	bool is_line_end = byte == '\n' || byte == '\r';

	buf_add_char(&masker->held, (char)byte);
	buf_add_char(&masker->marks, is_line_end ? LINE_END : 0);
	if (!is_line_end)
		step_written(masker, byte);
	else
		/* a log is cut into lines first, so nothing goes beyond one */
		masker->escape = MASKER_TEXT;
	bool ends_string = masker->escape == MASKER_STRING && is_string_terminator(masker, byte);
	if (ends_string)
		masker->escape = MASKER_TEXT;
	if (ends_string || (masker->escape != MASKER_TEXT && take_escape(masker, byte)))
		hide(masker, 1);
	else if (masker->n_undecided)
		take_undecided(masker, byte);
	else
		take_text(masker, byte);
	masker->last = byte;
}

/* --- the stream ---------------------------------------------------------------------------------
 */

/* How many bytes at the end may be part of a value that is not complete. */
static size_t count_begun(const struct masker *masker, size_t end, char skip, uint32_t depth)
{
	const char *marks = masker->marks.data;
	size_t at = end;

	while (depth && at) {
		at--;
		if (!(marks[at] & skip))
			depth--;
	}
	return end - at;
}

static size_t count_held(const struct masker *masker)
{
	size_t len = masker->held.len, read = len - masker->n_undecided;
	uint32_t written = needles_depth(masker->needles, masker->written);
	uint32_t seen = needles_depth(masker->needles, masker->seen);

	if (len && masker->held.data[len - 1] == '\n' && written < BEGUN_MIN && seen < BEGUN_MIN)
		return 0;
	size_t by_written = count_begun(masker, len, LINE_END, written);
	size_t by_seen = count_begun(masker, read, UNSEEN, seen) + masker->n_undecided;
	size_t held = by_written > by_seen ? by_written : by_seen;
	size_t max = masker->needles->longest + (size_t)HELD_EXTRA;
	return held < max ? held : max;
}

static void say(struct masker *masker, size_t n, struct buf *out)
{
	const char *bytes = masker->held.data, *marks = masker->marks.data;

	for (size_t i = 0; i < n; i++) {
		bool is_masked = marks[i] & MASKED;
		if (!is_masked)
			buf_add_char(out, bytes[i]);
		else if (!masker->was_masked)
			buf_add_text(out, "***");
		masker->was_masked = is_masked;
	}
	size_t rest = masker->held.len - n;
	memmove(masker->held.data, masker->held.data + n, rest);
	memmove(masker->marks.data, masker->marks.data + n, rest);
	buf_truncate(&masker->held, rest);
	buf_truncate(&masker->marks, rest);
}

static bool is_idle(const struct masker *masker)
{
	return !masker->written && !masker->seen && !masker->n_undecided &&
	       masker->escape == MASKER_TEXT;
}

/* Most of what is printed has nothing to do with any value. */
static size_t pass_by(struct masker *masker, const char *data, size_t len, struct buf *out)
{
	size_t n = 0;

	for (; n < len; n++) {
		unsigned char byte = (unsigned char)data[n];
		if (!masker->is_special[byte])
			continue;
		unsigned char next = n + 1 < len ? (unsigned char)data[n + 1] : '\n';
		if (masker->pairs[byte][next / 8] & 1u << next % 8)
			break;
	}
	if (!n)
		return 0;
	say(masker, masker->held.len, out);
	buf_add(out, data, n);
	masker->was_masked = false;
	return n;
}

void masker_add(struct masker *masker, const char *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len;) {
		size_t passed = is_idle(masker) ? pass_by(masker, data + i, len - i, out) : 0;
		if (!passed)
			take_byte(masker, (unsigned char)data[i]);
		i += passed ? passed : 1;
	}
	say(masker, masker->held.len - count_held(masker), out);
}

void masker_finish(struct masker *masker, struct buf *out)
{
	say(masker, masker->held.len, out);
}

void mask_text(const struct secret_watch *watch, const char *text, struct buf *out)
{
	cleanup(masker_release) struct masker masker;

	masker_init(&masker, watch);
	masker_add(&masker, text, strlen(text), out);
	masker_finish(&masker, out);
}
