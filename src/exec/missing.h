/* SPDX-License-Identifier: Apache-2.0 */
/* Why a path of a COPY or of a mount was not found: a person wants to hear more than that it was
 * not. */
#ifndef CBUILD_EXEC_MISSING_H
#define CBUILD_EXEC_MISSING_H

#include "copy_tree.h"

#include "exec/exec.h"

/*
 * `path` is cleaned and was not found in the context's listing. Adds to what *err says that an
 * ignore rule leaves it out, or the nearest name that is there.
 */
void missing_explain(const struct exec_context *context, const char *path, struct error *err);
/* The same of a stage or image, which has no ignore rules: the nearest name that is there. */
void missing_suggest(const struct copy_tree *tree, const char *path, struct error *err);
/* And of the tree of a step whose snapshots are there, which is looked into now. */
void missing_suggest_in(const struct exec_env *env, struct tree_ref from, const char *path,
			struct error *err);

#endif
