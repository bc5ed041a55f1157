/* SPDX-License-Identifier: Apache-2.0 */
#include "build/build.h"

#include "phases.h"

#include "base/alloc.h"
#include "build/manage.h"
#include "exec/agent.h"
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void build_result_release(struct build_result *result)
{
	free(result->dockerfile_name);
	buf_release(&result->dockerfile);
	free(result->failed_step);
	error_list_release(&result->errors);
	lint_findings_release(&result->findings);
	free(result->media_type);
	free(result->platform);
	strv_release(&result->names);
	strv_release(&result->pushed);
	for (size_t i = 0; i < result->n_steps; i++)
		free(result->steps[i].title);
	free(result->steps);
	*result = (struct build_result)BUILD_RESULT_INIT;
}

const struct digest *build_result_id(const struct build_result *result)
{
	return digest_is_zero(&result->config_digest) ? &result->manifest_digest
						      : &result->config_digest;
}

static void images_known_release(struct images_known *images)
{
	for (size_t i = 0; i < images->len; i++) {
		image_free(images->items[i]);
		free(images->references[i]);
	}
	free(images->items);
	free(images->references);
	free(images->platforms);
}

void build_release(struct build *build)
{
	strv_release(&build->options.build_args);
	strv_release(&build->options.labels);
	strv_release(&build->options.no_cache_filter);
	strv_release(&build->options.allowed_devices);
	free(build->contexts);
	arena_release(&build->arena);
	for (size_t i = 0; build->exec.contexts && i < build->exec.plan->n_contexts; i++)
		exec_context_release(&build->exec.contexts[i]);
	for (size_t i = 0; build->exec.results && i < build->exec.plan->n_steps; i++)
		step_result_release(&build->exec.results[i]);
	plan_free(build->plan);
	plan_facts_release(&build->facts);
	dockerfile_free(build->dockerfile);
	free(build->exec.contexts);
	free(build->exec.results);
	sandbox_kit_free(build->exec.kit);
	free((char *)(uintptr_t)build->exec.hosts);
	free(build->plan_images);
	images_known_release(&build->images);
	context_close(build->context);
	owner_list_close(build->owners);
	fetched_tree_release(&build->fetched);
	fetched_tree_release(&build->fetched_dockerfile);
	vec_release(&build->source_times);
	engine_close(build->engine);
	if (build->stdout_fd >= 0)
		(void)close(build->stdout_fd);
}

static void start(struct build *build, const struct build_request *request,
		  const struct event_sink *sink, struct build_result *result)
{
	*build = (struct build){
		.request = request,
		.result = result,
		/* jobs have another standard output of their own */
		.stdout_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3),
		.run = { .jobs = request->jobs,
			 .stop_grace_ns = request->stop_grace_ns,
			 .deadline = request->deadline,
			 .sink = sink,
			 .signal_fd = request->signal_fd },
	};
}

static void inform(const struct build *build, const char *text)
{
	event_emit(build->run.sink, (struct event){ .kind = EVENT_INFO, .text = text });
}

static int open_engine(struct build *build, struct error *err)
{
	autofree char *root = NULL, *note = NULL;

	if (build->engine)
		return 0;
	if (build->request->root)
		return engine_open(build->request->root, build->request->isolation,
				   &build->request->access, &build->engine, err);
	if (manage_default_root(&root, &note, err) < 0)
		return -1;
	if (note)
		inform(build, note);
	return engine_open(root, build->request->isolation, &build->request->access, &build->engine,
			   err);
}

/* What lies elsewhere needs the store before there is a Dockerfile. */
static int fetch_sources(struct build *build, struct error *err)
{
	bool is_context = build_context_is_remote(build);
	bool is_dockerfile = build_dockerfile_is_remote(build);

	if (!is_context && !is_dockerfile)
		return 0;
	if (open_engine(build, err) < 0 || (is_context && build_fetch_context(build, err) < 0))
		return -1;
	return is_dockerfile ? build_fetch_dockerfile(build, err) : 0;
}

static int parse(struct build *build, struct error *err)
{
	const char *syntax = strv_env_get(&build->request->build_args, "BUILDKIT_SYNTAX");
	const struct buf *text = &build->result->dockerfile;

	if (fetch_sources(build, err) < 0 || build_read_sources(build, err) < 0)
		return -1;
	return dockerfile_parse_all(text->data, text->len, syntax, &build->result->errors,
				    &build->dockerfile, err);
}

int build_parse(const struct build_request *request, struct build_result *result,
		struct dockerfile **ret_dockerfile, struct error *err)
{
	cleanup(build_release) struct build build;

	start(&build, request, NULL, result);
	if (parse(&build, err) < 0)
		return -1;
	*ret_dockerfile = take_ptr(&build.dockerfile);
	return 0;
}

int build_look_at_context(const struct build_request *request, struct build_result *result,
			  context_look *look, void *arg, struct error *err)
{
	cleanup(build_release) struct build build;

	start(&build, request, NULL, result);
	if (fetch_sources(&build, err) < 0 || build_read_sources(&build, err) < 0)
		return -1;
	return look(arg, build.context, err);
}

int build_view(const struct build_request *request, struct build_result *result,
	       struct stage_view *ret_view, struct error *err)
{
	cleanup(build_release) struct build build;

