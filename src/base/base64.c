/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *data, size_t len, struct buf *buf)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;
		group |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= i + 2 < len ? bytes[i + 2] : 0;
		buf_add_char(buf, alphabet[group >> 18]);
		buf_add_char(buf, alphabet[group >> 12 & 63]);
		buf_add_char(buf, i + 1 < len ? alphabet[group >> 6 & 63] : '=');
		buf_add_char(buf, i + 2 < len ? alphabet[group & 63] : '=');
	}
}

static int value_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	if (at)
		return (int)(at - alphabet);
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64_decode(const char *text, struct buf *buf)
{
	size_t start = buf->len, len = strlen(text);
	uint32_t group = 0;
	unsigned bits = 0;

	while (len && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);
		if (value < 0) {
			buf_truncate(buf, start);
			return false;
		}
		group = group << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_add_char(buf, (char)(group >> bits & 0xff));
		}
	}
	return true;
}
