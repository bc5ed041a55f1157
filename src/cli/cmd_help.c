/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "docker_words.h"
#include "help.h"
#include "unknown_word.h"

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

static int refuse(const struct strv *words, struct error *err)
{
	const char *second = words->len > 1 ? words->items[1] : NULL;
	const char *meaning = second ? NULL : unknown_word_meaning(words->items[0]);

	return error_set(err, ERROR_USAGE, "'%s%s%s' is no command of cbuild%s%s%s",
			 words->items[0], second ? " " : "", second ? second : "",
			 meaning ? " (did you mean " : "", meaning ? meaning : "",
			 meaning ? "?)" : "");
}

/* What is asked about: a command, by one word or docker's two, or the first of such two. */
static int add_words(const struct strv *words, const struct command **ret_about, struct buf *text,
		     struct error *err)
{
	if (!words->len)
		return 0;
	*ret_about = words->len > 1 ? docker_find(words->items[0], words->items[1])
				    : command_find(words->items[0]);
	if (!*ret_about && words->len == 1 && docker_is_group(words->items[0]))
		docker_add_group(words->items[0], text);
	return *ret_about || text->len ? 0 : refuse(words, err);
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct help_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on <= 0)
		return goes_on;
	const struct command *about = NULL;
	if (add_words(&result.operands, &about, &text, err) < 0)
		return -1;
	if (text.len)
		return command_print(&text, err);
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
	.max_operands = 2,
	.reads_no_settings = true,
	.run = run,
};
