/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a Dockerfile: what its text shows, and what planning noticed (plan/facts.h). Pure; the
 * findings come in BuildKit's order: text first, then FROM lines, then instruction by instruction.
 */
#ifndef CBUILD_LINT_LINT_H
#define CBUILD_LINT_LINT_H

#include "base/error.h"
#include "base/json.h"
#include "context/ignore.h"
#include "lint/check_options.h"
#include "lint/rule.h"
#include "parser/dockerfile.h"
#include "plan/facts.h"

/* What is found beyond that is counted alone. */
enum { LINT_FINDINGS_MAX = 10000 };

struct lint_finding {
	enum lint_rule rule;
	struct position at;
	char *detail;
};

struct lint_findings {
	struct lint_finding *items;
	size_t len, size;
	size_t n_left_out;
	bool is_cut;	    /* planning noted more than it keeps: what it did not was not judged */
	bool is_error;	    /* "error=true" was said, and there is something */
	bool prefers_lower; /* most instructions are written in lower case */
};

#define LINT_FINDINGS_INIT    \
	{                     \
		.items = NULL \
	}

void lint_findings_release(struct lint_findings *findings);
DEFINE_RELEASE(struct lint_findings, lint_findings_release);

struct lint_request {
	const struct dockerfile *dockerfile;
	const struct plan_facts *facts;
	const struct ignore *ignore; /* of the main context, or NULL */
	const char *check;	     /* in place of the file's "# check=", or NULL */
	bool with_own_rules;
	bool is_cut; /* the rest of the file does not parse: single instructions alone are judged */
};

/* Fails where the options of the check are wrong. */
int lint_run(const struct lint_request *request, struct lint_findings *ret_findings,
	     struct error *err) must_check;
/* Are they? To be asked before anything is done. */
int lint_check_options(const struct dockerfile *dockerfile, const char *check,
		       struct check_options *ret_options, struct error *err) must_check;

/*
 * Files that one instruction made and a later one deleted or wrote again: what only a build can
 * know. All borrowed.
 */
struct lint_path {
	const char *path;
	uint64_t size;
};

struct lint_leftover {
	struct position at;   /* the later one's */
	struct position from; /* who made them */
	const char *maker;    /* its text, "RUN make" */
	bool is_rewritten;
	uint64_t size, n_paths;
	const struct lint_path *paths; /* some of them, or all */
	size_t n_named;
};

/* Adds to what lint_run found, in the order given. `name` is the Dockerfile's. */
int lint_run_leftovers(const struct lint_request *request, const char *name,
		       const struct lint_leftover *leftovers, size_t n,
		       struct lint_findings *findings, struct error *err) must_check;

/* "lint violation found for rules: A, B"; ERROR_SYNTAX. */
int lint_findings_refuse(const struct lint_findings *findings, struct error *err);

/*
 * For `--call=check`. As JSON: the document that BuildKit's "lint" request gives; the error, which
 * kept the check from being complete, may be NULL. The caller's.
 */
struct lint_source {
	const char *name;
	const char *text;
	size_t len;
};
json_t *lint_dump(const struct lint_findings *findings, const struct lint_source *source,
		  const struct error *build_error);
/* "WARNING: Rule - address", the text, and the lines of the file; sorted by line. */
void lint_print(const struct lint_findings *findings, const struct lint_source *source,
		struct buf *buf);

#endif
