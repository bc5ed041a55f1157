/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild doctor`: what this machine allows, and what is missing for the rest. */
#include "command.h"

#include "base/json.h"
#include "build/manage.h"

#include <stddef.h>

enum { STATUS_FOUND = 1 };

struct doctor_values {
	struct common_values common;
	bool is_json;
};

#define AT(field) offsetof(struct doctor_values, field)

static const struct option rows[] = {
	OPTION_ROW("json", 0, OPTION_BOOL, AT(is_json), NULL, "for machines"),
};
static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, &root_table, &help_table, NULL };

static void add_mode(struct buf *text, const struct doctor_mode *mode)
{
	buf_printf(text, "  %-10s %s", mode->name, mode->is_possible ? "yes" : "no");
	for (size_t i = 0; i < mode->missing.len; i++)
		buf_printf(text, "%s%s", i ? "\n                 " : "   ", mode->missing.items[i]);
	buf_add_char(text, '\n');
}

static void format_text(const struct doctor_report *report, struct buf *text)
{
	buf_printf(text, "A build here takes --isolation=%s.\n\nIsolation\n", report->chosen);
	for (size_t i = 0; i < report->n_modes; i++)
		add_mode(text, &report->modes[i]);
	buf_printf(text, "\nNetwork    %s (%s)\nKernel     %s\nLandlock   ",
		   report->network ? "private" : "the host's",
		   report->network ? report->network : report->no_network, report->kernel);
	if (report->landlock)
		buf_printf(text, "version %d\n", report->landlock);
	else
		buf_add_text(text, "no\n");
	buf_printf(text, "Store      %s\nSnapshots  %s", report->store,
		   report->snapshots ? report->snapshots : "unknown");
	if (report->no_snapshots)
		buf_printf(text, " (%s)", report->no_snapshots);
	buf_add_char(text, '\n');
	if (!report->can_run)
		buf_add_text(text, "\nNo RUN is possible here; COPY, ADD and all else are.\n");
}

static json_t *format_modes(const struct doctor_report *report)
{
	json_t *modes = json_array();

	for (size_t i = 0; i < report->n_modes; i++) {
		const struct doctor_mode *mode = &report->modes[i];
		json_t *object = json_object(), *missing = json_array();
		value_set_text(object, "name", mode->name);
		json_object_set_new(object, "possible", json_boolean(mode->is_possible));
		json_object_set_new(object, "missing", missing);
		for (size_t k = 0; k < mode->missing.len; k++)
			json_array_append_new(missing, json_string(mode->missing.items[k]));
		json_array_append_new(modes, object);
	}
	return modes;
}

static void format_json(const struct doctor_report *report, struct buf *text)
{
	cleanup(value_free) json_t *object = json_object();

	value_set_text(object, "isolation", report->chosen);
	json_object_set_new(object, "run", json_boolean(report->can_run));
	json_object_set_new(object, "modes", format_modes(report));
	value_set_text(object, "kernel", report->kernel);
	json_object_set_new(object, "private_network", json_boolean(report->network));
	value_set_text(object, "network", report->network ? report->network : report->no_network);
	json_object_set_new(object, "landlock", json_integer(report->landlock));
	value_set_text(object, "store", report->store);
	value_set_text(object, "snapshots", report->snapshots ? report->snapshots : "unknown");
	if (report->no_snapshots)
		value_set_text(object, "no_snapshots", report->no_snapshots);
	char *dump = json_dumps(object, JSON_INDENT(2));
	buf_printf(text, "%s\n", dump ? dump : "{}");
	free(dump);
}

static int examine(const struct doctor_values *values, struct error *err)
{
	cleanup(doctor_report_release) struct doctor_report report = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	autofree char *root = NULL;

	if (command_root(&values->common, &root, err) < 0 || manage_doctor(root, &report, err) < 0)
		return -1;
	if (values->is_json)
		format_json(&report, &text);
	else
		format_text(&report, &text);
	if (command_print(&text, err) < 0)
		return -1;
	return report.can_run ? 0 : STATUS_FOUND;
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	struct doctor_values values = { 0 };
	cleanup(option_result_release) struct option_result result = { 0 };

	int goes_on = command_read(command, args, &values, &result, err);
	if (goes_on > 0)
		goes_on = examine(&values, err);
	free(values.common.root);
	return goes_on;
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "say which isolation this machine allows, and what is missing for the others",
	.tables = tables,
	.run = run,
};
