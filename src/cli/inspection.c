/* SPDX-License-Identifier: Apache-2.0 */
#include "inspection.h"

#include "report.h"
#include "writer.h"

void inspection_release(struct inspection *inspection)
{
	option_result_release(&inspection->result);
	build_request_release(&inspection->request);
	build_result_release(&inspection->build);
}

int inspection_begin(const struct command *command, char *const *args, struct build_values *values,
		     struct inspection *inspection, struct error *err)
{
	struct strv *lines = &inspection->result.lines;

	*inspection = (struct inspection){ .build = BUILD_RESULT_INIT, .request.signal_fd = -1 };
	build_values_init(values);
	int goes_on = command_read(command, args, values, &inspection->result, err);
	if (goes_on <= 0)
		return goes_on;
	if (!inspection->result.operands.len)
		strv_add(&inspection->result.operands, ".");
	if (build_settle(values, &inspection->result.operands, lines, &inspection->request, err) <
	    0)
		return -1;
	for (size_t i = 0; i < lines->len; i++)
		command_say(lines->items[i]);
	return 1;
}

int inspection_print(json_t *value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(value, 2, &text);
	buf_add_char(&text, '\n');
	return command_print(&text, err);
}

int inspection_fail(const struct inspection *inspection, const struct error *err)
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
