/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instruction while it is parsed, in two steps as in BuildKit: a splitter takes the logical
 * line apart, a production makes an instruction of the parts. ONBUILD has its trigger split, and
 * thereby its quotes and JSON checked, but not made: that waits until somebody builds on it.
 *
 * Both return -1 with an error that has no position; `culprit` says where it is, when that is
 * known.
 */
#ifndef CBUILD_PARSER_PARSE_H
#define CBUILD_PARSER_PARSE_H

#include "dockerfile.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>

struct parse;

typedef int parse_step(struct parse *parse, struct error *err);

struct instruction_rule {
	const char *name;
	parse_step *split;
	parse_step *make;
	bool takes_heredocs;
	const char *usage; /* for who got it wrong */
};

struct flag_word {
	const char *text;  /* unquoted, in the arena */
	const char *where; /* in `original` */
};

struct warning_vec {
	struct parser_warning *items;
	size_t len, size;
};

struct parse {
	struct arena *arena;
	char escape;
	struct warning_vec *warnings;

	/* by parse_split */
	const char *original;
	const char *name;		     /* as written */
	const struct instruction_rule *rule; /* NULL: unknown */
	struct flag_word *flags;
	size_t n_flags;
	const char *rest; /* the arguments as text, trimmed; the end of `original` */
	bool is_json;
	struct words args;
	struct key_values pairs; /* ENV, LABEL */

	struct heredocs heredocs;
	struct parse *trigger; /* ONBUILD's, split; NULL = there is none */
	const char *raw;       /* the logical line before it was trimmed */
	struct instruction *instruction;
	const char *culprit; /* in `original`, or NULL */
};

/* The rule of an instruction by its name in any case, or NULL. */
const struct instruction_rule *instruction_rule_find(const char *name);
enum instruction_kind instruction_rule_kind(const struct instruction_rule *rule);

/* Takes `line`, which is trimmed and stays, apart: name, flags, rest. */
void parse_take_apart(struct parse *parse, const char *line);
void parse_warn(struct parse *parse, const char *format, ...) printf_like(2, 3);

/*
 * An error is about this part of the arguments, the text of a word or value: it is the culprit,
 * where it is found as it stands.
 */
void parse_blame(struct parse *parse, const char *part);
/* Where a part stands in a text, as a word rather than within one; NULL = nowhere (culprit.c). */
const char *culprit_find(const char *text, const char *part);

/* Splitters (split.c). */
parse_step split_blanks, split_list, split_text, split_command, split_quoted, split_pairs,
	split_healthcheck, split_onbuild;

/* Productions. */
parse_step parse_add, parse_arg, parse_cmd, parse_copy, parse_entrypoint, parse_env, parse_expose,
	parse_from, parse_healthcheck, parse_label, parse_maintainer, parse_onbuild, parse_run,
	parse_shell, parse_stopsignal, parse_user, parse_volume, parse_workdir;

/* For CMD and its like: the split arguments as they are kept; warns of what is almost JSON. */
struct command_line parse_command_line(struct parse *parse);

/* Flags. */
enum flag_kind { FLAG_BOOL, FLAG_TEXT, FLAG_TEXTS };

struct flag_rule {
	const char *name;
	enum flag_kind kind;
};

struct flag_value {
	bool is_given;
	bool is_on;	    /* FLAG_BOOL */
	const char *text;   /* FLAG_TEXT; NULL = not given */
	struct words texts; /* FLAG_TEXTS */
};

/* Reads the flags that stand there by the rules into values[n_rules]. */
int flags_read(struct parse *parse, const struct flag_rule *rules, size_t n_rules,
	       struct flag_value *values, struct error *err) must_check;
/* Of an instruction that takes none. */
int flags_refuse(struct parse *parse, struct error *err) must_check;
/* An error is about the value of a flag, as flags_read gave it: that flag is the culprit. */
void flags_blame(struct parse *parse, const char *value);
/* Of one that BuildKit never asks: they have no effect, and a warning says so. */
void flags_drop(struct parse *parse);

#endif
