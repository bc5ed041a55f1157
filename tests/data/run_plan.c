/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testdata/plan/<case>/: Dockerfile; args, one option a line as on the command line; images.json,
 * the configs of base images by reference (or "REFERENCE PLATFORM"). What it comes to is one of
 *
 *	plan.json   of plan_dump: each member that stands there must be in the plan, lists whole;
 *		    null means that the member is not there
 *	needs.json  the references that plan_find_needs asks for
 *	error       as in run_dockerfile.c
 *
 * With a case's name, or the path of a folder, as argument the outcome is printed instead, for a
 * new case; it has to be checked by hand.
 */
#include "case_names.h"

#include "../unit/cmocka_head.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "base/vec.h"
#include "plan/plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 32 * 1024 * 1024, CONTEXTS_MAX = 8, PLATFORMS_MAX = 4 };

struct image {
	char *key;
	struct image_config *config;
};

struct test_case {
	struct plan_options options;
	struct named_context contexts[CONTEXTS_MAX];
	struct platform platforms[PLATFORMS_MAX];
	struct strv texts; /* what the options point to */
	VEC(struct image) images;
};

static void test_case_release(struct test_case *test)
{
	strv_release(&test->options.build_args);
	strv_release(&test->options.labels);
	strv_release(&test->options.no_cache_filter);
	strv_release(&test->options.allowed_devices);
	strv_release(&test->texts);
	for (size_t i = 0; i < test->images.len; i++) {
		free(test->images.items[i].key);
		image_config_free(test->images.items[i].config);
	}
	vec_release(&test->images);
}
DEFINE_RELEASE(struct test_case, test_case_release);

/* 1 read, 0 not there. */
static int read_case_file(int case_fd, const char *file, struct buf *text)
{
	struct error err = ERROR_INIT;
	int found = fs_read_whole(case_fd, file, FILE_MAX, file, text, &err);

	if (found < 0)
		fail_msg("%s", err.text);
	return found;
}

static const char *keep(struct test_case *test, const char *text)
{
	strv_add(&test->texts, text);
	return test->texts.items[test->texts.len - 1];
}

static void add_context(struct test_case *test, const char *option)
{
	const char *equals = strchr(option, '=');
	struct named_context *context = &test->contexts[test->options.n_contexts++];
	autofree char *name = xstrndup(option, (size_t)(equals - option));

	assert_in_range(test->options.n_contexts, 1, CONTEXTS_MAX);
	context->name = keep(test, name);
	context->value = keep(test, equals + 1);
	context->kind = text_has_prefix(context->value, "docker-image://") ? NAMED_IMAGE
			: text_has_prefix(context->value, "oci-layout://") ? NAMED_LAYOUT
			: text_has_prefix(context->value, "target:")	   ? NAMED_TARGET
									   : NAMED_DIRECTORY;
}

static void add_platform(struct test_case *test, const char *text)
{
	struct error err = ERROR_INIT;

	assert_in_range(test->options.n_platforms, 0, PLATFORMS_MAX - 1);
	if (platform_parse(text, &test->platforms[test->options.n_platforms++], &err) < 0)
		fail_msg("%s", err.text);
}

static bool add_number_option(struct plan_options *options, const char *name, const char *value)
{
	if (strcmp(name, "--no-cache") == 0)
		options->no_cache = true;
	else if (strcmp(name, "--network") == 0)
		options->network = strcmp(value, "host") == 0 ? NETWORK_HOST : NETWORK_NONE;
	else if (strcmp(name, "--allow") == 0 && strcmp(value, "network.host") == 0)
		options->allows_host_network = true;
	else if (strcmp(name, "--allow") == 0 && strcmp(value, "device") == 0)
		strv_add(&options->allowed_devices, "");
	else if (strcmp(name, "--allow") == 0)
		options->allows_insecure = true;
	else if (strcmp(name, "--epoch") == 0)
		options->has_epoch = true;
	else
		return false;
	if (options->has_epoch)
		options->epoch = strtoll(value, NULL, 10);
	return true;
}

static void add_option(struct test_case *test, const char *name, const char *value)
{
	struct plan_options *options = &test->options;

	if (strcmp(name, "--build-arg") == 0)
		strv_add(&options->build_args, value);
	else if (strcmp(name, "--label") == 0)
		strv_add(&options->labels, value);
	else if (strcmp(name, "--target") == 0)
		options->target = keep(test, value);
	else if (strcmp(name, "--platform") == 0)
		add_platform(test, value);
	else if (strcmp(name, "--no-cache-filter") == 0)
		strv_add(&options->no_cache_filter, value);
	else if (strcmp(name, "--build-context") == 0)
		add_context(test, value);
	else if (!add_number_option(options, name, value))
		fail_msg("unknown option '%s'", name);
}

