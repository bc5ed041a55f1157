/* SPDX-License-Identifier: Apache-2.0 */
/* Without any cbuild-net: this program has none beside it. */
#include "../cmocka_head.h"
#include "transfer/transfer.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_wanted(const struct transfer *transfer)
{
	struct pollfd fd = { transfer_wanted_fd(transfer), POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

/* A job that asks and ends with the code of the error it got. */
static pid_t start_job(struct transfer *transfer)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct error err = ERROR_INIT;
		struct digest digest;
		int found = transfer_find_manifest(transfer, "r.io/a", "x", &digest, &err);
		_exit(found >= 0 ? 100 : (int)err.code);
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says_where_the_helper_should_be_and_tells_those_who_wait(void **state)
{
	cleanup(transfer_free) struct transfer *transfer = NULL;
	struct error err = ERROR_INIT;
	struct digest digest;
	pid_t helper = 0;

	(void)state;
	assert_int_equal(transfer_new(NULL, &transfer, &err), 0);
	assert_false(is_wanted(transfer));
	pid_t first = start_job(transfer), second = start_job(transfer);
	struct pollfd fd = { transfer_wanted_fd(transfer), POLLIN, 0 };
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(transfer_start_helper(transfer, &helper, &err), -1);
	assert_int_equal(err.code, ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "transfer/cbuild-net'"));
	assert_non_null(strstr(err.text, "/libexec/cbuild/cbuild-net'"));
	assert_int_equal(transfer_wanted_fd(transfer), -1);
	/* one got the reason as an answer; the other may have asked too late for that */
	int one = end_of(first), other = end_of(second);
	assert_true(one == ERROR_SYSTEM || other == ERROR_SYSTEM);
	assert_true(one == ERROR_SYSTEM || one == ERROR_NETWORK);
	assert_true(other == ERROR_SYSTEM || other == ERROR_NETWORK);
	/* and those who ask later as well */
	struct error again = ERROR_INIT;
	assert_int_equal(transfer_find_manifest(transfer, "r.io/a", "x", &digest, &again), -1);
	assert_string_equal(again.text, err.text);
}

static void without_a_request_nothing_is_wanted(void **state)
{
	cleanup(transfer_free) struct transfer *transfer = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(transfer_new(NULL, &transfer, &err), 0);
	assert_false(is_wanted(transfer));
}

/*
 * A job that lives on must not keep the helper's end of the socket: with it gone, who asks must see
 * the end even while other jobs run, and was itself forked before.
 */
static void jobs_hold_no_copy_of_the_helpers_end(void **state)
{
	cleanup(transfer_free) struct transfer *transfer = NULL;
	struct error err = ERROR_INIT;
	int hold[2], go[2];
	pid_t helper = 0;
	char c = 0;

	(void)state;
	assert_int_equal(transfer_new(NULL, &transfer, &err), 0);
	assert_int_equal(pipe(hold) | pipe(go), 0);
	pid_t bystander = fork();
	if (bystander == 0) {
		(void)close(hold[1]);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	pid_t asker = fork();
	if (asker == 0) {
		struct digest digest;
		(void)!read(go[0], &c, 1);
		(void)alarm(120);
		int found = transfer_find_manifest(transfer, "r.io/a", "x", &digest, &err);
		_exit(found >= 0 ? 100 : (int)err.code);
	}
	assert_int_equal(transfer_start_helper(transfer, &helper, &err), -1);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(end_of(asker), ERROR_NETWORK);
	(void)close(hold[1]);
	assert_int_equal(end_of(bystander), 0);
	(void)close(hold[0]);
	(void)close(go[0]);
	(void)close(go[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_where_the_helper_should_be_and_tells_those_who_wait),
		cmocka_unit_test(without_a_request_nothing_is_wanted),
		cmocka_unit_test(jobs_hold_no_copy_of_the_helpers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
