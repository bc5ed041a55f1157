/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "build/manage.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct inspect_values {
	struct common_values common;
	char *platform;
};

static const struct option rows[] = {
	OPTION_ANSWER("format", 'f', OPTION_TEXT, OPTION_LATER, "jq on the JSON"),
	OPTION_ANSWER("type", 0, OPTION_TEXT, OPTION_LINE, "there are only images here",
		      .line_for = "image", .otherwise = OPTION_REFUSED,
		      .otherwise_text = "there are only images here"),
	OPTION_ROW("platform", 0, OPTION_TEXT, offsetof(struct inspect_values, platform),
		   "OS/ARCH[/VARIANT]", "which image of an index; this machine's by default"),
	OPTION_ANSWER("size", 's', OPTION_BOOL, OPTION_LINE, "the size is always there"),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, &root_table, &help_table, NULL };

/* What is there is printed also when a name is not, as docker does. */
static int collect(const char *root, const struct strv *names, const struct platform *platform,
		   json_t *documents, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < names->len; i++) {
		cleanup(value_free) json_t *document = NULL;
		int found = manage_inspect(root, names->items[i], platform, &document, err);
		if (found > 0)
			json_array_append(documents, document);
		else if (found == 0)
			result = error_set(err, ERROR_NOT_FOUND, "there is no image '%s'",
					   names->items[i]);
		else
			return -1;
	}
	return result;
}

static int run_with(const struct inspect_values *values, const struct strv *names,
		    struct error *err)
{
	cleanup(value_free) json_t *documents = json_array();
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error printing = ERROR_INIT;
	autofree char *root = NULL;
	struct platform platform;

	if (command_root(&values->common, &root, err) < 0)
		return -1;
	if (values->platform && platform_parse(values->platform, &platform, err) < 0) {
		err->code = ERROR_USAGE;
		return error_wrap(err, "--platform '%s'", values->platform);
	}
	int result = collect(root, names, values->platform ? &platform : NULL, documents, err);
	value_write(documents, 4, &text);
	buf_add_char(&text, '\n');
	if (command_print(&text, &printing) < 0 && result == 0) {
		*err = printing;
		return -1;
	}
	return result;
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct inspect_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0)
		goes_on = run_with(&values, &result.operands, err);
	free(values.common.root);
	free(values.platform);
	return goes_on;
}

const struct command command_inspect = {
	.name = "inspect",
	.operands = "NAME...",
	.summary = "Print what is known of images, as JSON.",
	.tables = tables,
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.run = run,
};
