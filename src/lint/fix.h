/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewrites what was found, where that is safe, and keeps every other byte. Each rewritten
 * instruction is parsed again and must mean what it meant; else it stays as it is. Two fixes change
 * the image's config, which is what their rules are about: MAINTAINER becomes a label, and the
 * shell form of CMD and ENTRYPOINT, of plain words alone, the JSON form.
 */
#ifndef CBUILD_LINT_FIX_H
#define CBUILD_LINT_FIX_H

#include "base/buf.h"
#include "lint/lint.h"

/* The whole text anew; *ret_n instructions were rewritten. */
void fix_text(const struct dockerfile *dockerfile, const struct lint_findings *findings,
	      const char *text, size_t len, struct buf *ret_text, size_t *ret_n);

/* A unified diff of two texts of as many lines: a fix adds and removes none. */
void fix_add_diff(const char *name, const struct buf *before, const struct buf *after,
		  struct buf *diff);

#endif
