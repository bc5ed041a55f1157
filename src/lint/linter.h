/* SPDX-License-Identifier: Apache-2.0 */
/* A check on its way: the rules add what they find, the switches decide whether it counts. */
#ifndef CBUILD_LINT_LINTER_H
#define CBUILD_LINT_LINTER_H

#include "base/vec.h"
#include "lint/lint.h"

struct linter {
	const struct lint_request *request;
	struct check_options options;
	struct lint_findings *findings;
	/* What the comments above an instruction make of the options: of the last one asked for. */
	const char *comment;
	struct check_options commented;
	/* Every instruction in the order of the file: global ARGs, FROMs, and what stands between.
	 */
	VEC(const struct instruction *) instructions;
};

/* `at` is an instruction's; what its comments switch off is not added. */
void linter_add(struct linter *linter, enum lint_rule rule, struct position at, const char *format,
		...) printf_like(4, 5);
/* The same for what comes out of an ONBUILD trigger, which has no comments. */
void linter_add_fact(struct linter *linter, enum lint_rule rule, const struct plan_fact *fact,
		     const char *format, ...) printf_like(4, 5);
/* Go's %q. */
const char *linter_quoted(const char *text, struct buf *buf);

/* Each group adds what its rules find. */
void rules_of_text(struct linter *linter);   /* rules_casing.c */
void rules_of_stages(struct linter *linter); /* rules_stage.c */
void rules_of_casing(struct linter *linter); /* rules_casing.c */
int rules_of_facts(struct linter *linter, struct error *err) must_check;
void rules_of_order(struct linter *linter);
void rules_of_leftovers(struct linter *linter, const char *name,
			const struct lint_leftover *leftovers, size_t n);

#endif
