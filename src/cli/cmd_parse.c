/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild parse` and `cbuild plan`: the two values before anything runs, as JSON. */
#include "build_options.h"
#include "report.h"
#include "writer.h"

#include "build/build.h"

struct inspection {
	struct build_values values;
	struct option_result result;
	struct build_request request;
	struct build_result build;
};

static void inspection_release(struct inspection *inspection)
{
	build_values_release(&inspection->values);
	option_result_release(&inspection->result);
	build_request_release(&inspection->request);
	build_result_release(&inspection->build);
}
DEFINE_RELEASE(struct inspection, inspection_release);

static int begin(const struct command *command, char *const *args, struct inspection *inspection,
		 struct error *err)
{
	struct strv *lines = &inspection->result.lines;

	*inspection = (struct inspection){ .build = BUILD_RESULT_INIT, .request.signal_fd = -1 };
	build_values_init(&inspection->values);
	int goes_on = command_read(command, args, &inspection->values, &inspection->result, err);
	if (goes_on <= 0)
		return goes_on;
	if (!inspection->result.operands.len)
		strv_add(&inspection->result.operands, ".");
	if (build_settle(&inspection->values, &inspection->result.operands, lines,
			 &inspection->request, err) < 0)
		return -1;
	for (size_t i = 0; i < lines->len; i++)
		command_say(lines->items[i]);
	return 1;
}

static int print_json(json_t *value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(value, 2, &text);
	buf_add_char(&text, '\n');
	return command_print(&text, err);
}

/* With the lines of the Dockerfile that the error is about. */
static int report_failure(const struct inspection *inspection, const struct error *err)
{
	struct writer writer = WRITER_INIT(STDERR_FILENO);
	struct report_file file = { inspection->build.dockerfile_name,
				    inspection->build.dockerfile.data,
				    inspection->build.dockerfile.len, &inspection->build.errors };
	cleanup(report_free) struct report *report = report_new(NULL);

	report_add(report, &file, err, &writer.out);
	writer_flush(&writer);
	writer_release(&writer);
	return report_status(err);
}

static int run_parse(const struct command *command, char *const *args, struct error *err)
{
	cleanup(inspection_release) struct inspection inspection;
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;

	int goes_on = begin(command, args, &inspection, err);
	if (goes_on <= 0)
		return goes_on;
	if (build_parse(&inspection.request, &inspection.build, &dockerfile, err) < 0)
		return report_failure(&inspection, err);
	cleanup(value_free) json_t *value = dockerfile_dump(dockerfile);
	return print_json(value, err);
}

static int run_plan(const struct command *command, char *const *args, struct error *err)
{
	cleanup(inspection_release) struct inspection inspection;
	cleanup(value_free) json_t *dump = NULL;

	int goes_on = begin(command, args, &inspection, err);
	if (goes_on <= 0)
		return goes_on;
	/* What is downloaded meanwhile is of interest to nobody but in an error. */
	if (build_plan(&inspection.request, NULL, &inspection.build, &dump, err) < 0)
		return report_failure(&inspection, err);
	return print_json(dump, err);
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
