/* SPDX-License-Identifier: Apache-2.0 */

#include "../cmocka_head.h"
#include "../table.h"
#include "oci/platform.h"

#include <sys/utsname.h>

static struct platform parsed(const char *text)
{
	struct platform platform = { 0 };
	struct error err = ERROR_INIT;

	if (platform_parse(text, &platform, &err) < 0)
		fail_msg("%s", err.text);
	return platform;
}

static void check_parse(const char *const cells[TABLE_COLUMNS])
{
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;
	struct platform platform;

	int result = platform_parse(cells[0], &platform, &err);
	if (strcmp(cells[1], "error") == 0) {
		if (result == 0)
			fail_msg("'%s' was accepted", cells[0]);
		return;
	}
	if (result < 0)
		fail_msg("%s", err.text);
	platform_format(&platform, &buf);
	assert_string_equal(buf.data, cells[1]);
}

static void normalises_as_containerd_does(void **state)
{
	(void)state;
	assert_true(table_run(TESTDATA "/oci/platform/parse", check_parse) > 35);
}

/* Matching itself normalises, so the candidates are taken as written. */
static struct platform as_written(char *text)
{
	struct platform platform = { 0 };
	char *os = strsep(&text, "/"), *architecture = strsep(&text, "/");

	(void)snprintf(platform.os, sizeof(platform.os), "%s", os);
	(void)snprintf(platform.architecture, sizeof(platform.architecture), "%s", architecture);
	(void)snprintf(platform.variant, sizeof(platform.variant), "%s", text ? text : "");
	return platform;
}

static void check_match(const char *const cells[TABLE_COLUMNS])
{
	struct platform want = parsed(cells[0]);
	autofree char *fits = strdup(cells[1]), *others = strdup(cells[2]);
	int before = INT32_MAX;

	for (char *rest = fits, *word; (word = strsep(&rest, " ")) != NULL && *word;) {
		struct platform have = as_written(word);
		int match = platform_match(&have, &want);
		if (match <= 0 || match >= before)
			fail_msg("%s: %s is %d after %d", cells[0], word, match, before);
		before = match;
	}
	for (char *rest = others, *word; (word = strsep(&rest, " ")) != NULL && *word;) {
		struct platform have = as_written(word);
		if (platform_match(&have, &want) != 0)
			fail_msg("%s runs %s", cells[0], word);
	}
}

static void prefers_the_nearest_that_runs(void **state)
{
	(void)state;
	assert_int_equal(table_run(TESTDATA "/oci/platform/match", check_match), 8);
}

static void knows_this_machine(void **state)
{
	struct platform host = platform_host();
	struct utsname name;

	(void)state;
	assert_int_equal(uname(&name), 0);
	assert_string_equal(host.os, "linux");
	if (strcmp(name.machine, "x86_64") == 0)
		assert_string_equal(host.architecture, "amd64");
	if (strcmp(name.machine, "aarch64") == 0)
		assert_string_equal(host.architecture, "arm64");
	/* A lone system gets this machine's architecture. */
	struct platform completed = parsed("linux");
	assert_true(platform_equal(&completed, &host));
}

static void spellings_of_one_platform_are_equal(void **state)
{
	char written[] = "linux/arm64/v8", other[] = "linux/arm64/v9";
	struct platform a = as_written(written), b = parsed("linux/aarch64"), c = as_written(other);

	(void)state;
	assert_true(platform_equal(&a, &b));
	assert_false(platform_equal(&c, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normalises_as_containerd_does),
		cmocka_unit_test(prefers_the_nearest_that_runs),
		cmocka_unit_test(knows_this_machine),
		cmocka_unit_test(spellings_of_one_platform_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
