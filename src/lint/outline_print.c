/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of outline.c as tables, with the columns that BuildKit gives them. */
#include "base/text.h"
#include "lint/outline.h"

#include <string.h>

enum { COLUMNS_MAX = 3, OUTLINE_GAP = 3, TARGETS_GAP = 1 };

/* A value may be anything: it must not draw on the terminal. */
static void add_cell(struct buf *buf, const char *text, size_t width)
{
	size_t start = buf->len;

	text_add_printable(buf, text, strlen(text));
	while (buf->len - start < width)
		buf_add_char(buf, ' ');
}

static size_t cell_width(const char *text)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;

	text_add_printable(&buf, text, strlen(text));
	return buf.len;
}

/* rows * n_columns texts, the first row being the heads; the last column has no width. */
static void print_table(const struct strv *cells, size_t n_columns, size_t gap, struct buf *buf)
{
	size_t widths[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < cells->len; i++) {
		size_t width = cell_width(cells->items[i]) + gap;
		if (width > widths[i % n_columns])
			widths[i % n_columns] = width;
	}
	for (size_t i = 0; i < cells->len; i++) {
		bool is_last = i % n_columns == n_columns - 1;
		add_cell(buf, cells->items[i], is_last ? 0 : widths[i % n_columns]);
		if (is_last)
			buf_add_char(buf, '\n');
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void print_arguments(const json_t *arguments, struct buf *buf)
{
	cleanup(strv_release) struct strv cells = STRV_INIT;
	size_t i;
	json_t *argument;

	if (!json_array_size(arguments))
		return;
	strv_add(&cells, "BUILD ARG");
	strv_add(&cells, "VALUE");
	strv_add(&cells, "DESCRIPTION");
	json_array_foreach(arguments, i, argument)
	{
		strv_add(&cells, text_of(argument, "name"));
		strv_add(&cells, text_of(argument, "value"));
		strv_add(&cells, text_of(argument, "description"));
	}
	print_table(&cells, 3, OUTLINE_GAP, buf);
	buf_add_char(buf, '\n');
}

static void print_secrets(const json_t *secrets, const char *head, struct buf *buf)
{
	cleanup(strv_release) struct strv cells = STRV_INIT;
	size_t i;
	json_t *secret;

	if (!json_array_size(secrets))
		return;
	strv_add(&cells, head);
	strv_add(&cells, "REQUIRED");
	json_array_foreach(secrets, i, secret)
	{
		strv_add(&cells, text_of(secret, "name"));
		strv_add(&cells, json_object_get(secret, "required") ? "true" : "");
	}
	print_table(&cells, 2, OUTLINE_GAP, buf);
	buf_add_char(buf, '\n');
}

void outline_print(const json_t *outline, struct buf *buf)
{
	const char *name = text_of(outline, "name"), *text = text_of(outline, "description");

	if (*name)
		buf_printf(buf, *text ? "TARGET:      %s\n" : "TARGET: %s\n", name);
	if (*text) {
		buf_add_text(buf, "DESCRIPTION: ");
		add_cell(buf, text, 0);
		buf_add_char(buf, '\n');
	}
	if (*name || *text)
		buf_add_char(buf, '\n');
	print_arguments(json_object_get(outline, "args"), buf);
	print_secrets(json_object_get(outline, "secrets"), "SECRET", buf);
	print_secrets(json_object_get(outline, "ssh"), "SSH", buf);
}

void targets_print(const json_t *targets, struct buf *buf)
{
	cleanup(strv_release) struct strv cells = STRV_INIT;
	size_t i;
	json_t *target;

	strv_add(&cells, "TARGET");
	strv_add(&cells, "DESCRIPTION");
	json_array_foreach(json_object_get(targets, "targets"), i, target)
	{
		const char *name = text_of(target, "name");
		bool is_default = json_object_get(target, "default") != NULL;
		strv_printf(&cells, "%s%s%s", name, *name && is_default ? " " : "",
			    is_default ? "(default)" : "");
		strv_add(&cells, text_of(target, "description"));
	}
	print_table(&cells, 2, TARGETS_GAP, buf);
}

static const struct {
	const char *name, *description;
} METHODS[] = {
	{ "outline", "List all parameters current build target supports" },
	{ "targets", "List all targets current build supports" },
	{ "subrequests.describe", "List available subrequest types" },
};

json_t *methods_dump(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < countof(METHODS); i++) {
		cleanup(buf_release) struct buf name = BUF_INIT;
		buf_printf(&name, "frontend.%s", METHODS[i].name);
		json_t *object = json_object();
		value_set_text(object, "name", name.data);
		value_set_text(object, "version", "1.0.0");
		value_set_text(object, "type", "rpc");
		value_set_text(object, "description", METHODS[i].description);
		json_array_append_new(list, object);
	}
	return list;
}

void methods_print(struct buf *buf)
{
	cleanup(strv_release) struct strv cells = STRV_INIT;

	strv_add(&cells, "NAME");
	strv_add(&cells, "VERSION");
	strv_add(&cells, "DESCRIPTION");
	for (size_t i = 0; i < countof(METHODS); i++) {
		strv_add(&cells, METHODS[i].name);
		strv_add(&cells, "1.0.0");
		strv_add(&cells, METHODS[i].description);
	}
	print_table(&cells, 3, TARGETS_GAP, buf);
}
