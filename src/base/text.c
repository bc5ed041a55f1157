/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && memcmp(text + len - suffix_len, suffix, suffix_len) == 0;
}

bool text_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void text_make_lower(char *text)
{
	for (; *text; text++)
		*text = text_lower(*text);
}

int text_parse_unsigned(const char *text, uint64_t max, uint64_t *ret_number, struct error *err)
{
	uint64_t number = 0;

	if (!*text)
		return error_set(err, ERROR_SYNTAX, "a number is missing");
	for (const char *c = text; *c; c++) {
		if (!text_is_digit(*c))
			return error_set(err, ERROR_SYNTAX, "'%.100s' is not a number", text);
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number) || number > max)
			return error_set(err, ERROR_SYNTAX, "'%.100s' is larger than %llu", text,
					 (unsigned long long)max);
	}
	*ret_number = number;
	return 0;
}

/* digits[.digits], as a double; *ret_rest points behind it. */
static bool read_decimal(const char *text, double *ret_number, const char **ret_rest)
{
	double number = 0, unit = 1;
	const char *c = text;
	bool has_digit = false;

	for (; text_is_digit(*c); c++, has_digit = true)
		number = number * 10 + (*c - '0');
	if (*c == '.') {
		for (c++; text_is_digit(*c); c++, has_digit = true) {
			unit /= 10;
			number += unit * (*c - '0');
		}
	}
	*ret_number = number;
	*ret_rest = c;
	return has_digit;
}

int text_parse_size(const char *text, uint64_t *ret_bytes, struct error *err)
{
	static const char units[] = "kmgtp";
	double number;
	const char *rest;

	if (!read_decimal(text, &number, &rest))
		return error_set(err, ERROR_SYNTAX, "'%.100s' is not a size", text);
	if (*rest == ' ')
		rest++;
	const char *unit = *rest ? strchr(units, text_lower(*rest)) : NULL;
	if (unit) {
		for (const char *u = units; u <= unit; u++)
			number *= 1024;
		rest++;
		if (*rest == 'i')
			rest++;
	}
	if (*rest == 'b' || *rest == 'B')
		rest++;
	if (*rest || number > 9e18)
		return error_set(err, ERROR_SYNTAX, "'%.100s' is not a size", text);
	*ret_bytes = (uint64_t)number;
	return 0;
}

int text_parse_duration(const char *text, int64_t *ret_nanoseconds, struct error *err)
{
	static const struct {
		const char *name;
		double nanoseconds;
	} units[] = { { "ns", 1 },  { "us", 1e3 },     { "\xc2\xb5s", 1e3 }, { "ms", 1e6 },
		      { "s", 1e9 }, { "m", 60 * 1e9 }, { "h", 3600 * 1e9 } };
	double total = 0;
	const char *c = text;

	bool is_negative = *c == '-';
	if (*c == '+' || *c == '-')
		c++;
	if (strcmp(c, "0") == 0) {
		*ret_nanoseconds = 0;
		return 0;
	}
	if (!*c)
		return error_set(err, ERROR_SYNTAX, "invalid duration '%.100s'", text);
	while (*c) {
		double number;
		size_t i = 0;
		if (!read_decimal(c, &number, &c))
			return error_set(err, ERROR_SYNTAX, "invalid duration '%.100s'", text);
		while (i < countof(units) && !text_has_prefix(c, units[i].name))
			i++;
		if (i == countof(units))
			return error_set(err, ERROR_SYNTAX, "%s in duration '%.100s'",
					 *c ? "unknown unit" : "missing unit", text);
		c += strlen(units[i].name);
		total += number * units[i].nanoseconds;
	}
	if (total > 9.2e18)
		return error_set(err, ERROR_SYNTAX, "duration '%.100s' is too long", text);
	*ret_nanoseconds = (int64_t)(total + 0.5);
	/* "-0s" is a way of writing 0 */
	if (is_negative && *ret_nanoseconds)
		return error_set(err, ERROR_SYNTAX, "duration '%.100s' is negative", text);
	return 0;
}

int text_parse_bool(const char *text, bool *ret_value, struct error *err)
{
	static const char *const words[] = { "1", "t", "T", "TRUE",  "true",  "True",
					     "0", "f", "F", "FALSE", "false", "False" };

	for (size_t i = 0; i < countof(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_value = i < countof(words) / 2;
			return 0;
		}
	}
	return error_set(err, ERROR_SYNTAX, "'%.100s' is neither true nor false", text);
}

void text_add_size(struct buf *buf, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1000 && unit + 1 < countof(units)) {
		number /= 1000;
		unit++;
	}
	buf_printf(buf, unit && number < 100 ? "%.3g%s" : "%.0f%s", number, units[unit]);
}