static void read_args(struct test_case *test, int case_fd)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(platform_parse("linux/amd64", &test->options.build_platform, &err), 0);
	test->options.platforms = test->platforms;
	test->options.contexts = test->contexts;
	test->contexts[test->options.n_contexts++] =
		(struct named_context){ .kind = NAMED_DIRECTORY, .value = "." };
	(void)read_case_file(case_fd, "args", &text);
	for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
		char *blank = strchr(line, ' ');
		if (blank)
			*blank++ = '\0';
		add_option(test, line, blank ? blank : "");
	}
}

static void read_images(struct test_case *test, int case_fd)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(value_free) json_t *images = NULL;
	struct error err = ERROR_INIT;
	const char *key;
	json_t *value;

	if (!read_case_file(case_fd, "images.json", &text))
		return;
	if (value_read(text.data, text.len, "images.json", &images, &err) < 0)
		fail_msg("%s", err.text);
	json_object_foreach(images, key, value)
	{
		cleanup(buf_release) struct buf config = BUF_INIT;
		struct image image = { .key = xstrdup(key) };
		value_write(value, 0, &config);
		if (image_config_decode(config.data, config.len, &image.config, &err) < 0)
			fail_msg("%s: %s", key, err.text);
		vec_push(&test->images, image);
	}
}

static int find_image(void *context, const char *reference, const struct platform *platform,
		      const struct image_config **ret_config)
{
	const struct test_case *test = context;
	cleanup(buf_release) struct buf exact = BUF_INIT;
	int found = 0;

	buf_printf(&exact, "%s ", reference);
	platform_format(platform, &exact);
	for (size_t i = 0; i < test->images.len; i++) {
		bool is_exact = strcmp(test->images.items[i].key, exact.data) == 0;
		if (!is_exact && (found || strcmp(test->images.items[i].key, reference) != 0))
			continue;
		*ret_config = test->images.items[i].config;
		found = 1;
	}
	return found;
}

static json_t *dump_needs(const struct plan_needs *needs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < needs->n_images; i++) {
		cleanup(buf_release) struct buf text = BUF_INIT;
		buf_printf(&text, "%s ", needs->images[i].reference);
		platform_format(&needs->images[i].platform, &text);
		(void)json_array_append_new(array, value_of_text(text.data));
	}
	return array;
}

/* What holds for every plan. */
static void check_plan(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		for (size_t k = 0; k < step->n_inputs; k++) {
			assert_true(step->inputs[k] < i);
			assert_true(!k || step->inputs[k - 1] < step->inputs[k]);
		}
		if (step->parent.kind == TREE_STEP)
			assert_true(step->parent.index < i);
		assert_int_not_equal(step->parent.kind, TREE_CONTEXT);
		assert_non_null(step->title);
		assert_non_null(step->text);
	}
	assert_true(plan->n_targets >= 1);
	for (size_t i = 0; i < plan->n_targets; i++)
		assert_int_not_equal(plan->targets[i].tree.kind, TREE_CONTEXT);
}

enum outcome { OUTCOME_PLAN, OUTCOME_NEEDS, OUTCOME_ERROR };
static const char *const OUTCOME_FILES[] = { "plan.json", "needs.json", "error" };

static int plan_case(struct test_case *test, const struct buf *text, enum outcome *ret_outcome,
		     json_t **ret_value, struct error *err)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;
	struct image_lookup lookup = { .find = find_image, .context = test };

	if (dockerfile_parse(text->data, text->len, &dockerfile, err) < 0 ||
	    plan_find_needs(dockerfile, &test->options, &lookup, &needs, err) < 0)
		return -1;
	*ret_outcome = needs.n_images ? OUTCOME_NEEDS : OUTCOME_PLAN;
	if (needs.n_images) {
		*ret_value = dump_needs(&needs);
		return 0;
	}
	if (plan_make(dockerfile, &test->options, &lookup, &plan, err) < 0)
		return -1;
	dockerfile_free(take_ptr(&dockerfile)); /* a plan stands on its own */
	check_plan(plan);
	*ret_value = plan_dump(plan);
	return 0;
}

