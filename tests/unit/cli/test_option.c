/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "../cmocka_head.h"

#include <stdlib.h>
#include <string.h>

struct values {
	bool quiet, loud;
	char *name;
	struct strv tags;
	unsigned jobs;
	int64_t grace;
	int color, pull;
};

#define AT(field) offsetof(struct values, field)

static const struct option_choice colors[] = { { "red", 1 }, { "green", 2 }, { NULL, 0 } };
static const struct option_choice pulls[] = { { "always", 1 }, { "never", 2 }, { NULL, 0 } };

static const struct option rows[] = {
	OPTION_ROW("quiet", 'q', OPTION_BOOL, AT(quiet), NULL, ""),
	OPTION_ROW("loud", 'l', OPTION_BOOL, AT(loud), NULL, ""),
	OPTION_ROW("file", 'f', OPTION_TEXT, AT(name), "PATH", "", .once = "one is read"),
	OPTION_ROW("dockerfile", 0, OPTION_TEXT, AT(name), "PATH", "", .once = "one is read"),
	OPTION_ROW("tag", 't', OPTION_LIST, AT(tags), "NAME", ""),
	OPTION_ROW("jobs", 0, OPTION_UNSIGNED, AT(jobs), "N", ""),
	OPTION_ROW("stop-grace", 0, OPTION_DURATION, AT(grace), "DURATION", "",
		   .peer_variable = "PEER_GRACE"),
	OPTION_ROW("color", 0, OPTION_CHOICE, AT(color), "COLOR", "", .choices = colors),
	OPTION_ROW("pull", 0, OPTION_MAYBE, AT(pull), "POLICY", "", .choices = pulls),
	OPTION_ROW("secret-word", 0, OPTION_TEXT, AT(name), "WORD", "", .command_line_only = true),
	OPTION_ANSWER("layers", 0, OPTION_BOOL, OPTION_LINE, "always on"),
	OPTION_ANSWER("ipc", 0, OPTION_TEXT, OPTION_LINE, "always so", .line_for = "private none",
		      .otherwise = OPTION_REFUSED, .otherwise_text = "cbuild's own"),
	OPTION_ANSWER("sbom", 0, OPTION_BOOL, OPTION_LINE, "nothing is attached",
		      .line_for = "false 0", .otherwise = OPTION_LATER, .otherwise_text = "syft"),
	OPTION_ANSWER("git", 0, OPTION_TEXT, OPTION_REFUSED, "it stands in the URL"),
	OPTION_ANSWER("squash-all", 0, OPTION_BOOL, OPTION_LATER, "FROM scratch"),
};

static const struct option_table table = { "All", rows, countof(rows) };
static const struct option_table *const tables[] = { &table, NULL };

struct run {
	struct values values;
	struct option_result result;
	struct error err;
};

static void run_release(struct run *run)
{
	free(run->values.name);
	strv_release(&run->values.tags);
	option_result_release(&run->result);
}
DEFINE_RELEASE(struct run, run_release);

#define PARSE(run, ...)                                                                        \
	options_parse(tables, (char *[]){ __VA_ARGS__, NULL }, &(run)->values, &(run)->result, \
		      &(run)->err)

static char *w(const char *word)
{
	static char words[64][64];
	static unsigned next;

	return strcpy(words[next++ % 64], word);
}

static void options_and_operands_stand_in_any_order(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, w("dir"), w("--tag"), w("a"), w("-qt"), w("b"), w("-tc"),
			       w("-t=d"), w("--tag=e=f"), w("--jobs=3"), w("--"), w("-x")),
			 0);
	assert_int_equal(run.result.operands.len, 2);
	assert_string_equal(run.result.operands.items[0], "dir");
	assert_string_equal(run.result.operands.items[1], "-x");
	assert_true(run.values.quiet);
	assert_int_equal(run.values.jobs, 3);
	assert_int_equal(run.values.tags.len, 5);
	assert_string_equal(run.values.tags.items[2], "c");
	assert_string_equal(run.values.tags.items[3], "d");
	assert_string_equal(run.values.tags.items[4], "e=f");
}

static void a_dash_is_an_operand(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, w("-f"), w("-"), w("-")), 0);
	assert_string_equal(run.values.name, "-");
	assert_string_equal(run.result.operands.items[0], "-");
}

static void values_are_read_by_their_kind(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, w("--quiet=false"), w("--loud"), w("--stop-grace"), w("1m30s"),
			       w("--color=green"), w("--pull"), w("never")),
			 0);
	assert_false(run.values.quiet);
	assert_true(run.values.loud);
	assert_int_equal(run.values.grace, 90000000000);
	assert_int_equal(run.values.color, 2);
	/* a bare --pull takes no word that follows it */
	assert_int_equal(run.values.pull, 1);
	assert_string_equal(run.result.operands.items[0], "never");
	assert_int_equal(PARSE(&run, w("--pull=never")), 0);
}

