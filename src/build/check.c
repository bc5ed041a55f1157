/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of lint/ over what was read and planned. */
#include "phases.h"

#include <string.h>

static const char *given_check(const struct build *build)
{
	return strv_env_get(&build->request->build_args, "BUILDKIT_DOCKERFILE_CHECK");
}

int build_read_check(const struct build *build, struct error *err)
{
	const char *given = given_check(build);
	cleanup(buf_release) struct buf line = BUF_INIT, note = BUF_INIT;
	struct check_options options;

	if (lint_check_options(build->dockerfile, given, &options, err) < 0)
		return -1;
	if (!check_options_find_mistyped(given ? given : build->dockerfile->check, &note))
		return 0;
	if (given)
		buf_printf(&line, "--build-arg BUILDKIT_DOCKERFILE_CHECK: %s", note.data);
	else
		buf_printf(&line, "%s:%u: # check=: %s", build->result->dockerfile_name,
			   build->dockerfile->check_at.line, note.data);
	event_emit(build->run.sink, (struct event){ .kind = EVENT_WARNING, .text = line.data });
	return 0;
}

static struct lint_request make_request(const struct build *build)
{
	return (struct lint_request){
		.dockerfile = build->dockerfile,
		.facts = &build->facts,
		.ignore = build->context ? build->context->ignore : NULL,
		.check = given_check(build),
	};
}

int build_lint(struct build *build, bool with_own_rules, struct error *err)
{
	struct lint_request request = make_request(build);

	request.with_own_rules = with_own_rules;
	return lint_run(&request, &build->result->findings, err);
}

/* The length of the lines above this one. */
static size_t length_above(const struct buf *text, uint32_t line)
{
	size_t at = 0;

	for (uint32_t n = 1; n < line && at < text->len; n++) {
		const char *end = memchr(text->data + at, '\n', text->len - at);
		at = end ? (size_t)(end - text->data) + 1 : text->len;
	}
	return at;
}

void build_lint_above(struct build *build, const char *syntax, const struct error *parse_error)
{
	const struct buf *text = &build->result->dockerfile;
	size_t len = length_above(text, parse_error->at.line);
	cleanup(dockerfile_free) struct dockerfile *above = NULL;
	struct lint_request request = make_request(build);
	struct error ignored = ERROR_INIT;

	/* nothing that can be said, or wrong "# check=" options: the error at hand comes first */
	if (dockerfile_parse_as(text->data, len, syntax, &above, &ignored) < 0)
		return;
	request.dockerfile = above;
	request.is_cut = true;
	(void)!lint_run(&request, &build->result->findings, &ignored);
}

int build_lint_leftovers(struct build *build, const struct lint_leftover *leftovers, size_t n,
			 struct error *err)
{
	struct lint_findings *findings = &build->result->findings;
	struct lint_request request = make_request(build);
	size_t n_told = findings->len;

	if (lint_run_leftovers(&request, build->result->dockerfile_name, leftovers, n, findings,
			       err) < 0)
		return -1;
	build_tell_findings(build, n_told);
	return findings->is_error ? lint_findings_refuse(findings, err) : 0;
}

void build_tell_findings(const struct build *build, size_t first)
{
	const struct lint_findings *findings = &build->result->findings;

	for (size_t i = first; i < findings->len; i++) {
		const struct lint_finding *finding = &findings->items[i];
		cleanup(buf_release) struct buf line = BUF_INIT;
		buf_printf(&line, "%s: %s (line %u)", lint_rule_row(finding->rule)->name,
			   finding->detail, finding->at.line);
		event_emit(build->run.sink,
			   (struct event){ .kind = EVENT_WARNING, .text = line.data });
	}
}
