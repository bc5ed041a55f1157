/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, a row each: the first argument picks one, `build` is meant where it is none. A
 * command's values stand in a struct of its own that begins with struct common_values.
 */
#ifndef CBUILD_CLI_COMMAND_H
#define CBUILD_CLI_COMMAND_H

#include "option.h"

struct common_values {
	bool wants_help;
	char *root;
};

struct command {
	const char *name;
	const char *operands; /* for the usage line: "NAME..." */
	const char *summary;
	const struct option_table *const *tables;
	size_t min_operands, max_operands;
	bool says_lines;	/* of option_result by itself */
	bool reads_no_settings; /* works with a broken configuration, too */
	/* The exit status, or -1. args: what stands behind the command word. */
	int (*run)(const struct command *command, char *const *args, struct error *err);
};

/* Ended by NULL. */
extern const struct command *const commands[];

/* Words of other builders' commands: "not supported yet", and the way out, or NULL. */
struct later_command {
	const char *name;
	const char *way_out;
};

/* Ended by a row without a name. */
extern const struct later_command later_commands[];

extern const struct option_table help_table; /* --help */
extern const struct option_table root_table; /* --root */

const struct command *command_find(const char *name);

/*
 * Command line, environment, configuration file; says the lines on stderr, unless the command
 * does. 1 = go on, 0 = help was asked for and is printed.
 */
int command_read(const struct command *command, char *const *args, void *values,
		 struct option_result *result, struct error *err) must_check;

/* Everything to stdout, or an error: a full disk must not look like success. */
int command_print(const struct buf *text, struct error *err) must_check;
/* "cbuild: text" on stderr, terminal-safe. */
void command_say(const char *text);
/* The store of --root, or the default one; says the note that comes with that. */
int command_root(const struct common_values *common, char **ret_root, struct error *err) must_check;

extern const struct command command_build, command_context, command_doctor, command_fsck,
	command_graph, command_help, command_images, command_inspect, command_lint, command_parse,
	command_plan, command_prune, command_push, command_reset, command_rmi, command_tag,
	command_version;

#endif
