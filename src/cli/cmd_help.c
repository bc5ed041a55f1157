/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "help.h"

enum help_format { HELP_TEXT = 0, HELP_MARKDOWN, HELP_MAN };

struct help_values {
	struct common_values common;
	int format;
};

static const struct option_choice formats[] = {
	{ "text", HELP_TEXT },
	{ "markdown", HELP_MARKDOWN },
	{ "man", HELP_MAN },
	{ NULL, 0 },
};

static const struct option rows[] = {
	OPTION_ROW("format", 0, OPTION_CHOICE, offsetof(struct help_values, format),
		   "text|markdown|man",
		   "all commands and options as docs/options.md, or as the man page",
		   .choices = formats, .command_line_only = true),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, &help_table, NULL };

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct help_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on <= 0)
		return goes_on;
	const char *name = result.operands.len ? result.operands.items[0] : NULL;
	const struct command *about = name ? command_find(name) : NULL;
	if (name && !about)
		return error_set(err, ERROR_USAGE, "'%s' is no command of cbuild", name);
	if (values.format == HELP_MARKDOWN)
		help_add_markdown(&text);
	else if (values.format == HELP_MAN)
		help_add_man(&text);
	else if (about)
		help_add_text(about, &text);
	else
		help_add_overview(&text);
	return command_print(&text, err);
}

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "Say what there is, or what a command has.",
	.tables = tables,
	.max_operands = 1,
	.reads_no_settings = true,
	.run = run,
};