static void add_problem(const struct buf *text, const struct error *err, struct buf *outcome)
{
	buf_printf(outcome, "%u:%u-%u %s %s\n", err->at.line, err->at.column, err->at.last_line,
		   error_code_name(err->code), err->text);
	dockerfile_excerpt(text->data, text->len, "Dockerfile", err->at, outcome);
}

static enum outcome run_case(int case_fd, struct buf *outcome, json_t **ret_value)
{
	cleanup(test_case_release) struct test_case test = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(error_list_release) struct error_list errors = ERROR_LIST_INIT;
	struct error err = ERROR_INIT;
	enum outcome kind = OUTCOME_ERROR;

	assert_int_equal(read_case_file(case_fd, "Dockerfile", &text), 1);
	read_args(&test, case_fd);
	read_images(&test, case_fd);
	test.options.errors = &errors;
	if (plan_case(&test, &text, &kind, ret_value, &err) < 0) {
		if (!errors.len)
			add_problem(&text, &err, outcome);
		for (size_t i = 0; i < errors.len; i++)
			add_problem(&text, &errors.items[i], outcome);
		return OUTCOME_ERROR;
	}
	value_write(*ret_value, 2, outcome);
	buf_add_char(outcome, '\n');
	return kind;
}

/* Is all that is wanted there? Else *path says where it is not. */
static bool matches(json_t *wanted, const json_t *have, struct buf *path)
{
	size_t len = path->len, i;
	const char *key;
	json_t *value;

	if (json_is_array(wanted) && json_array_size(wanted) != json_array_size(have))
		return false;
	if (json_is_array(wanted)) {
		json_array_foreach(wanted, i, value)
		{
			buf_printf(path, "[%zu]", i);
			if (!matches(value, json_array_get(have, i), path))
				return false;
			buf_truncate(path, len);
		}
		return true;
	}
	if (!json_is_object(wanted))
		return json_is_null(wanted) ? !have || json_is_null(have)
					    : json_equal(wanted, have);
	json_object_foreach(json_is_object(have) ? wanted : NULL, key, value)
	{
		buf_printf(path, ".%s", key);
		if (!matches(value, json_object_get(have, key), path))
			return false;
		buf_truncate(path, len);
	}
	return json_is_object(have);
}

static void compare(enum outcome kind, const struct buf *wanted, const json_t *value,
		    const struct buf *outcome)
{
	cleanup(value_free) json_t *wanted_value = NULL;
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct error err = ERROR_INIT;

	if (kind == OUTCOME_ERROR) {
		assert_string_equal(outcome->data, wanted->data);
		return;
	}
	if (value_read(wanted->data, wanted->len, OUTCOME_FILES[kind], &wanted_value, &err) < 0)
		fail_msg("%s", err.text);
	if (!matches(wanted_value, value, &path))
		fail_msg("not what was expected at %s", path.data);
}

static int open_case(const char *name)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct error err = ERROR_INIT;
	int case_fd = -1;

	buf_printf(&path, "%s%s", strchr(name, '/') ? "" : TESTDATA "/plan/", name);
	if (fs_open_dir(path.data, false, &case_fd, &err) < 0)
		fail_msg("%s", err.text);
	return case_fd;
}

static void runs_case(void **state)
{
	const char *name = *state;
	cleanup(buf_release) struct buf wanted = BUF_INIT;
	cleanup(buf_release) struct buf outcome = BUF_INIT;
	cleanup(value_free) json_t *value = NULL;
	autoclose int case_fd = open_case(name);

	enum outcome kind = run_case(case_fd, &outcome, &value);
	if (!read_case_file(case_fd, OUTCOME_FILES[kind], &wanted))
		fail_msg("%s\nis not the outcome that was expected", outcome.data);
	compare(kind, &wanted, value, &outcome);
}

static int print_case(const char *name)
{
	cleanup(buf_release) struct buf outcome = BUF_INIT;
	cleanup(value_free) json_t *value = NULL;
	autoclose int case_fd = open_case(name);

	enum outcome kind = run_case(case_fd, &outcome, &value);
	(void)fputs(outcome.data, stdout);
	return (int)kind;
}

int main(int argc, char **argv)
{
	struct case_names names = VEC_INIT;

	if (argc > 1)
		return print_case(argv[1]);
	case_names_find(TESTDATA "/plan", &names);
	int failed = case_names_run("plan", &names, runs_case, NULL);
	case_names_release(&names);
	return failed;
}
