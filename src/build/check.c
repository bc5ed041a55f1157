/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of lint/ over what was read and planned. */
#include "phases.h"

static const char *given_check(const struct build *build)
{
	return strv_env_get(&build->request->build_args, "BUILDKIT_DOCKERFILE_CHECK");
}

int build_read_check(const struct build *build, struct error *err)
{
	struct check_options options;

	return lint_check_options(build->dockerfile, given_check(build), &options, err);
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
