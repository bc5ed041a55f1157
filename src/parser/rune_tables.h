/* SPDX-License-Identifier: Apache-2.0 */
/* Which code points above ASCII are letters and digits; sorted, without overlap. */
#ifndef CBUILD_PARSER_RUNE_TABLES_H
#define CBUILD_PARSER_RUNE_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct rune_range {
	uint32_t first, last;
};

extern const struct rune_range rune_letters[];
extern const size_t rune_letters_len;
extern const struct rune_range rune_digits[];
extern const size_t rune_digits_len;

#endif
