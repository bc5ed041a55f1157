/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

static const struct option help_rows[] = {
	OPTION_ROW("help", 'h', OPTION_BOOL, offsetof(struct common_values, wants_help), NULL,
		   "print this", .command_line_only = true),
};
const struct option_table help_table = { NULL, help_rows, countof(help_rows) };

static const struct option root_rows[] = {
	OPTION_ROW("root", 0, OPTION_TEXT, offsetof(struct common_values, root), "DIR",
		   "the store; /var/lib/cbuild as root, else $XDG_DATA_HOME/cbuild"),
};
const struct option_table root_table = { NULL, root_rows, countof(root_rows) };
