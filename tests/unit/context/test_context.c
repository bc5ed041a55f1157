/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_tree.h"

#include "base/alloc.h"
#include "context/context.h"

#include <fcntl.h>

static int try_open(const struct temp_tree *tree, const char *dockerfile,
		    struct context **ret_context, struct error *err)
{
	const struct context_request request = { .path = tree->path,
						 .dockerfile = dockerfile,
						 .stdin_fd = -1 };

	return context_open(&request, ret_context, err);
}

static struct context *opened(const struct temp_tree *tree, const char *dockerfile)
{
	struct context *context = NULL;
	struct error err = ERROR_INIT;

	if (try_open(tree, dockerfile, &context, &err) < 0)
		fail_msg("%s", err.text);
	return context;
}

static void expect_text(const struct temp_tree *tree, const char *dockerfile, const char *name,
			const char *text)
{
	cleanup(context_close) struct context *context = opened(tree, dockerfile);

	assert_string_equal(context->dockerfile.data, text);
	assert_string_equal(context->dockerfile_name, name);
}

static void expect_error(const struct temp_tree *tree, const char *dockerfile, enum error_code code,
			 const char *what)
{
	struct context *context = NULL;
	struct error err = ERROR_INIT;

	if (try_open(tree, dockerfile, &context, &err) == 0)
		fail_msg("was opened");
	if (!strstr(err.text, what))
		fail_msg("'%s' does not say '%s'", err.text, what);
	assert_int_equal(err.code, code);
}

static void takes_the_dockerfile_of_the_context(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "dockerfile", "FROM lower");
	expect_text(tree, NULL, "dockerfile", "FROM lower");
	temp_tree_write(tree, "Dockerfile", "FROM upper");
	expect_text(tree, NULL, "Dockerfile", "FROM upper");
}

static void dash_f_is_a_host_path(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "sub/My.dockerfile");
	autofree char *lower = path_join(tree->path, "only/Dockerfile");

	temp_tree_write(tree, "sub/My.dockerfile", "FROM given");
	expect_text(tree, path, path, "FROM given");
	/* The lower-case name stands in for the usual one, wherever that is. */
	temp_tree_write(tree, "only/dockerfile", "FROM lower");
	autofree char *found = path_join(tree->path, "only/dockerfile");
	expect_text(tree, lower, found, "FROM lower");
}

static void says_where_it_looked_and_what_is_there(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "Dockerfile.prod");

	expect_error(tree, NULL, ERROR_NOT_FOUND,
		     "no Dockerfile: neither 'Dockerfile' nor 'dockerfile' is in '");
	temp_tree_write(tree, "Dockerfile.txt", "");
	temp_tree_write(tree, "DOCKERFILE", "");
	temp_tree_write(tree, "README", "");
	temp_tree_write(tree, "Dockerfile.dockerignore", "");
	expect_error(tree, NULL, ERROR_NOT_FOUND, "'; there is 'DOCKERFILE', 'Dockerfile.txt'");
	expect_error(tree, path, ERROR_NOT_FOUND, "Dockerfile.prod'; there is 'DOCKERFILE'");
	temp_tree_write(tree, "build/app.x", "");
	expect_error(tree, "build/app.x", ERROR_NOT_FOUND, "directory 'build' of the Dockerfile");
	expect_error(tree, "README", ERROR_NOT_FOUND,
		     "there is one in the context: -f is relative to the working directory");
}

static void symlinks_stay_within_their_directory(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "sub/Dockerfile");

	temp_tree_write(tree, "real/file", "FROM real");
	temp_tree_link(tree, "Dockerfile", "real/file");
	expect_text(tree, NULL, "Dockerfile", "FROM real");
	temp_tree_link(tree, "sub/Dockerfile", "../real/file");
	expect_error(tree, path, ERROR_NOT_FOUND,
		     "is a symbolic link to '../real/file', which is not in '");
}

static void refuses_what_is_no_file(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(mkfifoat(tree->fd, "Dockerfile", 0600), 0);
	expect_error(tree, NULL, ERROR_USAGE, "/Dockerfile' is not a regular file");
	assert_int_equal(unlinkat(tree->fd, "Dockerfile", 0), 0);
	temp_tree_dir(tree, "Dockerfile");
	expect_error(tree, NULL, ERROR_USAGE, "Dockerfile' is not a regular file");
}

