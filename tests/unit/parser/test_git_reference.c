/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "../table.h"
#include "base/alloc.h"
#include "parser/git_reference.h"

static const char *choice_name(enum git_choice choice)
{
	return choice == GIT_YES ? "yes" : choice == GIT_NO ? "no" : "-";
}

static char *describe(const struct git_reference *reference)
{
	static const char *const transports[] = { "", "http", "https", "git", "ssh" };
	static const char *const times[] = { "-", "commit", "checkout" };

	return xasprintf("%s %s %s %u %s %s \"%s\" %s %s %s %s", transports[reference->transport],
			 reference->url, reference->host, reference->port,
			 reference->user ? reference->user : "-",
			 reference->ref ? reference->ref : "-", reference->sub_dir,
			 reference->checksum ? reference->checksum : "-",
			 choice_name(reference->keep_git_dir), choice_name(reference->submodules),
			 times[reference->times]);
}

static void check_reference(const char *const cells[TABLE_COLUMNS])
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	struct error err = ERROR_INIT;

	if (strcmp(cells[1], "!") == 0) {
		assert_int_equal(git_reference_parse(cells[0], &reference, &err), -1);
		if (!strstr(err.text, cells[2]))
			fail_msg("%s: '%s' is not in '%s'", cells[0], cells[2], err.text);
		assert_int_equal(err.code, ERROR_SYNTAX);
		return;
	}
	if (git_reference_parse(cells[0], &reference, &err) < 0)
		fail_msg("%s: %s", cells[0], err.text);
	autofree char *description = describe(&reference);
	assert_string_equal(description, cells[1]);
}

static void test_references(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/git/references.txt", check_reference) > 60);
}

static void check_kind(const char *const cells[TABLE_COLUMNS])
{
	bool is_git = source_is_git(cells[0]), is_http = source_is_http(cells[0]);
	const char *kind = is_git && is_http ? "both"
			   : is_git	     ? "git"
			   : is_http	     ? "http"
					     : "neither";

	if (strcmp(kind, cells[1]) != 0)
		fail_msg("%s: %s, not %s", cells[0], kind, cells[1]);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/git/kinds.txt", check_kind) > 15);
}

static void check_submodule(const char *const cells[TABLE_COLUMNS])
{
	cleanup(git_reference_release) struct git_reference parent = GIT_REFERENCE_INIT;
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(git_reference_parse(cells[0], &parent, &err), 0);
	int result = git_reference_resolve(&parent, cells[1], &reference, &err);
	if (*cells[2] == '!') {
		assert_int_equal(result, -1);
		if (!strstr(err.text, cells[2] + 1))
			fail_msg("%s: '%s' is not in '%s'", cells[1], cells[2] + 1, err.text);
		return;
	}
	if (result < 0)
		fail_msg("%s: %s", cells[1], err.text);
	assert_string_equal(reference.url, cells[2]);
}

static void test_submodules(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/git/submodules.txt", check_submodule) > 10);
}

static void check_shown(const char *const cells[TABLE_COLUMNS])
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	source_add_printable(cells[0], &shown);
	assert_string_equal(shown.data, cells[1]);
}

static void test_shown(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/git/shown.txt", check_shown) > 3);
}

static void test_password(void **state)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;
	autofree char *address = NULL, *user = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(git_reference_parse("https://u:p%40w@h/x.git#r", &reference, &err), 0);
	assert_string_equal(reference.password, "p@w");
	git_reference_add_printable(&reference, &shown);
	assert_string_equal(shown.data, "https://h/x.git#r");
	assert_int_equal(source_split_user("https://u:p%40w@h/x@y?z", &address, &user, &err), 0);
	assert_string_equal(address, "https://h/x@y?z");
	assert_string_equal(user, "u:p@w");
}

static void test_too_long(void **state)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	autofree char *text = xasprintf("https://h/%0*d.git", GIT_REFERENCE_MAX, 0);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(git_reference_parse(text, &reference, &err), -1);
	assert_non_null(strstr(err.text, "more than 8192 bytes"));
}

static void test_object_names(void **state)
{
	(void)state;
	assert_true(git_is_object_name("0123456789abcdef0123456789abcdef01234567"));
	assert_false(git_is_object_name("0123456789abcdef0123456789abcdef0123456"));
	assert_false(git_is_object_name("g123456789abcdef0123456789abcdef01234567"));
	assert_true(git_is_object_name(
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),   cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_submodules),   cmocka_unit_test(test_shown),
		cmocka_unit_test(test_password),     cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_object_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
