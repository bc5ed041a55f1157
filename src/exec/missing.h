/* SPDX-License-Identifier: Apache-2.0 */
/* Why a path of a build context was not found: a person wants to hear more than that it was not. */
#ifndef CBUILD_EXEC_MISSING_H
#define CBUILD_EXEC_MISSING_H

#include "exec/exec.h"

/*
 * `path` is cleaned and was not found in the context's listing. Adds to what *err says that an
 * ignore rule leaves it out, or the nearest name that is there.
 */
void missing_explain(const struct exec_context *context, const char *path, struct error *err);

#endif
