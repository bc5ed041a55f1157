/* SPDX-License-Identifier: Apache-2.0 */
/* rules: 13-max-ignore */
#include "../cmocka_head.h"
#include "../table.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "context/ignore.h"

#include <time.h>

static struct ignore *parsed(const char *text)
{
	struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;

	if (ignore_parse(text, strlen(text), ".dockerignore", &ignore, &err) < 0)
		fail_msg("%s", err.text);
	return ignore;
}

static const char *answer(const char *text, const char *path)
{
	cleanup(ignore_free) struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;

	if (ignore_parse(text, strlen(text), ".dockerignore", &ignore, &err) < 0)
		return "error";
	int ignored = ignore_match(ignore, path, &err);
	if (ignored < 0) {
		assert_non_null(strstr(err.text, "'.dockerignore': line "));
		assert_non_null(strstr(err.text, "syntax error in pattern"));
		return "broken";
	}
	return ignored ? "ignored" : "kept";
}

static void check_row(const char *const cells[TABLE_COLUMNS])
{
	autofree char *text = table_unescape(cells[0]);
	autofree char *path = table_unescape(cells[1]);

	const char *is = answer(text, path);
	if (strcmp(is, cells[2]) != 0)
		fail_msg("'%s' on '%s': %s instead of %s", cells[0], cells[1], is, cells[2]);
}

/* P-09 */
static void decides_as_documented(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/ignore/match", check_row) > 130);
}

static void nothing_excludes_the_context_itself(void **state)
{
	cleanup(ignore_free) struct ignore *ignore = parsed("*\n.\n/\n**\n");
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(ignore_match(ignore, "", &err), 0);
}

static void an_empty_file_ignores_nothing(void **state)
{
	cleanup(ignore_free) struct ignore *ignore = parsed("");
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(ignore_match(ignore, "a/b", &err), 0);
	assert_false(ignore_has_exceptions(ignore));
	assert_false(ignore_may_reinclude_below(ignore, "a"));
}

static void refuse(const char *text, size_t len, const char *what)
{
	struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(ignore_parse(text, len, "x.dockerignore", &ignore, &err), -1);
	assert_int_equal(err.code, ERROR_SYNTAX);
	if (!strstr(err.text, what))
		fail_msg("'%s' does not say '%s'", err.text, what);
}

static void errors_name_file_and_line(void **state)
{
	cleanup(buf_release) struct buf large = BUF_INIT;

	(void)state;
	refuse("a\n\n# x\n[b\n", 10, "'x.dockerignore': line 4: syntax error in pattern '[b'");
	refuse("a\n!\n", 4, "'x.dockerignore': line 2: illegal exclusion pattern: \"!\"");
	refuse("a\0b\n", 4, "line 1 holds a NUL byte");
	for (size_t i = 0; i < 70000; i++)
		buf_add_char(&large, 'a');
	refuse(large.data, large.len, "line 1 is longer than 65535 bytes");
	for (size_t i = 0; large.len <= IGNORE_FILE_SIZE_MAX; i++)
		buf_add_text(&large, i % 16 ? "aaaaaaaa" : "\n");
	refuse(large.data, large.len, "'x.dockerignore' is larger than 1048576 bytes");
}

static void single_patterns_are_taken_as_they_are(void **state)
{
	const char *const patterns[] = { "#x", " *.md ", "!/keep.md", "!b.md", "" };
	cleanup(ignore_free) struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(ignore_of_patterns(patterns, countof(patterns), &ignore, &err), 0);
	assert_int_equal(ignore_match(ignore, "#x", &err), 1);
	assert_int_equal(ignore_match(ignore, "a.md", &err), 1);
	assert_int_equal(ignore_match(ignore, "keep.md", &err), 1);
	assert_int_equal(ignore_match(ignore, "b.md", &err), 0);
	const char *const bad = "[";
	assert_int_equal(ignore_of_patterns(&bad, 1, &ignore, &err), -1);
	assert_string_equal(err.text, "syntax error in pattern '['");
}

static bool reincludes(const char *text, const char *dir)
{
	cleanup(ignore_free) struct ignore *ignore = parsed(text);

	return ignore_may_reinclude_below(ignore, dir);
}