	start(&build, request, NULL, result);
	if (parse(&build, err) < 0 || build_make_options(&build, err) < 0)
		return -1;
	return stage_view_make(build.dockerfile, &build.options, ret_view, err);
}

/* What planning found worth saying, with its line. */
static void tell_warnings(const struct build *build)
{
	const struct dockerfile *dockerfile = build->dockerfile;
	const struct plan *plan = build->plan;

	for (size_t i = 0; i < dockerfile->n_warnings + plan->n_warnings; i++) {
		bool is_parsers = i < dockerfile->n_warnings;
		size_t j = is_parsers ? i : i - dockerfile->n_warnings;
		struct position at = is_parsers ? dockerfile->warnings[j].at : plan->warnings[j].at;
		const char *text =
			is_parsers ? dockerfile->warnings[j].text : plan->warnings[j].text;
		cleanup(buf_release) struct buf line = BUF_INIT;
		if (at.line)
			buf_printf(&line, "%s:%u: ", build->result->dockerfile_name, at.line);
		buf_add_text(&line, text);
		event_emit(build->run.sink,
			   (struct event){ .kind = EVENT_WARNING, .text = line.data });
	}
}

static int plan(struct build *build, struct error *err)
{
	/* what the command line alone, or with the Dockerfile, shows to be wrong comes first */
	build_take_secrets(build);
	if (agents_check(&build->exec, err) < 0 || parse(build, err) < 0 ||
	    build_take_failure(build, err) < 0 || build_read_check(build, err) < 0 ||
	    open_engine(build, err) < 0 || build_make_options(build, err) < 0)
		return -1;
	build->options.facts = &build->facts;
	if (build_make_plan(build, err) < 0)
		return -1;
	tell_warnings(build);
	build_tell_images(build);
	if (build_lint(build, false, err) < 0)
		return -1;
	build_tell_findings(build, 0);
	return build->result->findings.is_error
		       ? lint_findings_refuse(&build->result->findings, err)
		       : 0;
}

int build_plan(const struct build_request *request, const struct event_sink *sink,
	       struct build_result *result, json_t **ret_dump, struct error *err)
{
	cleanup(build_release) struct build build;

	start(&build, request, sink, result);
	if (plan(&build, err) < 0)
		return -1;
	*ret_dump = plan_dump(build.plan);
	return 0;
}

void build_check_release(struct build_check *check)
{
	plan_facts_release(&check->facts);
	dockerfile_free(check->dockerfile);
}

/* Ends a check as it ends a build: nothing more can be said. */
static bool is_fatal(const struct error *err)
{
	return err->code == ERROR_CANCELLED || err->code == ERROR_TIMED_OUT ||
	       err->code == ERROR_USAGE;
}

/* A failure of the build, not of the check. */
static int set_aside(struct build_check *check, struct error *err)
{
	if (is_fatal(err))
		return -1;
	check->build_error = *err;
	*err = (struct error)ERROR_INIT;
	return 0;
}

static int plan_to_check(struct build *build, struct error *err)
{
	if (open_engine(build, err) < 0 || build_make_options(build, err) < 0)
		return -1;
	build->options.facts = &build->facts;
	build->options.is_check = true;
	build->options.errors = NULL; /* what is found behind an error would hang on it */
	return build_make_plan(build, err);
}

static int check_all(struct build *build, struct build_check *check, struct error *err)
{
	const char *syntax = strv_env_get(&build->request->build_args, "BUILDKIT_SYNTAX");
	const struct buf *text = &build->result->dockerfile;

	if (fetch_sources(build, err) < 0 || build_read_sources(build, err) < 0)
		return -1;
	if (dockerfile_parse_all(text->data, text->len, syntax, &build->result->errors,
				 &build->dockerfile, err) < 0) {
		build_lint_above(build, syntax, err);
		return set_aside(check, err);
	}
	if (build_read_check(build, err) < 0)
		return set_aside(check, err);
	if (plan_to_check(build, err) < 0 && set_aside(check, err) < 0)
		return -1;
	if (build_lint(build, check->with_own_rules, err) < 0)
		return -1;
	const struct lint_findings *findings = &build->result->findings;
	if (findings->is_error && check->build_error.code == ERROR_NONE)
		(void)lint_findings_refuse(findings, &check->build_error);
	return 0;
}

int build_run_check(const struct build_request *request, const struct event_sink *sink,
		    struct build_result *result, struct build_check *check, struct error *err)
{
	cleanup(build_release) struct build build;

	start(&build, request, sink, result);
	if (check_all(&build, check, err) < 0)
		return -1;
	check->facts = build.facts;
	build.facts = (struct plan_facts)PLAN_FACTS_INIT;
	check->dockerfile = take_ptr(&build.dockerfile);
	return 0;
}

int build_run(const struct build_request *request, const struct event_sink *sink,
	      struct build_result *result, struct error *err)
{
	cleanup(build_release) struct build build;
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;

	start(&build, request, sink, result);
	if (plan(&build, err) < 0 || build_check_shape(&build, err) < 0 ||
	    build_check_platforms(&build, err) < 0 || build_run_steps(&build, err) < 0 ||
	    build_check_leftovers(&build, err) < 0 || build_assemble(&build, &set, err) < 0)
		return -1;
	return build_hand_out(&build, &set, err);
}
