/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings while they are gathered, and the ways in which the language splits text. */
#ifndef CBUILD_PARSER_WORDS_H
#define CBUILD_PARSER_WORDS_H

#include "dockerfile.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"

struct word_vec {
	const char **items;
	size_t len, size;
};

#define WORD_VEC_INIT      \
	{                  \
		NULL, 0, 0 \
	}

void word_vec_release(struct word_vec *vec);
DEFINE_RELEASE(struct word_vec, word_vec_release);

/* The list as it stays, in the arena. */
struct words words_keep(const struct word_vec *vec, struct arena *arena);

/* Split at runs of [\t\v\f\r ], as the regular expression that BuildKit uses. */
struct words words_split_blanks(const char *text, struct arena *arena);
/* The end of the first word, and the start of the second, by the same rule. */
size_t words_blank_span(const char *text);
size_t words_text_span(const char *text);

/* Words with quotes and escapes, both kept as they are: ARG, ENV and LABEL. */
struct words words_split_quoted(const char *text, char escape, struct arena *arena);

/* One CSV record (RFC 4180, as Go's encoding/csv reads it). */
int words_split_csv(const char *text, struct arena *arena, struct words *ret_words,
		    struct error *err) must_check;

#endif
