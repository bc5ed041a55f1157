/* SPDX-License-Identifier: Apache-2.0 */
#include "quote.h"

#include "rune.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Room for the longest escape, the dots and the closing quote. */
enum { QUOTE_FULL = QUOTE_SIZE - 16 };

static void add_rune(struct buf *buf, uint32_t rune, bool is_quoted)
{
	static const char escapes[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
	const char *escape = rune && rune < 0x80 ? strchr(escapes, (int)rune) : NULL;

	if (escape)
		buf_printf(buf, "\\%c", letters[escape - escapes]);
	else if (is_quoted && (rune == '"' || rune == '\\'))
		buf_printf(buf, "\\%c", (char)rune);
	else if (rune < 0x20 || rune == 0x7f)
		buf_printf(buf, "\\x%02x", rune);
	else if (rune >= RUNE_RAW && rune <= RUNE_RAW + 0xff)
		buf_printf(buf, "\\x%02x", rune - RUNE_RAW);
	else if (rune >= 0x80 && (rune < 0xa1 || rune_is_space(rune)))
		buf_printf(buf, "\\u%04x", rune);
	else
		rune_add(buf, rune);
}

static struct quote format(const char *text, size_t len, bool is_quoted)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;
	const char *end = text + len;
	struct quote result = { "" };

	if (is_quoted)
		buf_add_char(&buf, '"');
	while (text < end && buf.len < QUOTE_FULL)
		add_rune(&buf, rune_read(&text, end), is_quoted);
	if (text < end)
		buf_add_text(&buf, "...");
	if (is_quoted)
		buf_add_char(&buf, '"');
	memcpy(result.text, buf.data, buf.len + 1);
	return result;
}

struct quote quote(const char *text)
{
	return format(text, strlen(text), true);
}

struct quote quote_len(const char *text, size_t len)
{
	return format(text, len, true);
}

struct quote unquoted(const char *text)
{
	return format(text, strlen(text), false);
}

struct quote suggestion(const char *word, const char *const *options, size_t n_options)
{
	struct quote result = { "" };
	const char *nearest = text_nearest(word, options, n_options);

	if (nearest)
		(void)snprintf(result.text, sizeof(result.text), " (did you mean %s?)", nearest);
	return result;
}
