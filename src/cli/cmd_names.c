/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild tag`, `cbuild rmi` and `cbuild push`: what is done with names. */
#include "access_options.h"
#include "command.h"
#include "progress.h"
#include "report.h"

#include "build/manage.h"

#include <stdint.h>

struct names_values {
	struct common_values common;
	struct access_values access;
	bool quiet, force;
};

static void names_values_release(struct names_values *values)
{
	free(values->common.root);
	access_values_release(&values->access);
}
DEFINE_RELEASE(struct names_values, names_values_release);

static const struct option_table *const tag_tables[] = { &root_table, &help_table, NULL };

static const struct option rmi_rows[] = {
	OPTION_ROW("force", 'f', OPTION_BOOL, offsetof(struct names_values, force), NULL,
		   "with an image id: all names of the image", .command_line_only = true),
	OPTION_ANSWER("no-prune", 0, OPTION_BOOL, OPTION_LINE, "there are no untagged parents"),
	OPTION_ANSWER("platform", 0, OPTION_TEXT, OPTION_LATER, NULL),
};
static const struct option_table rmi_table = { "Options", rmi_rows, countof(rmi_rows) };
static const struct option_table *const rmi_tables[] = { &rmi_table, &root_table, &help_table,
							 NULL };

static const struct option push_rows[] = {
	OPTION_ROW("quiet", 'q', OPTION_BOOL, offsetof(struct names_values, quiet), NULL,
		   "no log, only the lines with the digests"),
	OPTION_ANSWER("all-tags", 'a', OPTION_BOOL, OPTION_LATER, "name them"),
	OPTION_ANSWER("platform", 0, OPTION_TEXT, OPTION_LATER, NULL),
	OPTION_ANSWER("disable-content-trust", 0, OPTION_BOOL, OPTION_LINE,
		      "there is no content trust to disable"),
};
static const struct option_table push_table = { "Options", push_rows, countof(push_rows) };
static const struct option_table *const push_tables[] = { &push_table, &access_table, &root_table,
							  &help_table, NULL };

_Static_assert(offsetof(struct names_values, access) ==
		       offsetof(struct access_command_values, access),
	       "access_table");

/* --- what is done -------------------------------------------------------------------------------
 */

static int tag(const char *root, const struct names_values *values, const struct strv *operands,
	       struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;

	(void)values;
	for (size_t i = 1; i < operands->len; i++)
		strv_add(&names, operands->items[i]);
	return manage_tag(root, operands->items[0], &names, err);
}

static int rmi(const char *root, const struct names_values *values, const struct strv *operands,
	       struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error printing = ERROR_INIT;
	int result = 0;

	for (size_t i = 0; i < operands->len; i++) {
		cleanup(strv_release) struct strv names = STRV_INIT;
		int removed = manage_rmi(root, operands->items[i], values->force, &names, err);
		for (size_t k = 0; k < names.len; k++)
			buf_printf(&text, "Untagged: %s\n", names.items[k]);
		if (removed < 0) {
			result = -1;
			break;
		}
		if (!removed)
			result = error_set(err, ERROR_NOT_FOUND, "there is no image '%s'",
					   operands->items[i]);
	}
	/* what is gone is said, whatever came after it */
	return command_print(&text, result < 0 ? &printing : err) < 0 ? -1 : result;
}

static int push(const char *root, const struct names_values *values, const struct strv *operands,
		struct error *err)
{
	cleanup(progress_plain_free) struct progress_plain *drawer =
		progress_plain_new(STDERR_FILENO);
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;
	cleanup(strv_release) struct strv lines = STRV_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct event_sink sink = progress_plain_sink(drawer);

	if (access_settle(&values->access, &access, err) < 0 ||
	    manage_push(root, operands, &access, values->quiet ? NULL : &sink, &lines, err) < 0)
		return -1;
	for (size_t i = 0; i < lines.len; i++)
		buf_printf(&text, "%s\n", lines.items[i]);
	return command_print(&text, err);
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	cleanup(names_values_release) struct names_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };
	autofree char *root = NULL;

	access_values_init(&values.access);
	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0)
		goes_on = command_root(&values.common, &root, err) < 0 ? -1 : 1;
	if (goes_on <= 0)
		return goes_on;
	if (command == &command_tag)
		return tag(root, &values, &result.operands, err);
	if (command == &command_rmi)
		return rmi(root, &values, &result.operands, err);
	return push(root, &values, &result.operands, err);
}

const struct command command_tag = {
	.name = "tag",
	.operands = "SOURCE|ID NAME...",
	.summary = "Give an image further names.",
	.tables = tag_tables,
	.min_operands = 2,
	.max_operands = SIZE_MAX,
	.run = run,
};

const struct command command_rmi = {
	.name = "rmi",
	.operands = "NAME|ID...",
	.summary = "Remove names; what no name needs goes with the next prune.",
	.tables = rmi_tables,
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.run = run,
};

const struct command command_push = {
	.name = "push",
	.operands = "NAME...",
	.summary = "Push images to the registries that their names say.",
	.tables = push_tables,
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.run = run,
};
