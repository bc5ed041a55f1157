/* SPDX-License-Identifier: Apache-2.0 */
#include "secret_watch.h"

#include "base/base64.h"

#include <string.h>

void secret_watch_release(struct secret_watch *watch)
{
	needles_release(&watch->needles);
	vec_release(&watch->forms);
}

static uint32_t add_form(struct secret_watch *watch, const char *id, const char *name)
{
	vec_push(&watch->forms, (struct secret_form){ .id = id, .name = name });
	return (uint32_t)watch->forms.len - 1;
}

/*
 * Within an encoded text a value begins at one of three places of a group. The digits that it
 * shares with what stands beside it are left out: of `skip` bytes in front, and at the end.
 */
static void add_base64(struct secret_watch *watch, const char *id, const char *value, size_t len)
{
	uint32_t tag = add_form(watch, id, "in base 64");

	for (size_t skip = 0; skip < 3; skip++) {
		cleanup(buf_release) struct buf plain = BUF_INIT, text = BUF_INIT;
		buf_add(&plain, "\0\0", skip);
		buf_add(&plain, value, len);
		base64_encode(plain.data, plain.len, &text);
		size_t begin = (skip * 8 + 5) / 6, end = plain.len * 8 / 6;
		needles_add(&watch->needles, text.data + begin, end - begin, tag);
		for (size_t i = 0; i < text.len; i++)
			text.data[i] = text.data[i] == '+'   ? '-'
				       : text.data[i] == '/' ? '_'
							     : text.data[i];
		needles_add(&watch->needles, text.data + begin, end - begin, tag);
	}
}

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

static void add_hex_byte(struct buf *text, const char *digits, char byte)
{
	buf_add_char(text, digits[(unsigned char)byte >> 4]);
	buf_add_char(text, digits[(unsigned char)byte & 0xf]);
}

static void add_hex(struct secret_watch *watch, const char *id, const char *value, size_t len,
		    const char *digits)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < len; i++)
		add_hex_byte(&text, digits, value[i]);
	needles_add(&watch->needles, text.data, text.len, add_form(watch, id, "in hexadecimal"));
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_.~", c));
}

/* What is left as it is besides RFC 3986's unreserved differs from language to language. */
static void add_url(struct secret_watch *watch, const char *id, const char *value, size_t len,
		    const char *digits, const char *plain, bool blank_is_plus)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		if (is_unreserved(value[i]) || (value[i] && strchr(plain, value[i]))) {
			buf_add_char(&text, value[i]);
		} else if (value[i] == ' ' && blank_is_plus) {
			buf_add_char(&text, '+');
		} else {
			buf_add_char(&text, '%');
			add_hex_byte(&text, digits, value[i]);
		}
	}
	needles_add(&watch->needles, text.data, text.len, add_form(watch, id, "URL-encoded"));
}

static void add_encoded(struct secret_watch *watch, const char *id, const char *value, size_t len)
{
	static const char *const digits[] = { lower_digits, upper_digits };
	/* strict; Python's quote; JavaScript's encodeURIComponent; forms as browsers send them */
	static const char *const plain[] = { "", "/", "!*'()", "*" };

	add_base64(watch, id, value, len);
	for (size_t i = 0; i < countof(digits); i++) {
		add_hex(watch, id, value, len, digits[i]);
		for (size_t k = 0; k < countof(plain); k++) {
			add_url(watch, id, value, len, digits[i], plain[k], false);
			add_url(watch, id, value, len, digits[i], plain[k], true);
		}
	}
}

void secret_watch_add(struct secret_watch *watch, const char *id, const void *value, size_t len)
{
	const char *bytes = value;

	while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	if (len < SECRET_MASKED_MIN)
		return;
	needles_add(&watch->needles, bytes, len, add_form(watch, id, "as it is"));
	if (len >= SECRET_SCANNED_MIN)
		add_encoded(watch, id, bytes, len < SECRET_FORMS_MAX ? len : SECRET_FORMS_MAX);
}

void secret_watch_finish(struct secret_watch *watch)
{
	needles_finish(&watch->needles);
}

bool secret_watch_is_empty(const struct secret_watch *watch)
{
	return !watch->needles.longest;
}
