/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "help.h"
#include "log_text.h"
#include "settings.h"
#include "writer.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/vec.h"
#include "build/manage.h"

#include <string.h>
#include <unistd.h>

void command_say(const char *text)
{
	struct writer writer = WRITER_INIT(STDERR_FILENO);

	buf_add_text(&writer.out, "cbuild: ");
	log_text_add(&writer.out, text, strlen(text));
	buf_add_char(&writer.out, '\n');
	writer_flush(&writer);
	writer_release(&writer);
}

int command_print(const struct buf *text, struct error *err)
{
	if (fs_write_all(STDOUT_FILENO, text->data, text->len, err) < 0)
		return error_wrap(err, "stdout");
	return 0;
}

/* --- what was given -----------------------------------------------------------------------------
 */

static int read_file(const struct command *command, void *values, struct option_result *result,
		     struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	autofree char *host_path = NULL;
	VEC(const struct option_table *const *) all = VEC_INIT;

	int found = settings_read(&text, &host_path, err);
	if (found <= 0)
		return found;
	for (size_t i = 0; commands[i]; i++)
		vec_push(&all, commands[i]->tables);
	vec_push(&all, NULL);
	int read = options_read_file(command->tables, all.items, text.data, text.len, host_path,
				     values, result, err);
	vec_release(&all);
	return read;
}

static bool is_setting(const char *variable, size_t len)
{
	static const char *const others[] = { "CBUILD_CONFIG", "CBUILD_TRACE" };

	for (size_t i = 0; i < countof(others); i++)
		if (strncmp(others[i], variable, len) == 0 && !others[i][len])
			return true;
	for (size_t i = 0; commands[i]; i++) {
		for (const struct option_table *const *table = commands[i]->tables; *table;
		     table++) {
			for (size_t k = 0; k < (*table)->len; k++) {
				cleanup(buf_release) struct buf name = BUF_INIT;
				option_variable(&(*table)->rows[k], &name);
				if (name.len == len && memcmp(name.data, variable, len) == 0)
					return true;
			}
		}
	}
	return false;
}

/* A mistyped setting must not look as if it held. */
static void warn_of_variables(char *const *environment, struct strv *lines)
{
	for (; *environment; environment++) {
		size_t len = strcspn(*environment, "=");
		if (!text_has_prefix(*environment, "CBUILD_") || is_setting(*environment, len))
			continue;
		strv_printf(lines, "warning: the variable %.*s is no setting of cbuild", (int)len,
			    *environment);
	}
}

static int check_operands(const struct command *command, const struct strv *operands,
			  struct error *err)
{
	if (operands->len < command->min_operands)
		return error_set(err, ERROR_USAGE, "something is missing: cbuild %s %s",
				 command->name, command->operands);
	if (operands->len > command->max_operands)
		return error_set(err, ERROR_USAGE, "'%s' is too much: cbuild %s %s",
				 operands->items[command->max_operands], command->name,
				 command->operands);
	return 0;
}

int command_read(const struct command *command, char *const *args, void *values,
		 struct option_result *result, struct error *err)
{
	struct common_values *common = values;

	if (options_parse(command->tables, args, values, result, err) < 0)
		return -1;
	if (common->wants_help) {
		cleanup(buf_release) struct buf text = BUF_INIT;
		help_add_text(command, &text);
		return command_print(&text, err);
	}
	if (check_operands(command, &result->operands, err) < 0)
		return -1;
	if (command->reads_no_settings)
		return 1;
	if (options_read_environment(command->tables, environ, values, result, err) < 0 ||
	    read_file(command, values, result, err) < 0)
		return -1;
	warn_of_variables(environ, &result->lines);
	for (size_t i = 0; i < result->lines.len && !command->says_lines; i++)
		command_say(result->lines.items[i]);
	return 1;
}

int command_root(const struct common_values *common, char **ret_root, struct error *err)
{
	autofree char *note = NULL;

	if (common->root) {
		*ret_root = xstrdup(common->root);
		return 0;
	}
	if (manage_default_root(ret_root, &note, err) < 0)
		return -1;
	if (note)
		command_say(note);
	return 0;
}
