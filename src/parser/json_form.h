/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ["a", "b"], the JSON form of an instruction. What is no complete JSON array is no error but
 * plain text, so this reads exactly what Go's encoding/json takes: invalid UTF-8 and lone
 * surrogates become U+FFFD, nothing may follow but blanks.
 */
#ifndef CBUILD_PARSER_JSON_FORM_H
#define CBUILD_PARSER_JSON_FORM_H

#include "dockerfile.h"

#include "base/arena.h"
#include "base/error.h"

/* 1 an array of strings; 0 no JSON array; -1 an array with something else in it. */
int json_form_read(const char *text, struct arena *arena, struct words *ret_words,
		   struct error *err) must_check;

#endif
