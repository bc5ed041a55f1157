/* SPDX-License-Identifier: Apache-2.0 */
#include "git.h"

#include "../cmocka_head.h"

#include <signal.h>
#include <string.h>

enum { STATUS_128 = 128 << 8 };

static struct error complain(int status, const char *text)
{
	cleanup(buf_release) struct buf complaints = BUF_INIT;
	struct error err = ERROR_INIT;

	buf_add_text(&complaints, text);
	assert_int_equal(git_complain("ls-remote", status, &complaints, &err), -1);
	return err;
}

static void check(enum error_code code, const char *text)
{
	assert_int_equal(complain(STATUS_128, text).code, code);
}

/* Who was answered needs no look at proxies and names. */
static void an_answer_is_no_matter_of_the_network(void **state)
{
	(void)state;
	check(ERROR_NOT_FOUND, "fatal: repository 'https://h/none.git/' not found\n");
	check(ERROR_NOT_FOUND,
	      "fatal: remote error: access denied or repository not exported: /none.git\n");
	check(ERROR_NOT_FOUND, "ERROR: Repository not found.\nfatal: Could not read from remote "
			       "repository.\n");
	check(ERROR_NOT_FOUND, "fatal: '/x.git' does not appear to be a git repository\n");
	check(ERROR_AUTH, "fatal: Authentication failed for 'https://h/x.git/'\n");
	check(ERROR_AUTH, "fatal: could not read Username for 'https://h': terminal prompts "
			  "disabled\n");
	check(ERROR_AUTH, "git@h: Permission denied (publickey).\n");
	check(ERROR_AUTH, "fatal: unable to access 'https://h/x.git/': The requested URL returned "
			  "error: 403\n");
	check(ERROR_CORRUPT, "error: object 1: badName\nfatal: fsck error in packed object\n");
	check(ERROR_SYSTEM, "Host key verification failed.\n");
}

static void who_is_not_reached_is_one(void **state)
{
	(void)state;
	check(ERROR_NETWORK,
	      "fatal: unable to access 'https://h/x.git/': Could not resolve host\n");
	check(ERROR_NETWORK, "fatal: unable to access 'https://h/x.git/': The requested URL "
			     "returned error: 502\n");
	check(ERROR_NETWORK, "ssh: connect to host h port 22: Connection timed out\n");
	check(ERROR_NETWORK, "");
	assert_int_equal(complain(SIGSEGV, "").code, ERROR_NETWORK);
	assert_int_equal(complain(SIGXFSZ, "").code, ERROR_CORRUPT);
}

static void what_it_said_is_one_line(void **state)
{
	(void)state;
	struct error err = complain(STATUS_128, "error: unable to read askpass response from "
						"'/bin/false'\nremote: \x1b[2J\nfatal: x\n\n");

	assert_string_equal(err.text,
			    "git ls-remote ended with status 128: remote: \\x1b[2J; fatal: x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_no_matter_of_the_network),
		cmocka_unit_test(who_is_not_reached_is_one),
		cmocka_unit_test(what_it_said_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
