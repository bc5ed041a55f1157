/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about text, and strict readings of numbers, sizes, durations and times in it. */
#ifndef CBUILD_BASE_TEXT_H
#define CBUILD_BASE_TEXT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);
/* Blank, tab, vertical tab, form feed, carriage return, newline; independent of the locale. */
bool text_is_space(char c);
bool text_is_digit(char c);
bool text_is_alpha(char c);
/* ASCII only. */
char text_lower(char c);
void text_make_lower(char *text);

/* Decimal digits only, no sign, no blanks, at most `max`. */
int text_parse_unsigned(const char *text, uint64_t max, uint64_t *ret_number, struct error *err)
	must_check;
/* 123, 64k, 64m, 1g, 1.5g, 10GiB, 10MB: 1024 based as docker reads them. Result in bytes. */
int text_parse_size(const char *text, uint64_t *ret_bytes, struct error *err) must_check;
/* Go's duration syntax: 1h2m3.5s, 100ms, 0. Result in nanoseconds; never negative. */
int text_parse_duration(const char *text, int64_t *ret_nanoseconds, struct error *err) must_check;
/* Go's strconv.ParseBool: 1 t T TRUE true True 0 f F FALSE false False. */
int text_parse_bool(const char *text, bool *ret_value, struct error *err) must_check;

/* 1.2kB, 34.5MB as docker prints sizes (1000 based). */
void text_add_size(struct buf *buf, uint64_t bytes);
/* 2006-01-02T15:04:05.999999999Z, trailing zeros of the fraction left out. */
void text_add_time(struct buf *buf, int64_t seconds, uint32_t nanoseconds);
/* Reads RFC 3339, any offset, up to nine digits of fraction. */
int text_parse_time(const char *text, int64_t *ret_seconds, uint32_t *ret_nanoseconds,
		    struct error *err) must_check;

/*
 * Terminal-safe copy of bytes from outside: control characters and invalid UTF-8 become \xNN, so
 * that no name can move the cursor or fake a line of the log.
 */
void text_add_printable(struct buf *buf, const char *bytes, size_t len);

/*
 * The option nearest to a mistyped word: Levenshtein distance below 3 (BuildKit suggests by the
 * same rule), case ignored; NULL when nothing is near or the word itself is one of them.
 */
const char *text_nearest(const char *word, const char *const *options, size_t n_options);

#endif
