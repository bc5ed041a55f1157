/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be found: a row each. Names, texts and addresses are those of BuildKit's rules, so that
 * "# check=" and readers of the JSON find what they know; the last rows are cbuild's own.
 */
#ifndef CBUILD_LINT_RULE_H
#define CBUILD_LINT_RULE_H

#include "base/buf.h"

#include <stdbool.h>

enum lint_rule {
	RULE_STAGE_NAME_CASING = 0,
	RULE_FROM_AS_CASING,
	RULE_NO_EMPTY_CONTINUATION,
	RULE_CONSISTENT_INSTRUCTION_CASING,
	RULE_DUPLICATE_STAGE_NAME,
	RULE_RESERVED_STAGE_NAME,
	RULE_JSON_ARGS_RECOMMENDED,
	RULE_MAINTAINER_DEPRECATED,
	RULE_UNDEFINED_ARG_IN_FROM,
	RULE_WORKDIR_RELATIVE_PATH,
	RULE_UNDEFINED_VAR,
	RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED,
	RULE_LEGACY_KEY_VALUE_FORMAT,
	RULE_INVALID_BASE_IMAGE_PLATFORM,
	RULE_REDUNDANT_TARGET_PLATFORM,
	RULE_SECRETS_USED_IN_ARG_OR_ENV,
	RULE_INVALID_DEFAULT_ARG_IN_FROM,
	RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED,
	RULE_COPY_IGNORED_FILE,
	RULE_INVALID_DEFINITION_DESCRIPTION,
	RULE_EXPOSE_PROTO_CASING,
	RULE_EXPOSE_INVALID_FORMAT,
	RULE_CACHE_DEFEATING_ORDER,
	RULE_DELETED_FILES_KEEP_THEIR_SIZE,
	N_LINT_RULES
};

enum lint_fix { FIX_NONE = 0, FIX_SAME_IMAGE, FIX_OTHER_CONFIG };

struct lint_rule_row {
	const char *name;
	const char *slug; /* of its page; NULL = none */
	const char *description;
	bool is_experimental; /* only where "experimental=" says so */
	bool is_own;	      /* cbuild's; only `cbuild lint` and "experimental=" ask for it */
	bool is_of_layers;    /* cbuild's; only a build sees what layers hold */
	enum lint_fix fix;    /* what `cbuild lint --fix` can do about it */
};

const struct lint_rule_row *lint_rule_row(enum lint_rule rule);
/* The address of the rule's page, or nothing. */
void lint_rule_add_url(enum lint_rule rule, struct buf *buf);
/* docs/lint.md: what a check is, and a table of all rules. */
void lint_rules_add_markdown(struct buf *buf);
/* The rule of that name, or N_LINT_RULES. */
enum lint_rule lint_rule_find(const char *name);

#endif
