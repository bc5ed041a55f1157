/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as the Dockerfile language sees it: Go's runes. Bytes that are not UTF-8 are read one at a
 * time as RUNE_RAW + byte and written back as they were, so that nothing is lost on the way.
 */
#ifndef CBUILD_PARSER_RUNE_H
#define CBUILD_PARSER_RUNE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* No valid text decodes to a surrogate. */
#define RUNE_RAW ((uint32_t)0xdc00)
#define RUNE_BOM ((uint32_t)0xfeff)

/* Reads one and moves *text behind it; *text < end. */
uint32_t rune_read(const char **text, const char *end);
void rune_add(struct buf *buf, uint32_t rune);

/* unicode.IsSpace, IsLetter, IsDigit. */
bool rune_is_space(uint32_t rune);
bool rune_is_letter(uint32_t rune);
bool rune_is_digit(uint32_t rune);

/* strings.TrimSpace, both halves: moves the ends of text inward. */
const char *rune_skip_spaces(const char *text, const char *end);
const char *rune_trim_end(const char *text, const char *end);

#endif
