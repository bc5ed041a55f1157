/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testdata/lint/<case>/: Dockerfile; args, one a line: NAME=VALUE for --build-arg, "target=STAGE",
 * "own" for cbuild's own rules; images.json, the configs of base images; .dockerignore. What is
 * leftovers.json, what a build would tell of its layers. What is
 * found stands in findings.json, a list of "line rule: text"; where a build would fail there is
 * "error: text" at the end. fixed, where it is there, is the Dockerfile that --fix makes.
 *
 * With a case's path as argument the outcome is printed instead, for a new case; it has to be
 * checked by hand (or by Docker's builder).
 */
#include "case_names.h"

#include "../unit/cmocka_head.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "base/vec.h"
#include "context/ignore.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "plan/plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1024 * 1024 };

struct test_case {
	struct buf text;
	struct plan_options options;
	struct plan_facts facts;
	struct named_context context;
	struct lint_request request;
	struct dockerfile *dockerfile;
	struct ignore *ignore;
	json_t *images, *leftovers;
	VEC(struct image_config *) configs;
	char *target, *check;
};

static void test_case_release(struct test_case *test)
{
	buf_release(&test->text);
	strv_release(&test->options.build_args);
	plan_facts_release(&test->facts);
	dockerfile_free(test->dockerfile);
	ignore_free(test->ignore);
	json_decref(test->images);
	json_decref(test->leftovers);
	for (size_t i = 0; i < test->configs.len; i++)
		image_config_free(test->configs.items[i]);
	vec_release(&test->configs);
	free(test->target);
	free(test->check);
}
DEFINE_RELEASE(struct test_case, test_case_release);

static int read_case_file(int case_fd, const char *file, struct buf *text)
{
	struct error err = ERROR_INIT;
	int found = fs_read_whole(case_fd, file, FILE_MAX, file, text, &err);

	if (found < 0)
		fail_msg("%s", err.text);
	return found;
}

static void read_args(struct test_case *test, int case_fd)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	static const char check[] = "BUILDKIT_DOCKERFILE_CHECK=";

	(void)read_case_file(case_fd, "args", &text);
	for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
		if (text_has_prefix(line, "target="))
			test->target = xstrdup(line + strlen("target="));
		else if (text_has_prefix(line, check))
			test->check = xstrdup(line + strlen(check));
		else if (strcmp(line, "own") == 0)
			test->request.with_own_rules = true;
		else
			strv_add(&test->options.build_args, line);
	}
}

static void prepare(struct test_case *test, int case_fd)
{
	cleanup(buf_release) struct buf ignore = BUF_INIT, images = BUF_INIT, leftovers = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(read_case_file(case_fd, "Dockerfile", &test->text), 1);
	assert_int_equal(platform_parse("linux/amd64", &test->options.build_platform, &err), 0);
	read_args(test, case_fd);
	if (read_case_file(case_fd, ".dockerignore", &ignore) &&
	    ignore_parse(ignore.data, ignore.len, ".dockerignore", &test->ignore, &err) < 0)
		fail_msg("%s", err.text);
	if (read_case_file(case_fd, "images.json", &images) &&
	    value_read(images.data, images.len, "images.json", &test->images, &err) < 0)
		fail_msg("%s", err.text);
	if (read_case_file(case_fd, "leftovers.json", &leftovers) &&
	    value_read(leftovers.data, leftovers.len, "leftovers.json", &test->leftovers, &err) < 0)
		fail_msg("%s", err.text);
	test->context = (struct named_context){ .kind = NAMED_DIRECTORY, .value = "." };
	test->options.contexts = &test->context;
	test->options.n_contexts = 1;
	test->options.target = test->target;
	test->options.is_check = true;
	test->options.facts = &test->facts;
}

static int find_image(void *context, const char *reference, const struct platform *platform,
		      const struct image_config **ret_config)
{
	struct test_case *test = context;
	json_t *value = json_object_get(test->images, reference);
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct image_config *config = NULL;
	struct error err = ERROR_INIT;

	(void)platform;
	if (!value)
		return 0;
	value_write(value, 0, &text);
	if (image_config_decode(text.data, text.len, &config, &err) < 0)
		fail_msg("%s: %s", reference, err.text);
	vec_push(&test->configs, config);
	*ret_config = config;
	return 1;
}

/* As a check does: an error of the plan is kept apart. */
static int plan_case(struct test_case *test, struct error *err)
{
	struct image_lookup lookup = { .find = find_image, .context = test };
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;

	if (plan_find_needs(test->dockerfile, &test->options, &lookup, &needs, err) < 0)
		return -1;
	return plan_make(test->dockerfile, &test->options, &lookup, &plan, err);
}

/* [line, line of the maker, its text, rewritten, size, number of paths, [[path, size]...]] each */
static void check_leftovers(struct test_case *test, struct lint_findings *findings)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < json_array_size(test->leftovers); i++) {
		struct lint_path paths[3] = { 0 };
		int at = 0, from = 0, is_rewritten = 0;
		json_int_t size = 0, n_paths = 0;
		json_t *named = NULL;
		struct lint_leftover leftover = { .paths = paths };
		if (json_unpack(json_array_get(test->leftovers, i), "[i,i,s,b,I,I,o]", &at, &from,
				&leftover.maker, &is_rewritten, &size, &n_paths, &named) < 0)
			fail_msg("leftovers.json is not as it should be");
		for (size_t k = 0; k < json_array_size(named) && k < 3; k++) {
			json_int_t path_size = 0;
			assert_int_equal(json_unpack(json_array_get(named, k), "[s,I]",
						     &paths[k].path, &path_size),
					 0);
			paths[k].size = (uint64_t)path_size;
			leftover.n_named++;
		}
		leftover.at.line = (uint32_t)at;
		leftover.from.line = (uint32_t)from;
		leftover.is_rewritten = is_rewritten;
		leftover.size = (uint64_t)size;
		leftover.n_paths = (uint64_t)n_paths;
		if (lint_run_leftovers(&test->request, "Dockerfile", &leftover, 1, findings, &err) <
		    0)
			fail_msg("%s", err.text);
	}
}

