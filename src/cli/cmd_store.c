/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild prune`, `cbuild reset` and `cbuild fsck`: the store as a whole. */
#include "command.h"

#include "base/text.h"
#include "build/manage.h"

#include <string.h>

enum { STATUS_FOUND = 1 };

struct store_values {
	struct common_values common;
	bool all, is_dry_run, force;
	struct strv filters;
};

#define AT(field) offsetof(struct store_values, field)

static const struct option prune_rows[] = {
	OPTION_ROW("all", 'a', OPTION_BOOL, AT(all), NULL,
		   "the cache too: everything that no name and no running build needs"),
	OPTION_ROW("filter", 0, OPTION_LIST, AT(filters), "until=DURATION",
		   "only what was not used for this time"),
	OPTION_ROW("dry-run", 0, OPTION_BOOL, AT(is_dry_run), NULL, "only say what would go"),
	OPTION_ANSWER("force", 'f', OPTION_BOOL, OPTION_LINE, "nothing is asked"),
	OPTION_ANSWER("volumes", 0, OPTION_BOOL, OPTION_LINE, "there are no volumes"),
	OPTION_ANSWER("external", 0, OPTION_BOOL, OPTION_LINE,
		      "there are no other builders' containers"),
	OPTION_ANSWER("builder", 0, OPTION_TEXT, OPTION_LINE, "there is one builder"),
	OPTION_ANSWER("timeout", 0, OPTION_TEXT, OPTION_LINE, "there is no daemon to wait for"),
	OPTION_ANSWER("verbose", 0, OPTION_BOOL, OPTION_LATER, NULL),
	OPTION_ANSWER("keep-storage", 0, OPTION_TEXT, OPTION_LATER, "--filter until=..."),
	OPTION_ANSWER("reserved-space", 0, OPTION_TEXT, OPTION_LATER, "--filter until=..."),
	OPTION_ANSWER("max-used-space", 0, OPTION_TEXT, OPTION_LATER, "--filter until=..."),
	OPTION_ANSWER("min-free-space", 0, OPTION_TEXT, OPTION_LATER, "--filter until=..."),
};
static const struct option_table prune_table = { "Options", prune_rows, countof(prune_rows) };
static const struct option_table *const prune_tables[] = { &prune_table, &root_table, &help_table,
							   NULL };

static const struct option reset_rows[] = {
	OPTION_ROW("force", 'f', OPTION_BOOL, AT(force), NULL, "yes, remove it",
		   .command_line_only = true),
};
static const struct option_table reset_table = { "Options", reset_rows, countof(reset_rows) };
static const struct option_table *const reset_tables[] = { &reset_table, &root_table, &help_table,
							   NULL };

static const struct option_table *const fsck_tables[] = { &root_table, &help_table, NULL };

/* --- prune --------------------------------------------------------------------------------------
 */

static int read_filters(const struct strv *filters, struct prune_options *options,
			struct error *err)
{
	for (size_t i = 0; i < filters->len; i++) {
		const char *filter = filters->items[i];
		int64_t age;
		if (!text_has_prefix(filter, "until="))
			return error_set(err, ERROR_USAGE,
					 "--filter '%s' is not supported yet (until=DURATION)",
					 filter);
		if (text_parse_duration(filter + strlen("until="), &age, err) < 0) {
			err->code = ERROR_USAGE;
			return error_wrap(err, "--filter '%s'", filter);
		}
		options->older_than = age / 1000000000;
	}
	return 0;
}

static int prune(const char *root, const struct store_values *values, struct error *err)
{
	struct prune_options options = { .all = values->all, .is_dry_run = values->is_dry_run };
	struct prune_result pruned = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (read_filters(&values->filters, &options, err) < 0 ||
	    manage_prune(root, &options, &pruned, err) < 0)
		return -1;
	buf_printf(&text, "%s: %llu records, %llu snapshots, %llu blobs\n",
		   values->is_dry_run ? "Would remove" : "Removed",
		   (unsigned long long)pruned.n_records, (unsigned long long)pruned.n_snapshots,
		   (unsigned long long)pruned.n_blobs);
	buf_add_text(&text, values->is_dry_run ? "Reclaimable space: " : "Total reclaimed space: ");
	text_add_size(&text, pruned.bytes);
	buf_add_char(&text, '\n');
	return command_print(&text, err);
}

/* --- reset, fsck --------------------------------------------------------------------------------
 */

static int reset(const char *root, const struct store_values *values, struct error *err)
{
	if (!values->force)
		return error_set(err, ERROR_USAGE,
				 "this removes every image and all of the cache in '%s'; "
				 "say --force to have it done",
				 root);
	return manage_reset(root, err);
}

static int fsck(const char *root, const struct store_values *values, struct error *err)
{
	cleanup(strv_release) struct strv findings = STRV_INIT, notes = STRV_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)values;
	if (manage_fsck(root, &findings, &notes, err) < 0)
		return -1;
	for (size_t i = 0; i < notes.len; i++)
		buf_printf(&text, "note: %s\n", notes.items[i]);
	for (size_t i = 0; i < findings.len; i++)
		buf_printf(&text, "%s\n", findings.items[i]);
	if (command_print(&text, err) < 0)
		return -1;
	return findings.len ? STATUS_FOUND : 0;
}

static int run_read(const struct command *command, const struct store_values *values,
		    struct error *err)
{
	autofree char *root = NULL;

	if (command_root(&values->common, &root, err) < 0)
		return -1;
	if (command == &command_prune)
		return prune(root, values, err);
	if (command == &command_reset)
		return reset(root, values, err);
	return fsck(root, values, err);
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct store_values values = { .filters = STRV_INIT };
	cleanup(option_result_release) struct option_result result = { 0 };

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0)
		goes_on = run_read(command, &values, err);
	free(values.common.root);
	strv_release(&values.filters);
	return goes_on;
}

const struct command command_prune = {
	.name = "prune",
	.operands = "",
	.summary = "Remove images without a name, and what no image needs, from the store.",
	.tables = prune_tables,
	.run = run,
};

const struct command command_reset = {
	.name = "reset",
	.operands = "",
	.summary = "Remove the whole store.",
	.tables = reset_tables,
	.run = run,
};

const struct command command_fsck = {
	.name = "fsck",
	.operands = "",
	.summary = "Check the store; 1 when something is wrong. Nothing is repaired.",
	.tables = fsck_tables,
	.run = run,
};
