/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/manage.h"
#include "oci/reference.h"

#include <string.h>
#include <time.h>

enum { SHORT_ID = 12 };

struct images_values {
	struct common_values common;
	bool quiet, digests, no_trunc, all;
};

#define AT(field) offsetof(struct images_values, field)

static const struct option rows[] = {
	OPTION_ROW("quiet", 'q', OPTION_BOOL, AT(quiet), NULL, "only image ids",
		   .command_line_only = true),
	OPTION_ROW("digests", 0, OPTION_BOOL, AT(digests), NULL, "manifest digests too"),
	OPTION_ROW("no-trunc", 0, OPTION_BOOL, AT(no_trunc), NULL, "whole ids"),
	OPTION_ANSWER("all", 'a', OPTION_BOOL, OPTION_LINE, "there are no intermediate images"),
	OPTION_ANSWER("filter", 'f', OPTION_TEXT, OPTION_LATER, "grep"),
	OPTION_ANSWER("format", 0, OPTION_TEXT, OPTION_LATER, "'cbuild inspect' gives JSON"),
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

/* "app" and "v1" of docker.io/library/app:v1. */
static void split_name(const char *name, struct buf *repository, struct buf *tag)
{
	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	struct error err = ERROR_INIT;

	if (!name || reference_parse(name, &reference, &err) < 0) {
		buf_add_text(repository, name ? name : "<none>");
		buf_add_text(tag, "<none>");
		return;
	}
	buf_add_text(tag, reference.tag ? reference.tag : "<none>");
	reference_format_familiar(&reference, false, repository);
	const char *colon = strrchr(repository->data, ':');
	if (reference.tag && colon)
		buf_truncate(repository, (size_t)(colon - repository->data));
}

enum { COLUMNS = 6 };

static void add_cells(const struct image_summary *image, const struct images_values *values,
		      struct buf cells[COLUMNS])
{
	split_name(image->name, &cells[0], &cells[1]);
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

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct images_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	cleanup(image_summaries_release) struct image_summaries images = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	autofree char *root = NULL;

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0 &&
	    (command_root(&values.common, &root, err) < 0 || manage_images(root, &images, err) < 0))
		goes_on = -1;
	free(values.common.root);
	if (goes_on <= 0)
		return goes_on;
	for (size_t i = 0; values.quiet && i < images.len; i++) {
		add_id(&images.items[i].config_digest, values.no_trunc, &text);
		buf_add_char(&text, '\n');
	}
	if (!values.quiet)
		add_images(&images, &values, &text);
	return command_print(&text, err);
}

const struct command command_images = {
	.name = "images",
	.operands = "",
	.summary = "List the images of the store.",
	.tables = tables,
	.run = run,
};
