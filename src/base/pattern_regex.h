/* SPDX-License-Identifier: Apache-2.0 */
/* Translation of patterns into regular expressions, and what is learned on the way. */
#ifndef CBUILD_BASE_PATTERN_REGEX_H
#define CBUILD_BASE_PATTERN_REGEX_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum pattern_form {
	PATTERN_EXACT,	/* the path is the text */
	PATTERN_PREFIX, /* it starts with the text without the "**" at its end */
	PATTERN_SUFFIX, /* it ends with the text without the "**" at its start */
	PATTERN_REGEX
};

struct pattern_regex {
	enum pattern_form form;
	struct buf regex;
	struct buf literal; /* the longest text that every match contains */
	struct buf anchor;  /* the text that every match starts with */
	size_t n_wildcards;
	size_t n_slashes;
	bool crosses; /* something in it matches slashes that are not written */
	bool is_broken;
};

#define PATTERN_REGEX_INIT                                                 \
	{                                                                  \
		.regex = BUF_INIT, .literal = BUF_INIT, .anchor = BUF_INIT \
	}

void pattern_regex_release(struct pattern_regex *regex);
DEFINE_RELEASE(struct pattern_regex, pattern_regex_release);

/* False: "syntax error in pattern". */
bool pattern_regex_of_glob(const char *text, struct pattern_regex *ret_regex);
bool pattern_regex_of_deep(const char *text, struct pattern_regex *ret_regex);

/*
 * The code point at text, which has `len` bytes; the result is its length. Bytes that are not UTF-8
 * become, one by one, characters at the end of the last private plane.
 */
size_t pattern_decode(const char *text, size_t len, uint32_t *ret_character);
/* text as valid UTF-8 in that sense. */
void pattern_add_utf8(struct buf *buf, const char *text);

#endif
