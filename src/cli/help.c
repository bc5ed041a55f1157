/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <string.h>

enum { HELP_COLUMN = 30, HELP_WIDTH = 100 };

static const char description[] =
	"cbuild builds images from Dockerfiles without a daemon. A first argument that is none of "
	"the commands is the context of a build: 'cbuild -t app .' is 'cbuild build -t app .'.";
static const char settings_text[] =
	"Every long option can be set in the environment (--stop-grace is CBUILD_STOP_GRACE; a list "
	"has one item a line) and in one configuration file, in lines 'option = value': "
	"$CBUILD_CONFIG, else $XDG_CONFIG_HOME/cbuild/config, else /etc/cbuild/config. The command "
	"line goes before the environment, and that before the file.";
static const char status_text[] =
	"0 done; the status of a RUN that failed (126 not executable, 127 not found, 128+n killed by "
	"signal n); 1 fsck found something; 2 wrong usage; 124 --timeout was reached; 125 everything "
	"else that fails; 130 after INT, 143 after TERM. A hang-up (HUP) ends a build as TERM does, "
	"with 143, unless it was ignored from the start (nohup); the commands that build nothing "
	"die of it, which a shell shows as 129.";

/* --- one row ------------------------------------------------------------------------------------
 */

static void add_option_name(const struct option *option, struct buf *buf)
{
	if (option->letter)
		buf_printf(buf, "-%c, ", option->letter);
	buf_printf(buf, "--%s", option->name);
	if (option->metavar && option->kind == OPTION_MAYBE)
		buf_printf(buf, "[=%s]", option->metavar);
	else if (option->metavar)
		buf_printf(buf, " %s", option->metavar);
}

static void add_refusal(enum option_status status, const char *text, struct buf *buf)
{
	if (status == OPTION_LATER && text)
		buf_printf(buf, "not supported yet (%s)", text);
	else if (status == OPTION_LATER)
		buf_add_text(buf, "not supported yet");
	else
		buf_printf(buf, "refused: %s", text);
}

static void add_meaning(const struct option *option, struct buf *buf)
{
	if (option->status == OPTION_WORKS) {
		buf_add_text(buf, option->text);
	} else if (option->status != OPTION_LINE) {
		add_refusal(option->status, option->text, buf);
	} else if (!option->line_for) {
		buf_printf(buf, "accepted: %s", option->text);
	} else {
		buf_printf(buf, "%.*s: accepted: %s; else ", (int)strcspn(option->line_for, " "),
			   option->line_for, option->text);
		add_refusal(option->otherwise, option->otherwise_text, buf);
	}
	if (option->peer_variable)
		buf_printf(buf, "; else $%s", option->peer_variable);
}

/* --- text ---------------------------------------------------------------------------------------
 */

static void add_wrapped(const char *text, size_t column, size_t at, struct buf *buf)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		if (at > column && at + 1 + len > HELP_WIDTH) {
			buf_printf(buf, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			buf_add_char(buf, ' ');
			at++;
		}
		buf_add(buf, text, len);
		at += len;
		text += len;
		text += *text == ' ';
	}
	buf_add_char(buf, '\n');
}

static void add_text_row(const char *name, bool is_indented, const char *meaning, struct buf *buf)
{
	size_t len = strlen(name) + (is_indented ? 6 : 2);

	buf_printf(buf, "%s%s", is_indented ? "      " : "  ", name);
	if (len >= HELP_COLUMN)
		buf_printf(buf, "\n%*s", HELP_COLUMN, "");
	else
		buf_printf(buf, "%*s", (int)(HELP_COLUMN - len), "");
	add_wrapped(meaning, HELP_COLUMN, HELP_COLUMN, buf);
}

void help_add_text(const struct command *command, struct buf *buf)
{
	buf_printf(buf, "Usage: cbuild %s [OPTIONS] %s\n\n", command->name, command->operands);
	add_wrapped(command->summary, 0, 0, buf);
	for (const struct option_table *const *table = command->tables; *table; table++) {
		buf_printf(buf, "%s%s%s", (*table)->title || table == command->tables ? "\n" : "",
			   (*table)->title ? (*table)->title : "", (*table)->title ? ":\n" : "");
		for (size_t i = 0; i < (*table)->len; i++) {
			const struct option *option = &(*table)->rows[i];
			cleanup(buf_release) struct buf name = BUF_INIT;
			cleanup(buf_release) struct buf meaning = BUF_INIT;
			add_option_name(option, &name);
			add_meaning(option, &meaning);
			add_text_row(name.data, !option->letter, meaning.data, buf);
		}
	}
}

void help_add_overview(struct buf *buf)
{
	buf_add_text(buf, "Usage: cbuild [COMMAND] [OPTIONS] ...\n\n");
	add_wrapped(description, 0, 0, buf);
	buf_add_text(buf, "\nCommands:\n");
	for (size_t i = 0; commands[i]; i++)
		add_text_row(commands[i]->name, false, commands[i]->summary, buf);
	buf_add_text(buf, "\n'cbuild COMMAND --help' has the options of one.\n\n");
	add_wrapped(settings_text, 0, 0, buf);
	buf_add_text(buf, "\nExit status:");
	add_wrapped(status_text, 0, strlen("Exit status:"), buf);
}