static void reads_standard_input(void **state)
{
	struct temp_tree *tree = *state;
	cleanup(context_close) struct context *context = NULL;
	struct error err = ERROR_INIT;
	int ends[2];

	/* The context's own files of these names are not meant. */
	temp_tree_write(tree, "Dockerfile", "FROM file");
	temp_tree_write(tree, "Dockerfile.dockerignore", "a\n");
	temp_tree_write(tree, ".dockerignore", "b\n");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fs_write_all(ends[1], "FROM pipe", 9, &err), 0);
	(void)close(ends[1]);
	const struct context_request request = { .path = tree->path,
						 .dockerfile = "-",
						 .stdin_fd = ends[0] };
	assert_int_equal(context_open(&request, &context, &err), 0);
	(void)close(ends[0]);
	assert_string_equal(context->dockerfile.data, "FROM pipe");
	assert_int_equal(ignore_match(context->ignore, "a", &err), 0);
	assert_int_equal(ignore_match(context->ignore, "b", &err), 1);
}

static void a_dockerfile_needs_no_context(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "Dockerfile");
	cleanup(context_close) struct context *context = NULL;
	const struct context_request request = { .dockerfile = path };
	const struct context_request nothing = { .stdin_fd = -1 };
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "Dockerfile", "FROM x");
	temp_tree_write(tree, ".dockerignore", "b\n");
	assert_int_equal(context_open(&request, &context, &err), 0);
	assert_int_equal(context->fd, -1);
	assert_null(context->ignore);
	struct context *other = NULL;
	assert_int_equal(context_open(&nothing, &other, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
}

/* P-09 */
static void the_dockerfiles_own_ignore_file_wins(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "sub/x.dockerfile");
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "Dockerfile", "");
	cleanup(context_close) struct context *none = opened(tree, NULL);
	assert_null(none->ignore);
	temp_tree_write(tree, ".dockerignore", "a\n");
	cleanup(context_close) struct context *usual = opened(tree, NULL);
	assert_int_equal(ignore_match(usual->ignore, "a", &err), 1);
	/* Completely, even when it is empty. */
	temp_tree_write(tree, "Dockerfile.dockerignore", "");
	cleanup(context_close) struct context *own = opened(tree, NULL);
	assert_int_equal(ignore_match(own->ignore, "a", &err), 0);
	temp_tree_write(tree, "sub/x.dockerfile", "");
	temp_tree_write(tree, "sub/x.dockerfile.dockerignore", "s\n");
	cleanup(context_close) struct context *beside = opened(tree, path);
	assert_int_equal(ignore_match(beside->ignore, "a", &err), 0);
	assert_int_equal(ignore_match(beside->ignore, "s", &err), 1);
	temp_tree_write(tree, "Dockerfile.dockerignore", "x\n[\n");
	expect_error(tree, NULL, ERROR_SYNTAX,
		     "'Dockerfile.dockerignore': line 2: syntax error in pattern '['");
}

/* The ignore file that goes with "dockerfile" has that name too. */
static void the_own_ignore_file_goes_by_the_name_that_was_found(void **state)
{
	struct temp_tree *tree = *state;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "dockerfile", "");
	temp_tree_write(tree, "dockerfile.dockerignore", "a\n");
	cleanup(context_close) struct context *context = opened(tree, NULL);
	assert_int_equal(ignore_match(context->ignore, "a", &err), 1);
}

static void a_given_ignore_file_must_be_there(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *path = path_join(tree->path, "my.ignore");
	const struct context_request request = { .path = tree->path, .ignore_file = path };
	struct context *context = NULL;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "Dockerfile", "");
	temp_tree_write(tree, ".dockerignore", "a\n");
	assert_int_equal(context_open(&request, &context, &err), -1);
	assert_non_null(strstr(err.text, "no ignore file '"));
	temp_tree_write(tree, "my.ignore", "b\n");
	assert_int_equal(context_open(&request, &context, &err), 0);
	assert_int_equal(ignore_match(context->ignore, "a", &err), 0);
	assert_int_equal(ignore_match(context->ignore, "b", &err), 1);
	context_close(context);
}

static void named_contexts_have_their_own_rules(void **state)
{
	struct temp_tree *tree = *state;
	cleanup(context_close) struct context *context = NULL;
	struct error err = ERROR_INIT;

	temp_tree_write(tree, ".dockerignore", "a\n");
	temp_tree_write(tree, "Dockerfile.dockerignore", "b\n");
	assert_int_equal(context_open_named(tree->path, &context, &err), 0);
	assert_null(context->dockerfile_name);
	assert_int_equal(ignore_match(context->ignore, "a", &err), 1);
	assert_int_equal(ignore_match(context->ignore, "b", &err), 0);
}