static void directories_without_exceptions_are_left_out(void **state)
{
	(void)state;
	assert_false(reincludes("node_modules\n", "node_modules"));
	assert_true(reincludes("a\n!a/b/c\n", "a"));
	assert_true(reincludes("a\n!a/b/c\n", "a/b"));
	assert_false(reincludes("a\n!a/b/c\n", "a/x"));
	assert_false(reincludes("*\n!src\n", "node_modules"));
	assert_true(reincludes("*\n!**/keep\n", "node_modules"));
	assert_true(reincludes("*\n!*/keep\n", "node_modules"));
	assert_false(reincludes("*\n!*/keep\n", "node_modules/a"));
	/* The exception stands before what excludes the directory, so it cannot win. */
	assert_false(reincludes("!a/keep\na\n", "a"));
	assert_true(reincludes("a\n!a/keep\na\n", "a"));
}

/* The rules by their index must decide as one that is asked for each path alone. */
static void a_walk_gives_the_same_answers(void **state)
{
	static const char *const paths[] = { "a",     "a/b",	"a/b/c", "a/b/c/d",
					     "a/b/e", "a/keep", "b",	 "b/x.md" };
	cleanup(ignore_free) struct ignore *ignore =
		parsed("a\n!a/b\na/b/c\n!a/b/c/d\n**/*.md\n!a/keep\n*\n!b\n");
	struct ignore_state states[8] = { 0 };
	static const int parents[] = { -1, 0, 1, 2, 1, 0, -1, 6 };
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < countof(paths); i++) {
		const struct ignore_state *parent = parents[i] < 0 ? NULL : &states[parents[i]];
		assert_int_equal(ignore_step(ignore, parent, paths[i], &states[i], &err), 0);
		assert_int_equal(states[i].is_ignored, ignore_match(ignore, paths[i], &err));
	}
	for (size_t i = 0; i < countof(paths); i++)
		ignore_state_release(&states[i]);
}

/* Of this process, whatever else runs. */
static double processor_seconds(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Of every kind, none of them matching but the exceptions. */
static void add_many_patterns(struct buf *text)
{
	static const char *const forms[] = {
		"dir%zu/gone\n",	 "**/name%zu\n",     "*.ext%zu\n",   "**/*.log%zu\n",
		"**/pre%zu*\n",		 "a/**/deep%zu/b\n", "!keep/f%zu\n", "tmp%zu/**\n",
		"src/*/gen%zu_*.[ch]\n", "!src/*/k%zu?x\n",
	};

	for (size_t i = 0; i < 10000; i++) {
		/* The one format that is not literal here comes from the table above. */
		const char *form = forms[i % countof(forms)];
		const char *at = strstr(form, "%zu");
		buf_add(text, form, (size_t)(at - form));
		buf_printf(text, "%zu%s", i, at + 3);
	}
}

/* P-09 */
static void many_patterns_and_many_paths_are_fast(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	size_t n_ignored = 0;
	char path[128];

	(void)state;
	add_many_patterns(&text);
	cleanup(ignore_free) struct ignore *ignore = parsed(text.data);
	double start = processor_seconds();
	for (size_t i = 0; i < 100000; i++) {
		(void)snprintf(path, sizeof(path), "src/module%zu/part%zu/file_%zu.c", i % 100,
			       i % 1000, i);
		if (i % 1000 == 0)
			(void)snprintf(path, sizeof(path), "src/m/x/y/z.ext%zu", i);
		if (i % 1000 == 1)
			(void)snprintf(path, sizeof(path), "src/m/x/name%zu", i);
		int ignored = ignore_match(ignore, path, &err);
		assert_true(ignored >= 0);
		n_ignored += (size_t)ignored;
	}
	double seconds = processor_seconds() - start;
	print_message("100000 paths by 10000 patterns: %.2f s\n", seconds);
	assert_int_equal(n_ignored, 10);
	/* Ten times what it takes: a loop over all patterns would need minutes. */
	assert_true(seconds < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_as_documented),
		cmocka_unit_test(nothing_excludes_the_context_itself),
		cmocka_unit_test(an_empty_file_ignores_nothing),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(single_patterns_are_taken_as_they_are),
		cmocka_unit_test(directories_without_exceptions_are_left_out),
		cmocka_unit_test(a_walk_gives_the_same_answers),
		cmocka_unit_test(many_patterns_and_many_paths_are_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