/* `parse` and `plan` have the options of build, which are not said three times. */
static bool has_own_options(const struct command *command)
{
	return command == &command_build || command->tables != command_build.tables;
}

/* --- markdown -----------------------------------------------------------------------------------
 */

static void add_markdown_text(const char *text, struct buf *buf)
{
	for (; *text; text++) {
		if (strchr("|<>*_[]", *text))
			buf_add_char(buf, '\\');
		buf_add_char(buf, *text);
	}
}

static void add_markdown_row(const struct option *option, struct buf *buf)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	cleanup(buf_release) struct buf meaning = BUF_INIT;

	add_option_name(option, &name);
	add_meaning(option, &meaning);
	buf_add_text(buf, "| `");
	for (const char *c = name.data; *c; c++)
		buf_printf(buf, "%s%c", *c == '|' ? "\\" : "", *c);
	buf_add_text(buf, "` | ");
	add_markdown_text(meaning.data, buf);
	buf_add_text(buf, " |\n");
}

void help_add_markdown(struct buf *buf)
{
	buf_add_text(buf, "# Commands and options\n\n"
			  "Made by `cbuild help --format=markdown`.\n\n");
	add_markdown_text(description, buf);
	buf_add_text(buf, "\n\n");
	add_markdown_text(settings_text, buf);
	buf_add_text(buf, "\n\nExit status: ");
	add_markdown_text(status_text, buf);
	buf_add_char(buf, '\n');
	for (size_t i = 0; commands[i]; i++) {
		buf_printf(buf, "\n## cbuild %s\n\n`cbuild %s [OPTIONS] %s`\n\n", commands[i]->name,
			   commands[i]->name, commands[i]->operands);
		add_markdown_text(commands[i]->summary, buf);
		buf_add_char(buf, '\n');
		if (!has_own_options(commands[i]))
			continue;
		buf_add_text(buf, "\n| option | meaning |\n|---|---|\n");
		for (const struct option_table *const *table = commands[i]->tables; *table; table++)
			for (size_t k = 0; k < (*table)->len; k++)
				add_markdown_row(&(*table)->rows[k], buf);
	}
}

/* --- man ----------------------------------------------------------------------------------------
 */

/* man 7 groff_man: a dash that is to be copied is "\-"; a line must not begin with a dot or quote.
 */
static void add_man_text(const char *text, struct buf *buf)
{
	for (const char *c = text; *c; c++) {
		if (c == text && (*c == '.' || *c == '\''))
			buf_add_text(buf, "\\&");
		if (*c == '-')
			buf_add_text(buf, "\\-");
		else if (*c == '\\')
			buf_add_text(buf, "\\e");
		else
			buf_add_char(buf, *c);
	}
}

static void add_man_row(const struct option *option, struct buf *buf)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	cleanup(buf_release) struct buf meaning = BUF_INIT;

	add_option_name(option, &name);
	add_meaning(option, &meaning);
	buf_add_text(buf, ".TP\n\\fB");
	add_man_text(name.data, buf);
	buf_add_text(buf, "\\fR\n");
	add_man_text(meaning.data, buf);
	buf_add_char(buf, '\n');
}

static void add_man_section(const char *title, const char *text, struct buf *buf)
{
	buf_printf(buf, ".SH %s\n", title);
	add_man_text(text, buf);
	buf_add_char(buf, '\n');
}

static void add_man_command(const struct command *command, struct buf *buf)
{
	buf_printf(buf, ".SS cbuild %s\n.B cbuild %s\n[OPTIONS] ", command->name, command->name);
	add_man_text(command->operands, buf);
	buf_add_text(buf, "\n.PP\n");
	add_man_text(command->summary, buf);
	buf_add_char(buf, '\n');
	if (!has_own_options(command))
		return;
	for (const struct option_table *const *table = command->tables; *table; table++)
		for (size_t i = 0; i < (*table)->len; i++)
			add_man_row(&(*table)->rows[i], buf);
}

void help_add_man(struct buf *buf)
{
	buf_add_text(buf, ".\\\" made by: cbuild help --format=man\n"
			  ".TH CBUILD 1 \"\" \"cbuild " CBUILD_VERSION "\"\n"
			  ".SH NAME\ncbuild \\- build images from Dockerfiles\n"
			  ".SH SYNOPSIS\n.B cbuild\n[COMMAND] [OPTIONS] ...\n");
	add_man_section("DESCRIPTION", description, buf);
	buf_add_text(buf, ".SH COMMANDS\n");
	for (size_t i = 0; commands[i]; i++)
		add_man_command(commands[i], buf);
	add_man_section("SETTINGS", settings_text, buf);
	add_man_section("EXIT STATUS", status_text, buf);
}