void text_add_time(struct buf *buf, int64_t seconds, uint32_t nanoseconds)
{
	time_t when = (time_t)seconds;
	struct tm parts = { 0 };

	(void)gmtime_r(&when, &parts);
	buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
		   parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
	if (nanoseconds) {
		buf_printf(buf, ".%09u", nanoseconds);
		while (buf->data[buf->len - 1] == '0')
			buf_truncate(buf, buf->len - 1);
	}
	buf_add_char(buf, 'Z');
}

/* `count` digits, as a number; -1 when they are not there. */
static int read_digits(const char **c, int count)
{
	int number = 0;

	for (; count > 0; count--, (*c)++) {
		if (!text_is_digit(**c))
			return -1;
		number = number * 10 + (**c - '0');
	}
	return number;
}

static bool skip_char(const char **c, const char *any)
{
	if (!**c || !strchr(any, **c))
		return false;
	(*c)++;
	return true;
}

static uint32_t read_fraction(const char **c)
{
	uint32_t fraction = 0, unit = 100000000;

	for (; text_is_digit(**c); (*c)++, unit /= 10)
		fraction += unit * (uint32_t)(**c - '0');
	return fraction;
}

int text_parse_time(const char *text, int64_t *ret_seconds, uint32_t *ret_nanoseconds,
		    struct error *err)
{
	struct tm parts = { 0 };
	const char *c = text;
	uint32_t fraction = 0;
	int offset = 0;

	bool ok = (parts.tm_year = read_digits(&c, 4)) >= 0 && skip_char(&c, "-") &&
		  (parts.tm_mon = read_digits(&c, 2)) >= 1 && skip_char(&c, "-") &&
		  (parts.tm_mday = read_digits(&c, 2)) >= 1 && skip_char(&c, "Tt ") &&
		  (parts.tm_hour = read_digits(&c, 2)) >= 0 && skip_char(&c, ":") &&
		  (parts.tm_min = read_digits(&c, 2)) >= 0 && skip_char(&c, ":") &&
		  (parts.tm_sec = read_digits(&c, 2)) >= 0;
	if (ok && skip_char(&c, "."))
		fraction = read_fraction(&c);
	if (ok && (*c == '+' || *c == '-')) {
		int sign = *c++ == '-' ? -1 : 1, hours = read_digits(&c, 2);
		ok = hours >= 0 && skip_char(&c, ":");
		int minutes = ok ? read_digits(&c, 2) : -1;
		ok = ok && minutes >= 0;
		offset = sign * (hours * 3600 + minutes * 60);
	} else if (ok) {
		ok = skip_char(&c, "Zz");
	}
	if (!ok || *c)
		return error_set(err, ERROR_SYNTAX, "'%.100s' is not a time (RFC 3339)", text);
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	*ret_seconds = (int64_t)timegm(&parts) - offset;
	*ret_nanoseconds = fraction;
	return 0;
}

/* Length of the valid UTF-8 sequence at s (at most len bytes), or 0. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	size_t n = s[0] >= 0xc2 && s[0] <= 0xdf	  ? 2
		   : s[0] >= 0xe0 && s[0] <= 0xef ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;

	if (!n || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	if (s[0] == 0xc2 && s[1] < 0xa0) /* C1 controls */
		return 0;
	return n;
}

void text_add_printable(struct buf *buf, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		const unsigned char *s = (const unsigned char *)bytes + i;
		size_t n = utf8_len(s, len - i);
		if (*s >= 0x20 && *s < 0x7f)
			n = 1;
		if (n)
			buf_add(buf, s, n);
		else
			buf_printf(buf, "\\x%02x", *s);
		i += n ? n : 1;
	}
}

enum { NEAREST_WORD_MAX = 64, NEAREST_DISTANCE = 3 };

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAREST_WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = diagonal + (text_lower(a[i - 1]) != text_lower(b[j - 1]));
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			diagonal = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[b_len];
}

const char *text_nearest(const char *word, const char *const *options, size_t n_options)
{
	size_t len = strlen(word), best = NEAREST_DISTANCE;
	const char *nearest = NULL;

	if (len > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n_options; i++) {
		size_t option_len = strlen(options[i]);
		if (strcmp(word, options[i]) == 0)
			return NULL;
		if (option_len > NEAREST_WORD_MAX)
			continue;
		size_t distance = edit_distance(word, len, options[i], option_len);
		if (distance < best) {
			best = distance;
			nearest = options[i];
		}
	}
	return nearest;
}
