/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One expansion on its way: the text that is left and a stack of frames, one for each quote and
 * ${...} that is open. The stack stands in memory of its own, since what is nested in a Dockerfile
 * is nested by whoever wrote it.
 */
#ifndef CBUILD_PARSER_EXPANDER_H
#define CBUILD_PARSER_EXPANDER_H

#include "expand.h"

#include "base/macros.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_kind {
	FRAME_TOP = 0,
	FRAME_QUOTES,	  /* "..." */
	FRAME_WORD,	  /* ${name:-...} */
	FRAME_PATTERN,	  /* ${name/... */
	FRAME_REPLACEMENT /* ${name/pattern/...} */
};

/* What is being read now and what came out of it; the frames below it wait for its result. */
struct frame {
	enum frame_kind kind;
	bool keeps_escapes;
	bool null_is_unset; /* ":" before the modifier */
	bool replaces_all;
	uint32_t modifier;
	struct buf text, name, pattern;
};

struct expander {
	const struct expand_scope *scope;
	const char *c, *end;
	VEC(struct frame) frames;
	struct strv *words; /* NULL: one word */
	struct buf word;    /* of words: the one being gathered */
	size_t max;
	char escape;
};

#define FRAME_INIT(frame_kind)                                                                \
	{                                                                                     \
		.kind = (frame_kind), .text = BUF_INIT, .name = BUF_INIT, .pattern = BUF_INIT \
	}

void frame_release(struct frame *frame);
DEFINE_RELEASE(struct frame, frame_release);

void expander_release(struct expander *x);
DEFINE_RELEASE(struct expander, expander_release);

struct frame *expander_top(const struct expander *x);
/* Takes the frame over, also when it fails. */
int expander_push(struct expander *x, struct frame frame, struct error *err) must_check;
/* Takes the top frame out; the caller releases it. */
struct frame expander_pop(struct expander *x);

/* Text that no blank in it splits, for the top frame. */
int expander_add_raw(struct expander *x, const char *text, size_t len, struct error *err)
	must_check;
/* Text as it stands in the file or in a value. */
int expander_add_text(struct expander *x, const char *text, size_t len, struct error *err)
	must_check;
/* Word-list mode: the word gathered so far is complete. */
void expander_end_word(struct expander *x);

/* Behind a "$": the variable or ${...} that follows (expand_braces.c). */
int expander_read_dollar(struct expander *x, struct error *err) must_check;
/* The character that ends a part of ${...} was read. */
int expander_close_part(struct expander *x, struct error *err) must_check;

#endif
