/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell-style patterns over root paths (path.h), compiled once and matched without backtracking
 * (pcre2_dfa_match), so that no pattern is slow. A path is matched from its first to its last byte.
 *
 *   PATTERN_GLOB  Go's filepath.Match: "*" and "?" do not cross a slash, "[a-z]" and "[^a]" are
 *                 classes (which do), "\c" is c; "**" is "*". A byte that is not UTF-8 is a
 *                 character of its own.
 *   PATTERN_DEEP  .dockerignore's (moby/patternmatcher, whose every quirk is kept): the same, and
 *                 "**" for any number of directories. Such a pattern goes through a regular
 *                 expression there, which refuses what filepath.Match accepts (a class "[z-a]");
 *                 as there, this is an error of each match and not of compilation.
 *
 * pattern_match completes the pattern at its first use: one pattern must not be shared by threads.
 */
#ifndef CBUILD_BASE_PATTERN_H
#define CBUILD_BASE_PATTERN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Each "*", "?" and class costs time at every byte of a path. */
enum { PATTERN_WILDCARDS_MAX = 128, PATTERN_LEN_MAX = 65535 };

enum pattern_kind { PATTERN_GLOB, PATTERN_DEEP };

struct pattern;

/* "syntax error in pattern '...'" */
int pattern_compile(const char *text, enum pattern_kind kind, struct pattern **ret_pattern,
		    struct error *err) must_check;
void pattern_free(struct pattern *pattern);
DEFINE_CLEANUP(struct pattern *, pattern_free);

/* 1/0/-1 */
int pattern_match(struct pattern *pattern, const char *path, struct error *err) must_check;

const char *pattern_text(const struct pattern *pattern);
/* A text that is part of every path that matches, as long as can be had; "" = none known. */
const char *pattern_literal(const struct pattern *pattern);
/* Does every match end in an error? */
bool pattern_is_broken(const struct pattern *pattern);
/* May anything below this directory match? In doubt yes. */
bool pattern_may_match_below(const struct pattern *pattern, const char *dir);

/* Is there an unescaped "*", "?" or "["? */
bool pattern_has_wildcards(const char *text);
/* Length of the leading directories of a path that have none: "a/b" of "a/b/c?/d". */
size_t pattern_literal_dir_len(const char *text);

#endif
