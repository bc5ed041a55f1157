/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild lint`: --check with cbuild's own rules, and with a pen. */
#include "build_options.h"
#include "host_file.h"
#include "inspection.h"

#include "base/alloc.h"
#include "base/path.h"
#include "build/build.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "parser/git_reference.h"

#include <string.h>

struct lint_values {
	struct build_values build;
	bool fixes, shows_diff, is_json, shows_rules;
};

static const struct option rows[] = {
	OPTION_ROW("fix", 0, OPTION_BOOL, offsetof(struct lint_values, fixes), NULL,
		   "rewrite the Dockerfile where that is safe, and show the difference"),
	OPTION_ROW("diff", 0, OPTION_BOOL, offsetof(struct lint_values, shows_diff), NULL,
		   "show what --fix would do, and write nothing"),
	OPTION_ROW("json", 0, OPTION_BOOL, offsetof(struct lint_values, is_json), NULL,
		   "findings as --call=check,format=json prints them"),
	OPTION_ROW("rules", 0, OPTION_BOOL, offsetof(struct lint_values, shows_rules), NULL,
		   "print all rules as docs/lint.md has them", .command_line_only = true),
};

static const struct option_table table = { "Options", rows, countof(rows) };
static const struct option_table *const tables[] = { &table,	  &build_input_table, &access_table,
						     &root_table, &help_table,	      NULL };

struct session {
	struct lint_values values;
	struct inspection inspection;
	struct build_check check;
	struct buf diff;
};

static void session_release(struct session *session)
{
	buf_release(&session->diff);
	build_check_release(&session->check);
	inspection_release(&session->inspection);
	build_values_release(&session->values.build);
}
DEFINE_RELEASE(struct session, session_release);

/* Where the Dockerfile lies; a pipe or standard input cannot be written back. */
static char *dockerfile_path(const struct session *session)
{
	const struct build_request *request = &session->inspection.request;
	const char *name = session->inspection.build.dockerfile_name;

	if (request->dockerfile)
		return xstrdup(request->dockerfile);
	autofree char *dir = request->context_sub_path
				     ? path_join(request->context, request->context_sub_path)
				     : xstrdup(request->context);
	return path_join(dir, name);
}

/* As JSON the difference is a part of the document. */
static int show_diff(struct session *session, const struct buf *after, struct error *err)
{
	const struct build_result *result = &session->inspection.build;

	fix_add_diff(result->dockerfile_name, &result->dockerfile, after, &session->diff);
	return session->values.is_json ? 0 : command_print(&session->diff, err);
}

static int fix(struct session *session, struct error *err)
{
	struct build_result *result = &session->inspection.build;
	cleanup(buf_release) struct buf after = BUF_INIT;
	size_t n = 0;

	fix_text(session->check.dockerfile, &result->findings, result->dockerfile.data,
		 result->dockerfile.len, &after, &n);
	if (!n)
		return 0;
	if (show_diff(session, &after, err) < 0)
		return -1;
	if (!session->values.fixes)
		return 0;
	autofree char *host_path = dockerfile_path(session);
	if (host_file_rewrite(host_path, &result->dockerfile, &after, err) < 0)
		return -1;
	return 1;
}

static int run_check(struct session *session, struct error *err)
{
	build_check_release(&session->check);
	build_result_release(&session->inspection.build);
	session->inspection.build = (struct build_result)BUILD_RESULT_INIT;
	session->check = (struct build_check){ .with_own_rules = true, .facts = PLAN_FACTS_INIT };
	return build_run_check(&session->inspection.request, NULL, &session->inspection.build,
			       &session->check, err);
}

static int print_findings(const struct session *session, struct error *err)
{
	const struct build_result *result = &session->inspection.build;
	const struct error *build_error = &session->check.build_error;
	struct lint_source source = { result->dockerfile_name, result->dockerfile.data,
				      result->dockerfile.len };
	cleanup(buf_release) struct buf text = BUF_INIT;
	size_t n = result->findings.len + result->findings.n_left_out;

	if (session->values.is_json) {
		cleanup(value_free) json_t *document =
			lint_dump(&result->findings, &source,
				  build_error->code == ERROR_NONE ? NULL : build_error);
		if (session->values.fixes || session->values.shows_diff)
			json_object_set_new(document, "diff", value_of_text(session->diff.data));
		value_write(document, 2, &text);
		buf_add_char(&text, '\n');
	} else {
		lint_print(&result->findings, &source, &text);
		buf_printf(&text, "%s%zu %s\n", n ? "\n" : "", n, n == 1 ? "finding" : "findings");
	}
	return command_print(&text, err);
}

static int answer(struct session *session, struct error *err)
{
	const struct error *build_error = &session->check.build_error;
	bool wants_fix = session->values.fixes || session->values.shows_diff;

	if (run_check(session, err) < 0)
		return inspection_fail(&session->inspection, err);
	int is_fixed = wants_fix && session->check.dockerfile ? fix(session, err) : 0;
	if (is_fixed < 0 || (is_fixed > 0 && run_check(session, err) < 0))
		return inspection_fail(&session->inspection, err);
	if (print_findings(session, err) < 0)
		return -1;
	bool has_error = build_error->code != ERROR_NONE;
	if (has_error && !session->values.is_json)
		(void)inspection_fail(&session->inspection, build_error);
	return has_error || session->inspection.build.findings.len;
}

static int print_rules(struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	lint_rules_add_markdown(&text);
	return command_print(&text, err);
}

/* Before anything is fetched: what is written back has to lie on this machine. */
static int check_writable(const struct build_request *request, struct error *err)
{
	const char *dockerfile = request->dockerfile;

	if (dockerfile && strcmp(dockerfile, "-") == 0)
		return error_set(err, ERROR_USAGE,
				 "--fix writes the Dockerfile back, which standard input cannot "
				 "take (--diff)");
	if ((dockerfile && source_is_http(dockerfile)) || build_request_is_remote(request))
		return error_set(err, ERROR_USAGE,
				 "--fix writes the Dockerfile back, which cannot be done where it "
				 "has to be fetched from (--diff)");
	return 0;
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	cleanup(session_release) struct session session = { .check = BUILD_CHECK_INIT,
							    .diff = BUF_INIT };

	int goes_on =
		inspection_begin(command, args, &session.values.build, &session.inspection, err);
	if (goes_on <= 0)
		return goes_on;
	if (session.values.shows_rules)
		return print_rules(err);
	if (session.values.fixes && check_writable(&session.inspection.request, err) < 0)
		return -1;
	return answer(&session, err);
}

const struct command command_lint = {
	.name = "lint",
	.operands = "[PATH | URL | -]",
	.summary = "Check a Dockerfile by all rules, and mend what can be mended safely.",
	.tables = tables,
	.max_operands = 1,
	.says_lines = true,
	.run = run,
};
