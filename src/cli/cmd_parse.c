/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild parse` and `cbuild plan`: the two values before anything runs, as JSON. */
#include "build_options.h"
#include "inspection.h"

#include "build/build.h"

static int run_parse(const struct command *command, char *const *args, struct error *err)
{
	cleanup(build_values_release) struct build_values values = { 0 };
	cleanup(inspection_release) struct inspection inspection = { 0 };
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;

	int goes_on = inspection_begin(command, args, &values, &inspection, err);
	if (goes_on <= 0)
		return goes_on;
	if (build_parse(&inspection.request, &inspection.build, &dockerfile, err) < 0)
		return inspection_fail(&inspection, err);
	cleanup(value_free) json_t *value = dockerfile_dump(dockerfile);
	return inspection_print(value, err);
}

static int run_plan(const struct command *command, char *const *args, struct error *err)
{
	cleanup(build_values_release) struct build_values values = { 0 };
	cleanup(inspection_release) struct inspection inspection = { 0 };
	cleanup(value_free) json_t *dump = NULL;

	int goes_on = inspection_begin(command, args, &values, &inspection, err);
	if (goes_on <= 0)
		return goes_on;
	/* What is downloaded meanwhile is of interest to nobody but in an error. */
	if (build_plan(&inspection.request, NULL, &inspection.build, &dump, err) < 0)
		return inspection_fail(&inspection, err);
	return inspection_print(dump, err);
}

const struct command command_parse = {
	.name = "parse",
	.operands = "[PATH | URL | -]",
	.summary =
		"Read a Dockerfile and print what it says, as JSON. The options are those of build.",
	.tables = build_tables,
	.max_operands = 1,
	.says_lines = true,
	.run = run_parse,
};

const struct command command_plan = {
	.name = "plan",
	.operands = "[PATH | URL | -]",
	.summary =
		"Print the steps that a build would take, as JSON. The options are those of build.",
	.tables = build_tables,
	.max_operands = 1,
	.says_lines = true,
	.run = run_plan,
};
