/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --build-arg gave, what the language itself defines (automatic and proxy arguments), and the
 * global scope of a Dockerfile: the arguments before its first FROM (dockerfile-language 4).
 */
#ifndef CBUILD_PLAN_BUILD_ARGS_H
#define CBUILD_PLAN_BUILD_ARGS_H

#include "name_table.h"

#include "base/error.h"
#include "plan/plan.h"

struct build_args {
	struct name_table given; /* --build-arg; the last of doubles */
};

#define BUILD_ARGS_INIT         \
	{                       \
		NAME_TABLE_INIT \
	}

void build_args_init(struct build_args *args, const struct plan_options *options,
		     struct arena *arena);
void build_args_release(struct build_args *args);
DEFINE_RELEASE(struct build_args, build_args_release);

/* The value that was given, or NULL. */
const char *build_args_get(const struct build_args *args, const char *name);

/* The automatic arguments and the global ARGs, into an empty table. */
int globals_make(struct name_table *globals, const struct dockerfile *dockerfile,
		 const struct plan_options *options, const struct build_args *args,
		 const struct platform *target_platform, struct arena *arena, struct error *err)
	must_check;

/* HTTP_PROXY and its like, in any case of letters, as both spellings for the environment. */
struct words build_args_proxy_env(const struct build_args *args, struct arena *arena);

/* A warning for each argument that no ARG names, whatever its stage. */
struct plan_warning *build_args_unused(const struct build_args *args,
				       const struct dockerfile *dockerfile,
				       const struct map *declared_by_triggers, struct arena *arena,
				       size_t *ret_n);

/* ARGs that configure the builder and never become variables. */
bool build_arg_is_no_variable(const char *name);

#endif