static void check_case(struct test_case *test, struct lint_findings *findings, json_t *list)
{
	struct error err = ERROR_INIT, plan_error = ERROR_INIT;

	if (dockerfile_parse(test->text.data, test->text.len, &test->dockerfile, &err) < 0)
		fail_msg("%s", err.text);
	int planned = plan_case(test, &plan_error);
	test->request.dockerfile = test->dockerfile;
	test->request.facts = &test->facts;
	test->request.ignore = test->ignore;
	test->request.check = test->check;
	int result = lint_run(&test->request, findings, &err);
	if (test->leftovers)
		check_leftovers(test, findings);
	for (size_t i = 0; i < findings->len; i++) {
		const struct lint_finding *finding = &findings->items[i];
		cleanup(buf_release) struct buf line = BUF_INIT;
		buf_printf(&line, "%u %s: %s", finding->at.line, lint_rule_row(finding->rule)->name,
			   finding->detail);
		json_array_append_new(list, value_of_text(line.data));
	}
	const struct error *failure = result < 0 ? &err : planned < 0 ? &plan_error : NULL;
	cleanup(buf_release) struct buf line = BUF_INIT;
	if (failure)
		buf_printf(&line, "error: %s", failure->text);
	else if (findings->is_error && lint_findings_refuse(findings, &err) < 0)
		buf_printf(&line, "error: %s", err.text);
	if (line.len)
		json_array_append_new(list, value_of_text(line.data));
}

static json_t *run_case(int case_fd, struct buf *ret_fixed)
{
	cleanup(test_case_release) struct test_case test = { .text = BUF_INIT,
							     .facts = PLAN_FACTS_INIT };
	cleanup(lint_findings_release) struct lint_findings findings = LINT_FINDINGS_INIT;
	json_t *list = json_array();
	size_t n_fixed = 0;

	prepare(&test, case_fd);
	check_case(&test, &findings, list);
	fix_text(test.dockerfile, &findings, test.text.data, test.text.len, ret_fixed, &n_fixed);
	return list;
}

static int open_case(const char *name)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct error err = ERROR_INIT;
	int case_fd = -1;

	buf_printf(&path, "%s%s", strchr(name, '/') ? "" : TESTDATA "/lint/", name);
	if (fs_open_dir(path.data, false, &case_fd, &err) < 0)
		fail_msg("%s", err.text);
	return case_fd;
}

static void runs_case(void **state)
{
	cleanup(buf_release) struct buf wanted_text = BUF_INIT, fixed = BUF_INIT, has = BUF_INIT;
	cleanup(buf_release) struct buf wanted_fixed = BUF_INIT;
	cleanup(value_free) json_t *wanted = NULL, *list = NULL;
	struct error err = ERROR_INIT;
	autoclose int case_fd = open_case(*state);

	assert_int_equal(read_case_file(case_fd, "findings.json", &wanted_text), 1);
	if (value_read(wanted_text.data, wanted_text.len, "findings.json", &wanted, &err) < 0)
		fail_msg("%s", err.text);
	list = run_case(case_fd, &fixed);
	value_write(list, 2, &has);
	if (!json_equal(wanted, list))
		fail_msg("%s\nis not what should be found", has.data);
	if (read_case_file(case_fd, "fixed", &wanted_fixed))
		assert_string_equal(fixed.data, wanted_fixed.data);
}

/* A new case: its findings on stdout, what --fix makes of it on stderr. */
static int print_case(const char *name)
{
	cleanup(buf_release) struct buf fixed = BUF_INIT, text = BUF_INIT;
	autoclose int case_fd = open_case(name);
	cleanup(value_free) json_t *list = run_case(case_fd, &fixed);

	value_write(list, 2, &text);
	(void)puts(text.data);
	(void)fputs(fixed.data, stderr);
	return 0;
}

/* Each rule has a case that finds something; the names of the rules come from the table. */
static void every_rule_is_found_somewhere(void **state)
{
	const struct case_names *names = *state;
	bool is_found[N_LINT_RULES] = { false };

	for (size_t i = 0; i < names->len; i++) {
		autoclose int case_fd = open_case(names->items[i]);
		cleanup(buf_release) struct buf text = BUF_INIT;
		(void)read_case_file(case_fd, "findings.json", &text);
		for (size_t rule = 0; rule < N_LINT_RULES; rule++) {
			autofree char *pattern =
				xasprintf(" %s: ", lint_rule_row((enum lint_rule)rule)->name);
			is_found[rule] = is_found[rule] || strstr(text.data, pattern);
		}
	}
	for (size_t rule = 0; rule < N_LINT_RULES; rule++)
		if (!is_found[rule])
			fail_msg("no case finds %s", lint_rule_row((enum lint_rule)rule)->name);
}

int main(int argc, char **argv)
{
	struct case_names names = VEC_INIT;
	const struct CMUnitTest also = { .name = "every rule is found somewhere",
					 .test_func = every_rule_is_found_somewhere,
					 .initial_state = &names };

	if (argc > 1)
		return print_case(argv[1]);
	case_names_find(TESTDATA "/lint", &names);
	int failed = case_names_run("lint", &names, runs_case, &also);
	case_names_release(&names);
	return failed;
}
