/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What planning notices on its way that is no error: variables that nobody set, working directories
 * that depend on the base, ports as they were written ... It judges nothing; the rules of lint/ do.
 * The facts of a plan that failed stand as far as it came. And what an outline of the target is
 * made of: the arguments and secrets that its stages take.
 *
 * Everything lies in the arena of the value. What comes after the ceiling is left out, and is_cut
 * says so.
 */
#ifndef CBUILD_PLAN_FACTS_H
#define CBUILD_PLAN_FACTS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many facts there may be, and how many variables that are not set one word may give. */
enum {
	PLAN_FACTS_MAX = 100000,
	PLAN_FACTS_NAMES_MAX = 256,
	PLAN_FACTS_VALUES_MAX = 64 * 1024 * 1024, /* bytes of all values of arguments */
	PLAN_LOOKS_MAX = 1000 * 1000		  /* names compared in all to find similar ones */
};

enum plan_fact_kind {
	FACT_UNDECLARED_IN_FROM = 1, /* name; other: the nearest, or NULL */
	FACT_TARGET_PLATFORM,	     /* name: --platform as written, the target's own */
	FACT_CONSTANT_PLATFORM,	     /* name: the platform; other: the stage, "" = without name */
	FACT_BAD_DEFAULT_BASE,	 /* name: the base as written; its defaults give no image name */
	FACT_BASE_PLATFORM,	 /* name: the base; other: what it has; third: what was wanted */
	FACT_UNDEFINED_VARIABLE, /* name; other: the nearest, or NULL */
	FACT_RELATIVE_WORKDIR,	 /* name: the path; no WORKDIR stood before it */
	FACT_SHELL_FORM,	 /* name: CMD, ENTRYPOINT as written; there is no SHELL */
	FACT_REPEATED,		 /* name: the later one as written; at: the earlier one */
	FACT_LEGACY_PAIR,	 /* name: ENV, LABEL as written */
	FACT_VARIABLE,		 /* name: "ENV" or "ARG"; other: the variable */
	/* name: as EXPOSE has it, expanded; other: its protocol; third: not NULL with an address */
	FACT_PORT,
	FACT_COPY_SOURCE /* name: "Copy" or "Add"; other: a path of the main context */
};

struct plan_fact {
	enum plan_fact_kind kind;
	struct position at;
	bool is_trigger; /* of an ONBUILD; at is the FROM's */
	const char *name, *other, *third;
};

/* An ARG of a stage, or a global one. */
struct plan_argument {
	uint32_t stage; /* GLOBAL_ARGUMENT */
	struct position at;
	const char *name;
	const char *value;	 /* or NULL */
	const char *description; /* or NULL */
	bool is_inherited;	 /* "ARG x" whose value is the global one's */
	const char **uses;	 /* global ones: names in its default */
	size_t n_uses;
};

#define GLOBAL_ARGUMENT UINT32_MAX

/* A mount of a secret, or of an agent's socket. */
struct plan_secret {
	uint32_t stage;
	struct position at;
	const char *id;
	bool is_ssh, is_required;
};

/* Who needs whom: a stage its base and what it copies from; FROM uses global arguments. */
struct plan_use {
	uint32_t stage;
	bool is_base;
	uint32_t other;	  /* a stage */
	const char *name; /* of a global argument, or NULL */
};

struct plan_facts {
	struct arena arena;
	struct plan_fact *items;
	size_t len, size;
	bool is_cut;
	struct {
		struct plan_argument *items;
		size_t len, size;
	} arguments;
	struct {
		struct plan_secret *items;
		size_t len, size;
	} secrets;
	struct {
		struct plan_use *items;
		size_t len, size;
	} uses;
	uint32_t target;   /* the stage */
	size_t values_len; /* of all values of arguments */
	size_t n_looks;	   /* names compared so far to find a similar one */
};

#define PLAN_FACTS_INIT             \
	{                           \
		.arena = ARENA_INIT \
	}

void plan_facts_release(struct plan_facts *facts);
DEFINE_RELEASE(struct plan_facts, plan_facts_release);

/* "# NAME text" among the comment lines above an instruction: the text, or NULL. */
const char *plan_describe(const char *comment, const char *name, struct arena *arena);

/* Is there room for one more argument with this value (or NULL)? If so, it counts as taken. */
bool plan_facts_have_room(struct plan_facts *facts, const char *value);
/* May `n` names be compared to find a similar one? If so, they count. `facts` may be NULL. */
bool plan_facts_may_look(struct plan_facts *facts, size_t n);
/* Adds one; texts are copied. `facts` may be NULL. */
void plan_facts_add(struct plan_facts *facts, const struct plan_fact *fact);

#endif
