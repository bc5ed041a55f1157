/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables of a stage. `vars` is what expands and what RUN sees: the image's environment, ENV
 * and ARG, the last writer wins. `env` is what the image keeps: ENV alone. Of `declared` the
 * history of RUN tells.
 */
#ifndef CBUILD_PLAN_SCOPE_H
#define CBUILD_PLAN_SCOPE_H

#include "name_table.h"

#include "base/digest.h"
#include "base/error.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"

struct plan_options;

struct scope {
	struct name_table vars, env, declared;
	VEC(const char *) shadowed; /* variables of env that an ARG set since */
	/*
	 * The environment of the last RUN: a prefix of vars, as one array. While variables are only
	 * added, later steps share it with earlier ones, so that many RUNs behind many ENVs cost no
	 * square of memory.
	 */
	const char **words;
	size_t n_words, words_size;
	struct digest digest; /* of the words */
	bool has_digest;
};

void scope_release(struct scope *scope);
DEFINE_RELEASE(struct scope, scope_release);
/* Into an empty scope. */
void scope_copy(struct scope *scope, const struct scope *from);

/* The image's own environment; PATH is always set, but on Windows. */
void scope_set_image_env(struct scope *scope, struct arena *arena, const struct strv *env,
			 bool adds_path);
/*
 * A stage based on another starts anew from the image's environment: what an ARG had set over an
 * ENV there is gone here, while other ARGs stay.
 */
void scope_unshadow(struct scope *scope, struct arena *arena);
/* What a stage gets that is based on the image of another, not on the stage: ENV alone. */
void scope_forget_args(struct scope *scope, struct arena *arena);
/* A variable that the image does not keep (ARG). */
void scope_set(struct scope *scope, struct arena *arena, const char *name, const char *value);
/* One that it keeps (ENV). */
void scope_set_env(struct scope *scope, struct arena *arena, const char *name, const char *value);
/* Value may be NULL: declared, but not set. */
void scope_declare(struct scope *scope, struct arena *arena, const char *name, const char *value);

/* NAME=value of every variable; the array is shared and must not be changed. */
struct words scope_words(struct scope *scope, struct arena *arena);
/* Of the same words. */
const struct digest *scope_digest(struct scope *scope, struct arena *arena);

/* One word of an instruction expanded, in the arena. */
int table_expand(const struct name_table *vars, struct arena *arena, char escape, const char *word,
		 const char **ret_text, struct error *err) must_check;
/* A look-up over a name_table for parser/expand.h. */
const char *table_lookup(void *table, const char *name);

/*
 * The end of planning: *err, which nothing can go on after, joins those before it where they are
 * gathered, and the first of them is the one to be handed back. Returns -1.
 */
int plan_fail(const struct plan_options *options, struct error *err);

#endif
