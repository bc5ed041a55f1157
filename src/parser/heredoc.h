/* SPDX-License-Identifier: Apache-2.0 */
/* <<NAME in the line of an instruction, and the bodies behind it. */
#ifndef CBUILD_PARSER_HEREDOC_H
#define CBUILD_PARSER_HEREDOC_H

#include "dockerfile.h"
#include "source.h"

#include "base/arena.h"

/* Is this word one? 1, 0, or -1 with what is wrong with its name. The body is empty. */
int heredoc_read_word(const char *word, struct arena *arena, struct heredoc *ret_heredoc,
		      struct error *err) must_check;

/* All of a logical line, in their order, without bodies. */
int heredocs_find(const char *line, struct arena *arena, struct heredocs *ret_heredocs,
		  struct error *err) must_check;

/* Reads their bodies from the lines that follow. */
int heredocs_read_bodies(const struct heredocs *heredocs, struct source *source,
			 struct arena *arena, struct error *err) must_check;

#endif
