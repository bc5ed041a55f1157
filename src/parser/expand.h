/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Word expansion: quotes, escapes and every ${...} form (dockerfile-language, section 3), over a
 * look-up function. One pass, no re-reading of values, linear in the input; the result of one word
 * has a ceiling, and so has the depth to which substitutions nest.
 */
#ifndef CBUILD_PARSER_EXPAND_H
#define CBUILD_PARSER_EXPAND_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <stdbool.h>

enum {
	EXPANDED_WORD_MAX = 1024 * 1024,
	EXPANDED_HEREDOC_MAX = 16 * 1024 * 1024,
	EXPAND_DEPTH_MAX = 100
};

/* The value of a variable, or NULL when it is not set. Borrowed. */
typedef const char *expand_lookup(void *context, const char *name);

struct expand_scope {
	expand_lookup *lookup; /* NULL: nothing is set */
	void *context;
	/* Called once per look-up of a name that is not set; may be NULL. */
	void (*undefined)(void *context, const char *name);
	char escape;	   /* the directive's: '\\' or '`' */
	bool keeps_quotes; /* raw: quotes and escapes stay, "<<" takes in blanks (heredoc scan) */
	bool keeps_unset;  /* "$x" of an unset x stays as written */
	bool is_heredoc;   /* quotes are ordinary characters, escape is always '\\' */
};

/*
 * One word in, one string out, in place of what ret_text held; untouched on failure. Errors are
 * wrapped: failed to process "word": ...
 */
int expand_word(const struct expand_scope *scope, const char *word, struct buf *ret_text,
		struct error *err) must_check;
/*
 * Word-list mode (EXPOSE): unquoted blanks, in a value too, separate words; empty ones do not
 * count. Appends to words.
 */
int expand_words(const struct expand_scope *scope, const char *word, struct strv *words,
		 struct error *err) must_check;

#endif