static void check_refused(char *first, char *second, const char *expected)
{
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, first, second), -1);
	assert_int_equal(run.err.code, ERROR_USAGE);
	assert_string_equal(run.err.text, expected);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	check_refused(w("--tga"), w("x"), "unknown option '--tga'; did you mean '--tag'?");
	check_refused(w("--nothing-like-it"), w("x"), "unknown option '--nothing-like-it'");
	check_refused(w("-x"), NULL, "unknown option '-x'");
	check_refused(w("-qx"), NULL, "unknown option '-x' in '-qx'");
	check_refused(w("--tag"), NULL, "--tag wants a value (NAME)");
	check_refused(w("-t"), NULL, "-t wants a value (NAME)");
	check_refused(w("--jobs"), w("0"), "--jobs: at least 1");
	check_refused(w("--color"), w("blue"), "--color: 'blue' is none of: red, green");
	check_refused(w("--file=a"), w("--dockerfile=b"),
		      "--dockerfile is given twice: one is read");
	check_refused(w("--git"), w("branch=x"), "--git: it stands in the URL");
	check_refused(w("--squash-all"), NULL, "--squash-all is not supported yet (FROM scratch)");
	check_refused(w("--ipc=host"), NULL, "--ipc: cbuild's own");
	check_refused(w("--sbom"), NULL, "--sbom is not supported yet (syft)");
}

static void numbers_and_durations_must_be_whole(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"--jobs=x",	    "--jobs=-1",     "--jobs=",
		"--stop-grace=ten", "--quiet=maybe", "--stop-grace=-1s"
	};

	for (size_t i = 0; i < countof(bad); i++) {
		cleanup(run_release) struct run run = { 0 };
		assert_int_equal(PARSE(&run, w(bad[i])), -1);
		assert_int_equal(run.err.code, ERROR_USAGE);
	}
}

static void what_means_nothing_here_says_a_line(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(
		PARSE(&run, w("--layers=false"), w("--ipc"), w("private"), w("--sbom=false")), 0);
	assert_int_equal(run.result.lines.len, 3);
	assert_string_equal(run.result.lines.items[0], "--layers: always on");
	assert_string_equal(run.result.lines.items[1], "--ipc: always so");
}

static const struct option_table *const *const all_tables[] = { tables, NULL };

static int read_file(struct run *run, const char *text)
{
	return options_read_file(tables, all_tables, text, strlen(text), "conf", &run->values,
				 &run->result, &run->err);
}

static int read_environment(struct run *run, char *first, char *second)
{
	char *const environment[] = { first, second, NULL };

	return options_read_environment(tables, environment, &run->values, &run->result, &run->err);
}

static void command_line_goes_before_environment_before_file(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, w("--tag=line")), 0);
	assert_int_equal(read_environment(&run, w("CBUILD_TAG=env"), w("CBUILD_JOBS=7")), 0);
	assert_int_equal(read_file(&run, "# comment\n\n tag = file\njobs=9\r\nstop-grace = 5s\n"
					 "quiet\n"),
			 0);
	assert_int_equal(run.values.tags.len, 1);
	assert_string_equal(run.values.tags.items[0], "line");
	assert_int_equal(run.values.jobs, 7);
	assert_int_equal(run.values.grace, 5000000000);
	assert_true(run.values.quiet);
}

static void an_alias_settles_its_option(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(PARSE(&run, w("--dockerfile=x")), 0);
	assert_int_equal(read_environment(&run, w("CBUILD_FILE=y"), NULL), 0);
	assert_string_equal(run.values.name, "x");
}

static void a_list_in_a_variable_has_an_item_a_line(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(read_environment(&run, w("CBUILD_TAG=a\nb c\n"), w("CBUILD_FILE=")), 0);
	assert_int_equal(run.values.tags.len, 2);
	assert_string_equal(run.values.tags.items[1], "b c");
	assert_null(run.values.name);
}

static void peers_variables_come_after_our_own(void **state)
{
	(void)state;
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(read_environment(&run, w("PEER_GRACE=1s"), NULL), 0);
	assert_int_equal(run.values.grace, 1000000000);
	cleanup(run_release) struct run second = { 0 };
	assert_int_equal(read_environment(&second, w("PEER_GRACE=1s"), w("CBUILD_STOP_GRACE=2s")),
			 0);
	assert_int_equal(second.values.grace, 2000000000);
}

static void check_bad_setting(const char *text, const char *expected)
{
	cleanup(run_release) struct run run = { 0 };

	assert_int_equal(read_file(&run, text), -1);
	assert_int_equal(run.err.code, ERROR_USAGE);
	assert_string_equal(run.err.text, expected);
}

static void bad_settings_are_named_with_their_line(void **state)
{
	(void)state;
	check_bad_setting("\njob = 1\n", "conf:2: job is no setting; did you mean 'jobs'?");
	check_bad_setting("jobs = x", "conf:1: jobs: 'x' is not a number");
	check_bad_setting("tag", "conf:1: tag wants a value (tag = NAME)");
	check_bad_setting("secret-word = x", "conf:1: secret-word is no setting");
	check_bad_setting("squash-all = true",
			  "conf:1: squash-all is not supported yet (FROM scratch)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_stand_in_any_order),
		cmocka_unit_test(a_dash_is_an_operand),
		cmocka_unit_test(values_are_read_by_their_kind),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(numbers_and_durations_must_be_whole),
		cmocka_unit_test(what_means_nothing_here_says_a_line),
		cmocka_unit_test(command_line_goes_before_environment_before_file),
		cmocka_unit_test(an_alias_settles_its_option),
		cmocka_unit_test(a_list_in_a_variable_has_an_item_a_line),
		cmocka_unit_test(peers_variables_come_after_our_own),
		cmocka_unit_test(bad_settings_are_named_with_their_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
