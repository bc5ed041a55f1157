/* SPDX-License-Identifier: Apache-2.0 */
#include "rune.h"

#include "rune_tables.h"

#include "base/macros.h"
#include "base/text.h"

#include <stddef.h>

/* Length and leading bits of a sequence by its first byte; 0 = no sequence starts so. */
static unsigned sequence_len(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

static bool is_wellformed(uint32_t rune, unsigned len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return rune >= least[len] && rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff);
}

uint32_t rune_read(const char **text, const char *end)
{
	const unsigned char *s = (const unsigned char *)*text;
	unsigned len = sequence_len(*s);
	uint32_t rune = len < 2 ? *s : *s & (0x7fU >> len);

	if (len == 1) {
		(*text)++;
		return rune;
	}
	unsigned i = 1;
	for (; i < len && (size_t)(end - *text) > i && (s[i] & 0xc0) == 0x80; i++)
		rune = rune << 6 | (s[i] & 0x3f);
	if (!len || i < len || !is_wellformed(rune, len)) {
		(*text)++;
		return RUNE_RAW + *s;
	}
	*text += len;
	return rune;
}

void rune_add(struct buf *buf, uint32_t rune)
{
	char bytes[4];
	size_t len = 0;

	if (rune >= RUNE_RAW && rune <= RUNE_RAW + 0xff) {
		bytes[len++] = (char)(rune - RUNE_RAW);
	} else if (rune < 0x80) {
		bytes[len++] = (char)rune;
	} else if (rune < 0x800) {
		bytes[len++] = (char)(0xc0 | rune >> 6);
	} else if (rune < 0x10000) {
		bytes[len++] = (char)(0xe0 | rune >> 12);
		bytes[len++] = (char)(0x80 | (rune >> 6 & 0x3f));
	} else {
		bytes[len++] = (char)(0xf0 | rune >> 18);
		bytes[len++] = (char)(0x80 | (rune >> 12 & 0x3f));
		bytes[len++] = (char)(0x80 | (rune >> 6 & 0x3f));
	}
	if (rune >= 0x80 && !(rune >= RUNE_RAW && rune <= RUNE_RAW + 0xff))
		bytes[len++] = (char)(0x80 | (rune & 0x3f));
	buf_add(buf, bytes, len);
}

bool rune_is_space(uint32_t rune)
{
	if (rune < 0x80)
		return text_is_space((char)rune);
	return rune == 0x85 || rune == 0xa0 || rune == 0x1680 ||
	       (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 ||
	       rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

static bool is_in(uint32_t rune, const struct rune_range *ranges, size_t n_ranges)
{
	size_t low = 0, high = n_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rune > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n_ranges && rune >= ranges[low].first;
}

bool rune_is_letter(uint32_t rune)
{
	if (rune < 0x80)
		return text_is_alpha((char)rune);
	return is_in(rune, rune_letters, rune_letters_len);
}

bool rune_is_digit(uint32_t rune)
{
	if (rune < 0x80)
		return text_is_digit((char)rune);
	return is_in(rune, rune_digits, rune_digits_len);
}

const char *rune_skip_spaces(const char *text, const char *end)
{
	while (text < end) {
		const char *next = text;
		if (!rune_is_space(rune_read(&next, end)))
			break;
		text = next;
	}
	return text;
}

/* The start of the last rune before end. */
static const char *last_rune(const char *text, const char *end)
{
	const char *start = end - 1;

	while (start > text && end - start < 4 && ((unsigned char)*start & 0xc0) == 0x80)
		start--;
	const char *next = start;
	(void)rune_read(&next, end);
	return next == end ? start : end - 1;
}

const char *rune_trim_end(const char *text, const char *end)
{
	while (end > text) {
		const char *start = last_rune(text, end), *next = start;
		if (!rune_is_space(rune_read(&next, end)))
			break;
		end = start;
	}
	return end;
}
