/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "template.h"

#include "build/manage.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct inspect_values {
	struct common_values common;
	char *platform, *format;
};

static const struct option rows[] = {
	OPTION_ROW("format", 'f', OPTION_TEXT, offsetof(struct inspect_values, format),
		   "json|TEMPLATE", "print this of each, as in '{{.Config.Env}}'",
		   .command_line_only = true),
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

/* What docker's documents always have, so that a template may ask for it. */
static void add_missing(json_t *document)
{
	static const char *const texts[] = { "Author", "Comment", "Created", "Variant" };
	static const char *const config_texts[] = { "User", "WorkingDir", "StopSignal" };
	static const char *const config_lists[] = { "Env", "Cmd", "Entrypoint", "OnBuild",
						    "Shell" };
	static const char *const config_maps[] = { "Labels", "Volumes", "ExposedPorts" };
	json_t *config = json_object_get(document, "Config");

	for (size_t i = 0; i < countof(texts); i++)
		if (!json_object_get(document, texts[i]))
			json_object_set_new(document, texts[i], json_string(""));
	if (!config) {
		config = json_object();
		json_object_set_new(document, "Config", config);
	}
	for (size_t i = 0; i < countof(config_texts); i++)
		if (!json_object_get(config, config_texts[i]))
			json_object_set_new(config, config_texts[i], json_string(""));
	for (size_t i = 0; i < countof(config_lists); i++)
		if (!json_object_get(config, config_lists[i]))
			json_object_set_new(config, config_lists[i], json_null());
	for (size_t i = 0; i < countof(config_maps); i++)
		if (!json_object_get(config, config_maps[i]))
			json_object_set_new(config, config_maps[i], json_object());
}

static int add_formatted(const char *format, const json_t *documents, struct buf *text,
			 struct error *err)
{
	bool is_json = strcmp(format, "json") == 0;

	for (size_t i = 0; i < json_array_size(documents); i++) {
		json_t *document = json_array_get(documents, i);
		if (is_json) {
			value_write(document, 0, text);
		} else {
			add_missing(document);
			if (template_render(format, document, text, err) < 0)
				return -1;
		}
		buf_add_char(text, '\n');
	}
	return 0;
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
	struct error *failed = result == 0 ? err : &printing;
	if (values->format) {
		if (add_formatted(values->format, documents, &text, failed) < 0)
			return -1;
	} else {
		value_write(documents, 4, &text);
		buf_add_char(&text, '\n');
	}
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
	free(values.format);
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
