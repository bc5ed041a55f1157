/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of a Dockerfile besides a check: which arguments and secrets the target takes
 * (--call=outline), and which targets there are (--call=targets). As JSON, in the form of
 * BuildKit's answers, and as text.
 */
#ifndef CBUILD_LINT_OUTLINE_H
#define CBUILD_LINT_OUTLINE_H

#include "base/json.h"
#include "lint/lint.h"
#include "parser/dockerfile.h"
#include "plan/facts.h"

/* `facts` are those of a plan that succeeded. */
json_t *outline_dump(const struct dockerfile *dockerfile, const struct plan_facts *facts,
		     const struct lint_source *source);
/* Of what outline_dump gave. */
void outline_print(const json_t *outline, struct buf *buf);

json_t *targets_dump(const struct dockerfile *dockerfile, const struct lint_source *source);
void targets_print(const json_t *targets, struct buf *buf);

/* The methods themselves (--call=subrequests.describe). */
json_t *methods_dump(void);
void methods_print(struct buf *buf);

/* The ranges that all locations of one document have together; each has one at least. */
enum { DOCUMENT_RANGES_MAX = 100 * 1000 };
/* {"ranges": [...]}: one for each line, as long as *left allows; NULL = a document of its own. */
json_t *location_dump(struct position at, size_t *left);

#endif
