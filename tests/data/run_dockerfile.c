/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testdata/dockerfile/<case>/Dockerfile, and what it comes to: ast.json, as dockerfile_dump gives
 * it, or error: of every error one line "LINE:COLUMN-LAST_LINE CODE TEXT" and what a person is
 * shown of the file. With the name of a case as argument its outcome is printed instead, for a new
 * case; it has to be checked by hand.
 */
#include "case_names.h"

#include "../unit/cmocka_head.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/vec.h"
#include "parser/dockerfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 16 * 1024 * 1024 };

/* 1 read, 0 not there. */
static int read_case_file(int cases_fd, const char *name, const char *file, struct buf *text)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct error err = ERROR_INIT;

	buf_printf(&path, "%s/%s", name, file);
	int found = fs_read_whole(cases_fd, path.data, FILE_MAX, path.data, text, &err);
	if (found < 0)
		fail_msg("%s", err.text);
	return found;
}

static void add_problem(const struct buf *text, const struct error *err, struct buf *outcome)
{
	buf_printf(outcome, "%u:%u-%u %s %s\n", err->at.line, err->at.column, err->at.last_line,
		   error_code_name(err->code), err->text);
	dockerfile_excerpt(text->data, text->len, "Dockerfile", err->at, outcome);
}

static void print_outcome(const struct buf *text, struct buf *outcome, bool *ret_is_error)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(error_list_release) struct error_list errors = ERROR_LIST_INIT;
	struct error err = ERROR_INIT;

	*ret_is_error =
		dockerfile_parse_all(text->data, text->len, NULL, &errors, &dockerfile, &err) < 0;
	if (*ret_is_error && !errors.len)
		add_problem(text, &err, outcome);
	for (size_t i = 0; i < errors.len; i++)
		add_problem(text, &errors.items[i], outcome);
	if (*ret_is_error)
		return;
	cleanup(value_free) json_t *ast = dockerfile_dump(dockerfile);
	value_write(ast, 2, outcome);
	buf_add_char(outcome, '\n');
}

static void runs_case(void **state)
{
	const char *name = *state;
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf wanted = BUF_INIT;
	cleanup(buf_release) struct buf outcome = BUF_INIT;
	struct error err = ERROR_INIT;
	bool is_error;
	int cases_fd = -1;

	assert_int_equal(fs_open_dir(TESTDATA "/dockerfile", false, &cases_fd, &err), 0);
	assert_int_equal(read_case_file(cases_fd, name, "Dockerfile", &text), 1);
	print_outcome(&text, &outcome, &is_error);
	int has_ast = read_case_file(cases_fd, name, "ast.json", &wanted);
	if (!has_ast)
		assert_int_equal(read_case_file(cases_fd, name, "error", &wanted), 1);
	(void)close(cases_fd);
	if (is_error == !!has_ast)
		fail_msg("%s\nis not the outcome that was expected", outcome.data);
	assert_string_equal(outcome.data, wanted.data);
}

static int print_case(const char *name)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf outcome = BUF_INIT;
	struct error err = ERROR_INIT;
	bool is_error;
	int cases_fd = -1;

	if (fs_open_dir(TESTDATA "/dockerfile", false, &cases_fd, &err) < 0)
		return 1;
	int found = read_case_file(cases_fd, name, "Dockerfile", &text);
	(void)close(cases_fd);
	if (found)
		print_outcome(&text, &outcome, &is_error);
	(void)fputs(outcome.data, stdout);
	return found ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct case_names names = VEC_INIT;

	if (argc > 1)
		return print_case(argv[1]);
	case_names_find(TESTDATA "/dockerfile", &names);
	int failed = case_names_run("dockerfile", &names, runs_case, NULL);
	case_names_release(&names);
	return failed;
}
