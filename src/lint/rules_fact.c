/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the plan -> findings. */
#include "linter.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"
#include "oci/platform.h"

#include <string.h>
#include <strings.h>

/* --- names that look like secrets ---------------------------------------------------------------
 */

static const char *const SECRET_WORDS[] = { "apikey", "auth",	  "credential", "credentials",
					    "key",    "password", "pword",	"passwd",
					    "secret", "token",	  NULL };
static const char *const HARMLESS_WORDS[] = { "public", "file", "version", NULL };

/* Is one of the words of NAME_WITH_UNDERSCORES one of them, in any case of letters? */
static bool has_word(const char *name, const char *const *words)
{
	while (true) {
		size_t len = strcspn(name, "_");
		for (const char *const *word = words; *word; word++)
			if (strlen(*word) == len && strncasecmp(name, *word, len) == 0)
				return true;
		if (!name[len])
			return false;
		name += len + 1;
	}
}

static void check_secret(struct linter *linter, const struct plan_fact *fact)
{
	cleanup(buf_release) struct buf quoted = BUF_INIT;

	if (has_word(fact->other, SECRET_WORDS) && !has_word(fact->other, HARMLESS_WORDS))
		linter_add_fact(linter, RULE_SECRETS_USED_IN_ARG_OR_ENV, fact,
				"Do not use ARG or ENV instructions for sensitive data (%s %s)",
				fact->name, linter_quoted(fact->other, &quoted));
}

/* --- FROM ---------------------------------------------------------------------------------------
 */

static void check_constant_platform(struct linter *linter, const struct plan_fact *fact)
{
	cleanup(buf_release) struct buf quoted = BUF_INIT;
	struct platform platform;
	struct error ignored = ERROR_INIT;

	if (platform_parse(fact->name, &platform, &ignored) < 0 ||
	    strstr(fact->other, platform.os) || strstr(fact->other, platform.architecture))
		return;
	linter_add_fact(linter, RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED, fact,
			"FROM --platform flag should not use constant value %s",
			linter_quoted(fact->name, &quoted));
}

static void tell_base_platform(struct linter *linter, const struct plan_fact *fact)
{
	cleanup(buf_release) struct buf has = BUF_INIT, wanted = BUF_INIT;

	linter_add_fact(linter, RULE_INVALID_BASE_IMAGE_PLATFORM, fact,
			"Base image %s was pulled with platform %s, expected %s for current build",
			fact->name, linter_quoted(fact->other, &has),
			linter_quoted(fact->third, &wanted));
}

static void tell_undeclared(struct linter *linter, const struct plan_fact *fact)
{
	if (fact->other)
		linter_add_fact(linter, RULE_UNDEFINED_ARG_IN_FROM, fact,
				"FROM argument '%s' is not declared (did you mean %s?)", fact->name,
				fact->other);
	else
		linter_add_fact(linter, RULE_UNDEFINED_ARG_IN_FROM, fact,
				"FROM argument '%s' is not declared", fact->name);
}

/* --- instructions -------------------------------------------------------------------------------
 */

static void tell_undefined(struct linter *linter, const struct plan_fact *fact)
{
	if (fact->other)
		linter_add_fact(linter, RULE_UNDEFINED_VAR, fact,
				"Usage of undefined variable '$%s' (did you mean $%s?)", fact->name,
				fact->other);
	else
		linter_add_fact(linter, RULE_UNDEFINED_VAR, fact,
				"Usage of undefined variable '$%s'", fact->name);
}

static void tell_workdir(struct linter *linter, const struct plan_fact *fact)
{
	cleanup(buf_release) struct buf quoted = BUF_INIT;

	linter_add_fact(linter, RULE_WORKDIR_RELATIVE_PATH, fact,
			"Relative workdir %s can have unexpected results if the base image changes",
			linter_quoted(fact->name, &quoted));
}

