/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "image_filter.h"
#include "template.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/manage.h"

#include <string.h>
#include <time.h>

enum { SHORT_ID = 12 };

struct images_values {
	struct common_values common;
	bool quiet, digests, no_trunc, all;
	char *format;
	struct strv filters;
};

#define AT(field) offsetof(struct images_values, field)

static const struct option rows[] = {
	OPTION_ROW("quiet", 'q', OPTION_BOOL, AT(quiet), NULL, "only image ids",
		   .command_line_only = true),
	OPTION_ROW("digests", 0, OPTION_BOOL, AT(digests), NULL, "manifest digests too"),
	OPTION_ROW("no-trunc", 0, OPTION_BOOL, AT(no_trunc), NULL, "whole ids"),
	OPTION_ANSWER("all", 'a', OPTION_BOOL, OPTION_LINE, "there are no intermediate images"),
	OPTION_ROW("filter", 'f', OPTION_LIST, AT(filters), "KEY=VALUE",
		   "reference=PATTERN, label=KEY[=VALUE], before=NAME, since=NAME, until=TIME, "
		   "dangling=true|false",
		   .command_line_only = true),
	OPTION_ROW("format", 0, OPTION_TEXT, AT(format), "json|table|[table ]TEMPLATE",
		   "template with .ID .Repository .Tag .Digest .Size .CreatedAt .CreatedSince "
		   ".Platform",
		   .command_line_only = true),
	OPTION_ANSWER("tree", 0, OPTION_BOOL, OPTION_LATER, NULL),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, &root_table, &help_table, NULL };

/* "2 hours", as docker counts. */
static void add_age(const char *created, struct buf *buf)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {
		{ 365 * 86400, "year" }, { 30 * 86400, "month" }, { 7 * 86400, "week" },
		{ 86400, "day" },	 { 3600, "hour" },	  { 60, "minute" },
		{ 1, "second" },
	};
	struct error err = ERROR_INIT;
	int64_t then;
	uint32_t nanoseconds;

	if (text_parse_time(created, &then, &nanoseconds, &err) < 0) {
		buf_add_text(buf, "N/A");
		return;
	}
	int64_t age = (int64_t)time(NULL) - then;
	for (size_t i = 0; i < countof(units); i++) {
		int64_t n = age / units[i].seconds;
		if (n < 1)
			continue;
		buf_printf(buf, "%lld %s%s ago", (long long)n, units[i].unit, n == 1 ? "" : "s");
		return;
	}
	buf_add_text(buf, "now");
}

static void add_id(const struct digest *digest, bool is_whole, struct buf *buf)
{
	if (is_whole)
		buf_add_text(buf, digest_format(digest).text);
	else
		buf_printf(buf, "%.*s", SHORT_ID, digest_hex(digest).text);
}

enum { COLUMNS = 6 };

static void add_cells(const struct image_summary *image, const struct images_values *values,
		      struct buf cells[COLUMNS])
{
	image_name_split(image->name, &cells[0], &cells[1]);
	if (values->digests)
		buf_add_text(&cells[2], digest_format(&image->manifest_digest).text);
	add_id(&image->config_digest, values->no_trunc, &cells[3]);
	add_age(image->created, &cells[4]);
	text_add_size(&cells[5], image->size);
}

/* Every column as wide as its widest cell; three blanks between, as docker's tabwriter has it. */
static void add_table(struct buf (*cells)[COLUMNS], size_t n_rows, bool has_digests,
		      struct buf *buf)
{
	size_t widths[COLUMNS] = { 0 };

	for (size_t row = 0; row < n_rows; row++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (cells[row][i].len > widths[i])
				widths[i] = cells[row][i].len;
	for (size_t row = 0; row < n_rows; row++) {
		for (size_t i = 0; i < COLUMNS; i++) {
			if (i == 2 && !has_digests)
				continue;
			int width = i + 1 < COLUMNS ? (int)widths[i] + 3 : 0;
			buf_printf(buf, "%-*s", width, cells[row][i].data);
		}
		buf_add_char(buf, '\n');
	}
}

static void add_images(const struct image_summaries *images, const struct images_values *values,
		       struct buf *buf)
{
	static const char *const titles[COLUMNS] = { "REPOSITORY", "TAG",     "DIGEST",
						     "IMAGE ID",   "CREATED", "SIZE" };
	struct buf(*cells)[COLUMNS] = xcalloc(images->len + 1, sizeof(*cells));

