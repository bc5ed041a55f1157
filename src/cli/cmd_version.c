/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

static const struct option_table *const tables[] = { &help_table, NULL };

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct common_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on <= 0)
		return goes_on;
	buf_add_text(&text, "cbuild " CBUILD_VERSION "\n");
	return command_print(&text, err);
}

const struct command command_version = {
	.name = "version",
	.operands = "",
	.summary = "Print the version.",
	.tables = tables,
	.reads_no_settings = true,
	.run = run,
};