static void expect_context_error(const char *path, const char *dockerfile, enum error_code code,
				 const char *what)
{
	const struct context_request request = { .path = path, .dockerfile = dockerfile };
	struct context *context = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(context_open(&request, &context, &err), -1);
	if (!strstr(err.text, what))
		fail_msg("'%s' does not say '%s'", err.text, what);
	assert_int_equal(err.code, code);
}

static void refuses_what_is_no_directory(void **state)
{
	struct temp_tree *tree = *state;
	autofree char *file = path_join(tree->path, "x.tar");

	expect_context_error("-", "-", ERROR_USAGE, "both build context and Dockerfile");
	temp_tree_write(tree, "x.tar", "");
	expect_context_error(file, NULL, ERROR_USAGE, "an archive is given as standard input");
	expect_context_error("no/such/dir", NULL, ERROR_NOT_FOUND, "build context 'no/such/dir'");
}

/* Of what was fetched: -f is a path in it, ignore files are files. */
static void a_fetched_context_is_taken_as_it_is(void **state)
{
	struct temp_tree *tree = *state;
	cleanup(context_close) struct context *context = NULL, *other = NULL;
	autoclose int dir_fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct context_request request = { .path = "https://h/x.git",
					   .is_fetched = true,
					   .dir_fd = dir_fd,
					   .dockerfile = "sub/D" };
	struct error err = ERROR_INIT;

	temp_tree_write(tree, "sub/D", "FROM a");
	temp_tree_write(tree, ".dockerignore", "*");
	assert_int_equal(context_open(&request, &context, &err), 0);
	assert_string_equal(context->dockerfile.data, "FROM a");
	assert_string_equal(context->dockerfile_name, "sub/D");
	assert_null(context->ignore);
	request.dockerfile = NULL;
	assert_int_equal(context_open(&request, &other, &err), -1);
	assert_non_null(strstr(err.text, "is in 'https://h/x.git'"));
	/* a text that was fetched beside it */
	request.text_name = "context";
	request.text_fd = openat(dir_fd, "sub/D", O_RDONLY | O_CLOEXEC);
	assert_int_equal(context_open(&request, &other, &err), 0);
	assert_string_equal(other->dockerfile_name, "context");
	assert_string_equal(other->dockerfile.data, "FROM a");
	(void)close(request.text_fd);
}

static void ceilings_are_named(void **state)
{
	struct temp_tree *tree = *state;

	temp_tree_write(tree, "Dockerfile", "");
	temp_tree_write(tree, ".dockerignore", "");
	autoclose int ignore = openat(tree->fd, ".dockerignore", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(ignore, IGNORE_FILE_SIZE_MAX + 1), 0);
	expect_error(tree, NULL, ERROR_CORRUPT, "'.dockerignore' is larger than 1048576 bytes");
	autoclose int dockerfile = openat(tree->fd, "Dockerfile", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(dockerfile, CONTEXT_DOCKERFILE_MAX + 1), 0);
	expect_error(tree, NULL, ERROR_CORRUPT, "Dockerfile' is larger than 16777216 bytes");
}

static int set_up(void **state)
{
	struct temp_tree *tree = xcalloc(1, sizeof(*tree));

	*tree = temp_tree_make();
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	temp_tree_remove(*state);
	free(*state);
	return 0;
}

#define tree_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(takes_the_dockerfile_of_the_context),
		tree_test(dash_f_is_a_host_path),
		tree_test(says_where_it_looked_and_what_is_there),
		tree_test(symlinks_stay_within_their_directory),
		tree_test(refuses_what_is_no_file),
		tree_test(reads_standard_input),
		tree_test(a_dockerfile_needs_no_context),
		tree_test(the_dockerfiles_own_ignore_file_wins),
		tree_test(the_own_ignore_file_goes_by_the_name_that_was_found),
		tree_test(a_given_ignore_file_must_be_there),
		tree_test(named_contexts_have_their_own_rules),
		tree_test(refuses_what_is_no_directory),
		tree_test(a_fetched_context_is_taken_as_it_is),
		tree_test(ceilings_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
