/* SPDX-License-Identifier: Apache-2.0 */
/* --call and --check: a build that only answers a question. */
#include "build_options.h"
#include "csv.h"
#include "inspection.h"

#include "base/text.h"
#include "build/build.h"
#include "lint/lint.h"
#include "lint/outline.h"

#include <string.h>

static const struct {
	const char *word;
	enum call_kind kind;
} methods[] = {
	{ "build", CALL_BUILD },     { "check", CALL_CHECK },
	{ "lint", CALL_CHECK },	     { "outline", CALL_OUTLINE },
	{ "targets", CALL_TARGETS }, { "subrequests.describe", CALL_DESCRIBE },
};

static int parse_kind(const char *word, enum call_kind *ret_kind, struct error *err)
{
	word += text_has_prefix(word, "frontend.") ? strlen("frontend.") : 0;
	for (size_t i = 0; i < countof(methods); i++) {
		if (strcmp(methods[i].word, word) != 0)
			continue;
		*ret_kind = methods[i].kind;
		return 0;
	}
	return error_set(err, ERROR_USAGE,
			 "--call '%.100s': there are build, check, outline, targets and "
			 "subrequests.describe",
			 word);
}

static int parse_field(const char *field, struct call_method *method, struct error *err)
{
	if (strcmp(field, "format=json") == 0) {
		method->is_json = true;
		return 0;
	}
	if (strcmp(field, "format=text") == 0) {
		method->is_json = false;
		return 0;
	}
	if (text_has_prefix(field, "ignorestatus=")) {
		if (text_parse_bool(field + strlen("ignorestatus="), &method->ignores_status,
				    err) == 0)
			return 0;
		err->code = ERROR_USAGE;
		return error_wrap(err, "--call");
	}
	return error_set(err, ERROR_USAGE,
			 "--call: '%.100s' is neither format=json, format=text nor "
			 "ignorestatus=true",
			 field);
}

int call_method_parse(const struct build_values *values, struct call_method *ret_method,
		      struct error *err)
{
	struct call_method method = { .kind = values->checks ? CALL_CHECK : CALL_BUILD };
	cleanup(strv_release) struct strv fields = STRV_INIT;

	if (values->call && csv_split(values->call, &fields, err) < 0)
		return error_wrap(err, "--call");
	if (fields.len && parse_kind(fields.items[0], &method.kind, err) < 0)
		return -1;
	if (values->checks && method.kind != CALL_CHECK)
		return error_set(err, ERROR_USAGE,
				 "--check is --call=check, and cannot stand beside --call=%.100s",
				 fields.items[0]);
	for (size_t i = 1; i < fields.len; i++)
		if (parse_field(fields.items[i], &method, err) < 0)
			return -1;
	*ret_method = method;
	return 0;
}

/* --- answers ------------------------------------------------------------------------------------
 */

struct call {
	const struct call_method *method;
	struct inspection inspection;
	struct build_check check;
};

static void call_release(struct call *call)
{
	inspection_release(&call->inspection);
	build_check_release(&call->check);
}
DEFINE_RELEASE(struct call, call_release);

static struct lint_source source_of(const struct build_result *result)
{
	const char *name = result->dockerfile_name ? result->dockerfile_name : "Dockerfile";

	return (struct lint_source){ name, result->dockerfile.data, result->dockerfile.len };
}

static int print_check(const struct call *call, struct error *err)
{
	const struct lint_findings *findings = &call->inspection.build.findings;
	size_t n = findings->len + findings->n_left_out;
	const struct error *build_error = &call->check.build_error;
	struct lint_source source = source_of(&call->inspection.build);
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (call->method->is_json) {
		cleanup(value_free) json_t *document = lint_dump(
			findings, &source, build_error->code == ERROR_NONE ? NULL : build_error);
		return inspection_print(document, err);
	}
	if (build_error->code == ERROR_NONE && !n)
		buf_add_text(&text, "Check complete, no warnings found.\n");
	else if (n)
		buf_printf(&text, "Check complete, %zu %s been found!\n", n,
			   n == 1 ? "warning has" : "warnings have");
	lint_print(findings, &source, &text);
	return command_print(&text, err);
}

/* Findings are status 1; what a build would not survive is so too, whatever is ignored. */
static int answer_check(const struct call *call, struct error *err)
{
	const struct error *build_error = &call->check.build_error;
	bool has_error = build_error->code != ERROR_NONE;

	if (print_check(call, err) < 0)
		return -1;
	if (has_error && !call->method->is_json)
		(void)inspection_fail(&call->inspection, build_error);
	return has_error || (call->inspection.build.findings.len && !call->method->ignores_status);
}

static int answer_outline(const struct call *call, struct error *err)
{
	struct lint_source source = source_of(&call->inspection.build);
	bool is_outline = call->method->kind == CALL_OUTLINE;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (call->check.build_error.code != ERROR_NONE)
		return inspection_fail(&call->inspection, &call->check.build_error);
	cleanup(value_free) json_t *document =
		is_outline ? outline_dump(call->check.dockerfile, &call->check.facts, &source)
			   : targets_dump(call->check.dockerfile, &source);
	if (call->method->is_json)
		return inspection_print(document, err);
	if (is_outline)
		outline_print(document, &text);
	else
		targets_print(document, &text);
	return command_print(&text, err);
}

static int answer_describe(const struct call_method *method, struct error *err)
{
	cleanup(value_free) json_t *document = methods_dump();
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (method->is_json)
		return inspection_print(document, err);
	methods_print(&text);
	return command_print(&text, err);
}

int call_run(const struct build_values *values, struct option_result *options,
	     const struct call_method *method, struct error *err)
{
	cleanup(call_release) struct call call = { .method = method,
						   .inspection.request.signal_fd = -1,
						   .inspection.build = BUILD_RESULT_INIT,
						   .check = BUILD_CHECK_INIT };

	if (build_settle(values, &options->operands, &options->lines, &call.inspection.request,
			 err) < 0)
		return -1;
	for (size_t i = 0; i < options->lines.len; i++)
		command_say(options->lines.items[i]);
	if (method->kind == CALL_DESCRIBE)
		return answer_describe(method, err);
	if (method->kind == CALL_TARGETS) {
		if (build_parse(&call.inspection.request, &call.inspection.build,
				&call.check.dockerfile, err) < 0)
			return inspection_fail(&call.inspection, err);
		return answer_outline(&call, err);
	}
	if (build_run_check(&call.inspection.request, NULL, &call.inspection.build, &call.check,
			    err) < 0)
		return inspection_fail(&call.inspection, err);
	if (method->kind == CALL_CHECK)
		return answer_check(&call, err);
	return answer_outline(&call, err);
}