	for (size_t row = 0; row <= images->len; row++)
		for (size_t i = 0; i < COLUMNS; i++)
			cells[row][i] = (struct buf)BUF_INIT;
	for (size_t i = 0; i < COLUMNS; i++)
		buf_add_text(&cells[0][i], titles[i]);
	for (size_t i = 0; i < images->len; i++)
		add_cells(&images->items[i], values, cells[i + 1]);
	add_table(cells, images->len + 1, values->digests, buf);
	for (size_t row = 0; row <= images->len; row++)
		for (size_t i = 0; i < COLUMNS; i++)
			buf_release(&cells[row][i]);
	free(cells);
}

/* --- as a template ------------------------------------------------------------------------------
 */

/* "2026-01-31 12:00:00 +0000 UTC" */
static void add_time(const char *created, struct buf *buf)
{
	struct error ignored = ERROR_INIT;
	uint32_t nanoseconds;
	int64_t seconds;
	struct tm parts;

	if (text_parse_time(created, &seconds, &nanoseconds, &ignored) < 0 ||
	    !gmtime_r(&(time_t){ seconds }, &parts)) {
		buf_add_text(buf, "N/A");
		return;
	}
	buf_printf(buf, "%04d-%02d-%02d %02d:%02d:%02d +0000 UTC", parts.tm_year + 1900,
		   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void give_text(json_t *object, const char *key, struct buf *text)
{
	json_object_set_new(object, key, json_string(text->data ? text->data : ""));
	buf_clear(text);
}

static json_t *describe(const struct image_summary *image, const struct images_values *values)
{
	cleanup(buf_release) struct buf text = BUF_INIT, tag = BUF_INIT;
	json_t *object = json_object();

	image_name_split(image->name, &text, &tag);
	give_text(object, "Repository", &text);
	give_text(object, "Tag", &tag);
	add_id(&image->config_digest, values->no_trunc, &text);
	give_text(object, "ID", &text);
	value_set_text(object, "Digest", digest_format(&image->manifest_digest).text);
	add_time(image->created, &text);
	give_text(object, "CreatedAt", &text);
	add_age(image->created, &text);
	give_text(object, "CreatedSince", &text);
	text_add_size(&text, image->size);
	give_text(object, "Size", &text);
	value_set_text(object, "Platform", image->platform);
	return object;
}

/* What stands above the columns. */
static json_t *describe_titles(void)
{
	static const char *const titles[][2] = {
		{ "Repository", "REPOSITORY" },
		{ "Tag", "TAG" },
		{ "ID", "IMAGE ID" },
		{ "Digest", "DIGEST" },
		{ "CreatedAt", "CREATED AT" },
		{ "CreatedSince", "CREATED" },
		{ "Size", "SIZE" },
		{ "Platform", "PLATFORM" },
	};
	json_t *object = json_object();

	for (size_t i = 0; i < countof(titles); i++)
		value_set_text(object, titles[i][0], titles[i][1]);
	return object;
}

/* Docker takes \t and \n in these templates for what they mean. The caller's. */
static char *unescape(const char *format)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (const char *c = format; *c; c++) {
		bool is_escape = c[0] == '\\' && (c[1] == 't' || c[1] == 'n');
		if (is_escape)
			c++;
		buf_add_char(&text, !is_escape ? *c : *c == 't' ? '\t' : '\n');
	}
	return buf_take(&text);
}

/* Columns between tabs, each as wide as its widest cell and three blanks, but ten at least. */
static void align(const struct buf *lines, struct buf *out)
{
	enum { CELLS_MAX = 32, WIDTH_MIN = 7 };
	size_t widths[CELLS_MAX] = { 0 }, cell = 0, start = 0;

	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] != '\t' && lines->data[i] != '\n')
			continue;
		if (cell < CELLS_MAX && lines->data[i] == '\t' && i - start > widths[cell])
			widths[cell] = i - start;
		cell = lines->data[i] == '\t' ? cell + 1 : 0;
		start = i + 1;
	}
	start = cell = 0;
	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] != '\t') {
			buf_add_char(out, lines->data[i]);
			start = lines->data[i] == '\n' ? i + 1 : start;
			cell = lines->data[i] == '\n' ? 0 : cell;
			continue;
		}
		size_t width = cell < CELLS_MAX ? widths[cell] : 0;
		width = width < WIDTH_MIN ? WIDTH_MIN : width;
		size_t blanks = width + 3 > i - start ? width + 3 - (i - start) : 1;
		buf_printf(out, "%*s", (int)blanks, "");
		start = i + 1;
		cell++;
	}
}

static int add_formatted(const struct image_summaries *images, const struct images_values *values,
			 struct buf *out, struct error *err)
{
	static const char table_word[] = "table ";
	cleanup(buf_release) struct buf lines = BUF_INIT;
	bool is_table = text_has_prefix(values->format, table_word);
	bool is_json = strcmp(values->format, "json") == 0;
	autofree char *format = unescape(values->format + (is_table ? strlen(table_word) : 0));

	if (is_table) {
		cleanup(value_free) json_t *titles = describe_titles();
		if (template_render(format, titles, &lines, err) < 0)
			return -1;
		buf_add_char(&lines, '\n');
	}
	for (size_t i = 0; i < images->len; i++) {
		cleanup(value_free) json_t *object = describe(&images->items[i], values);
		if (template_render(is_json ? "{{json .}}" : format, object, &lines, err) < 0)
			return -1;
		buf_add_char(&lines, '\n');
	}
	if (is_table)
		align(&lines, out);
	else
		buf_add(out, lines.data, lines.len);
	return 0;
}

/* --- the command --------------------------------------------------------------------------------
 */

static int list(const char *root, const struct images_values *values, const char *pattern,
		struct error *err)
{
	cleanup(image_summaries_release) struct image_summaries images = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (manage_images(root, &images, err) < 0 ||
	    image_filter_apply(root, &values->filters, pattern, &images, err) < 0)
		return -1;
	for (size_t i = 0; values->quiet && i < images.len; i++) {
		add_id(&images.items[i].config_digest, values->no_trunc, &text);
		buf_add_char(&text, '\n');
	}
	bool is_plain = !values->format || strcmp(values->format, "table") == 0;
	if (!values->quiet && is_plain)
		add_images(&images, values, &text);
	else if (!values->quiet && add_formatted(&images, values, &text, err) < 0)
		return -1;
	return command_print(&text, err);
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct images_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	autofree char *root = NULL;

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0)
		goes_on = command_root(&values.common, &root, err) < 0 ? -1 : 1;
	if (goes_on > 0)
		goes_on = list(root, &values, result.operands.len ? result.operands.items[0] : NULL,
			       err);
	free(values.common.root);
	free(values.format);
	strv_release(&values.filters);
	return goes_on;
}

const struct command command_images = {
	.name = "images",
	.operands = "[REPOSITORY[:TAG]]",
	.summary = "List the images of the store.",
	.tables = tables,
	.max_operands = 1,
	.run = run,
};