static void check_port(struct linter *linter, const struct plan_fact *fact)
{
	for (const char *c = fact->other; *c; c++) {
		if (text_lower(*c) == *c)
			continue;
		linter_add_fact(linter, RULE_EXPOSE_PROTO_CASING, fact,
				"Defined protocol '%s' in EXPOSE instruction should be lowercase",
				fact->name);
		break;
	}
	if (fact->third)
		linter_add_fact(linter, RULE_EXPOSE_INVALID_FORMAT, fact,
				"EXPOSE instruction should not define an IP address or host-port "
				"mapping, found '%s'",
				fact->name);
}

/*
 * With exceptions nothing can be said: a directory may be excluded, and a file in it taken back.
 * Patterns never match an absolute path, so that BuildKit says nothing of one either.
 */
static int check_copy_source(struct linter *linter, const struct plan_fact *fact, struct error *err)
{
	const struct ignore *ignore = linter->request->ignore;
	cleanup(buf_release) struct buf quoted = BUF_INIT;

	if (!ignore || *fact->other == '/' || ignore_has_exceptions(ignore))
		return 0;
	autofree char *path = path_clean_go(fact->other);
	int is_ignored = ignore_match(ignore, path, err);
	if (is_ignored > 0)
		linter_add_fact(linter, RULE_COPY_IGNORED_FILE, fact,
				"Attempting to %s file %s that is excluded by .dockerignore",
				fact->name, linter_quoted(path, &quoted));
	return is_ignored < 0 ? -1 : 0;
}

static int check_fact(struct linter *linter, const struct plan_fact *fact, struct error *err)
{
	switch (fact->kind) {
	case FACT_UNDECLARED_IN_FROM:
		tell_undeclared(linter, fact);
		return 0;
	case FACT_TARGET_PLATFORM:
		linter_add_fact(linter, RULE_REDUNDANT_TARGET_PLATFORM, fact,
				"Setting platform to predefined %s in FROM is redundant as this is "
				"the default behavior",
				fact->name);
		return 0;
	case FACT_CONSTANT_PLATFORM:
		check_constant_platform(linter, fact);
		return 0;
	case FACT_BAD_DEFAULT_BASE:
		linter_add_fact(linter, RULE_INVALID_DEFAULT_ARG_IN_FROM, fact,
				"Default value for ARG %s results in empty or invalid base image "
				"name",
				fact->name);
		return 0;
	case FACT_BASE_PLATFORM:
		tell_base_platform(linter, fact);
		return 0;
	case FACT_UNDEFINED_VARIABLE:
		tell_undefined(linter, fact);
		return 0;
	case FACT_RELATIVE_WORKDIR:
		tell_workdir(linter, fact);
		return 0;
	case FACT_SHELL_FORM:
		linter_add_fact(linter, RULE_JSON_ARGS_RECOMMENDED, fact,
				"JSON arguments recommended for %s to prevent unintended behavior "
				"related to OS signals",
				fact->name);
		return 0;
	case FACT_REPEATED:
		linter_add_fact(linter, RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED, fact,
				"Multiple %s instructions should not be used in the same stage "
				"because only the last one will be used",
				fact->name);
		return 0;
	case FACT_LEGACY_PAIR:
		linter_add_fact(linter, RULE_LEGACY_KEY_VALUE_FORMAT, fact,
				"\"%s key=value\" should be used instead of legacy \"%s key "
				"value\" format",
				fact->name, fact->name);
		return 0;
	case FACT_VARIABLE:
		check_secret(linter, fact);
		return 0;
	case FACT_PORT:
		check_port(linter, fact);
		return 0;
	case FACT_COPY_SOURCE:
		return check_copy_source(linter, fact, err);
	}
	return 0;
}

int rules_of_facts(struct linter *linter, struct error *err)
{
	const struct plan_facts *facts = linter->request->facts;

	for (size_t i = 0; i < facts->len; i++)
		if (check_fact(linter, &facts->items[i], err) < 0)
			return -1;
	return 0;
}
