/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild context ls`: what of the context a build would see, and why. */
#include "build_options.h"
#include "inspection.h"

#include "base/text.h"
#include "build/build.h"
#include "context/contents.h"

#include <inttypes.h>
#include <string.h>

struct context_values {
	struct build_values build;
	char *why;
	bool json;
};

#define AT(field) offsetof(struct context_values, field)
static const struct option rows[] = {
	OPTION_ROW("why", 0, OPTION_TEXT, AT(why), "PATH",
		   "say of this path alone whether it is ignored, and by which rule",
		   .command_line_only = true),
	OPTION_ROW("json", 0, OPTION_BOOL, AT(json), NULL, "as JSON", .command_line_only = true),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table,	  &build_input_table, &access_table,
						     &root_table, &help_table,	      NULL };

static const char *const type_names[] = {
	[FS_FILE] = "file",
	[FS_DIR] = "directory",
	[FS_SYMLINK] = "symlink",
	[FS_CHAR_DEVICE] = "character device",
	[FS_BLOCK_DEVICE] = "block device",
	[FS_FIFO] = "fifo",
	[FS_SOCKET] = "socket",
	[FS_HARDLINK] = "file",
	[FS_WHITEOUT] = "whiteout",
};

static void set_rule(json_t *object, const char *file, const struct ignore_reason *reason)
{
	if (!reason->line)
		return;
	json_t *rule = json_object();
	value_set_text(rule, "file", file);
	json_object_set_new(rule, "line", json_integer((json_int_t)reason->line));
	value_set_text(rule, "pattern", reason->pattern);
	json_object_set_new(object, "rule", rule);
}

static json_t *dump_item(const struct context_item *item, const char *file)
{
	json_t *object = json_object();

	value_set_text(object, "path", item->path);
	value_set_text(object, "type", type_names[item->type]);
	json_object_set_new(object, "mode", json_integer(item->mode));
	if (item->type == FS_FILE)
		json_object_set_new(object, "size", json_integer((json_int_t)item->size));
	set_rule(object, file, &item->reason);
	return object;
}

static json_t *dump_contents(const struct context_contents *contents, const char *file)
{
	json_t *object = json_object(), *entries = json_array();

	value_set_text(object, "ignore_file", file);
	json_object_set_new(object, "files", json_integer((json_int_t)contents->n_files));
	json_object_set_new(object, "size", json_integer((json_int_t)contents->size));
	for (size_t i = 0; i < contents->len; i++)
		json_array_append_new(entries, dump_item(&contents->items[i], file));
	json_object_set_new(object, "entries", entries);
	return object;
}

/* One path a line; what a directory is ends in a slash. */
static void add_contents(const struct context_contents *contents, struct buf *text)
{
	for (size_t i = 0; i < contents->len; i++) {
		const struct context_item *item = &contents->items[i];
		text_add_printable(text, item->path, strlen(item->path));
		buf_add_text(text, item->type == FS_DIR ? "/\n" : "\n");
	}
}

static void say_sum(const struct context_contents *contents, const char *file)
{
	cleanup(buf_release) struct buf line = BUF_INIT;

	buf_printf(&line, "%zu files, %" PRIu64 " bytes; %s%s", contents->n_files, contents->size,
		   file ? "rules of " : "no ignore file", file ? file : "");
	command_say(line.data);
}

static int list_all(const struct context *context, bool as_json, struct error *err)
{
	cleanup(context_contents_release) struct context_contents contents = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *file = context_ignore_name(context);

	if (context_contents_read(context, &contents, err) < 0)
		return -1;
	if (as_json) {
		cleanup(value_free) json_t *dump = dump_contents(&contents, file);
		return inspection_print(dump, err);
	}
	add_contents(&contents, &text);
	if (command_print(&text, err) < 0)
		return -1;
	say_sum(&contents, file);
	return 0;
}

static json_t *dump_reason(const char *path, const char *file, const struct ignore_reason *reason)
{
	json_t *object = json_object();

	value_set_text(object, "path", path);
	json_object_set_new(object, "ignored", json_boolean(reason->is_ignored));
	json_object_set_new(object, "there", json_boolean(reason->is_there));
	set_rule(object, file, reason);
	return object;
}

/* "src/a.o: ignored by .dockerignore:3: *.o" */
static void add_reason(const char *path, const char *file, const struct ignore_reason *reason,
		       struct buf *text)
{
	text_add_printable(text, path, strlen(path));
	buf_add_text(text, reason->is_ignored ? ": ignored" : ": in the context");
	if (reason->line) {
		buf_add_text(text, reason->is_ignored ? " by " : ", taken back by ");
		text_add_printable(text, file, strlen(file));
		buf_printf(text, ":%zu: ", reason->line);
		text_add_printable(text, reason->pattern, strlen(reason->pattern));
	} else {
		buf_add_text(text, file ? ", no rule applies" : ", there is no ignore file");
	}
	buf_add_text(text, reason->is_there ? "\n" : " (there is no such file)\n");
}

static int explain(const struct context *context, const char *path, bool as_json, struct error *err)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *file = context_ignore_name(context);
	struct ignore_reason reason = { 0 };

	if (context_explain(context, path, &arena, &reason, err) < 0)
		return -1;
	if (as_json) {
		cleanup(value_free) json_t *dump = dump_reason(path, file, &reason);
		return inspection_print(dump, err);
	}
	add_reason(path, file, &reason, &text);
	return command_print(&text, err);
}

static int look(void *arg, const struct context *context, struct error *err)
{
	const struct context_values *values = arg;

	if (context->fd < 0)
		return error_set(err, ERROR_USAGE, "there is no build context to list");
	return values->why ? explain(context, values->why, values->json, err)
			   : list_all(context, values->json, err);
}

/* The word "ls" in front; what is behind it is as for build. */
static int list(const struct command *command, char *const *args, struct context_values *values,
		struct inspection *inspection, struct error *err)
{
	int goes_on = inspection_begin(command, args, &values->build, inspection, err);

	if (goes_on <= 0)
		return goes_on;
	if (build_look_at_context(&inspection->request, &inspection->build, look, values, err) < 0)
		return inspection_fail(inspection, err);
	return 0;
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct context_values values = { 0 };
	cleanup(inspection_release) struct inspection inspection = { 0 };

	if (args[0] && strcmp(args[0], "ls") == 0)
		args++;
	else if (!args[0] || (strcmp(args[0], "--help") != 0 && strcmp(args[0], "-h") != 0))
		return error_set(err, ERROR_USAGE, "'cbuild context' is followed by 'ls'");
	int result = list(command, args, &values, &inspection, err);
	build_values_release(&values.build);
	free(values.why);
	return result;
}

const struct command command_context = {
	.name = "context",
	.operands = "ls [PATH | URL | -]",
	.summary = "List what of the build context the steps may see; --why tells the rule that "
		   "decided.",
	.tables = tables,
	.max_operands = 1,
	.says_lines = true,
	.run = run,
};
