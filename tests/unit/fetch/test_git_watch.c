/* SPDX-License-Identifier: Apache-2.0 */
#include "git_watch.h"

#include "../cmocka_head.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { ENOUGH = GIT_STALL_RATE * GIT_STALL_SECONDS, WRITTEN = 200000 };

/* Looks once a second from `from` to `to`, with so many bytes each second; the second it said that.
 */
static unsigned look(struct git_watch *watch, unsigned from, unsigned to, uint64_t *done,
		     uint64_t each, enum git_progress what)
{
	for (unsigned i = from; i <= to; i++, *done += each) {
		enum git_progress progress = git_watch_check(watch, i * SECOND, *done);
		if (progress == what)
			return i;
		assert_int_equal(progress, GIT_GOES_ON);
	}
	return 0;
}

static void silence_is_noticed_after_its_time(void **state)
{
	struct git_watch watch = { 0 };
	uint64_t done = 5000;

	(void)state;
	assert_int_equal(look(&watch, 1, 100, &done, 0, GIT_IS_SILENT),
			 1 + GIT_SILENCE_SECONDS + 1);
}

static void a_trickle_is_noticed_after_its_time(void **state)
{
	struct git_watch watch = { 0 };
	uint64_t done = 0;

	(void)state;
	assert_int_equal(look(&watch, 1, 1000, &done, GIT_STALL_RATE / 2, GIT_IS_SLOW),
			 1 + GIT_STALL_SECONDS + 1);
}

/* "0005" and a byte, every five seconds, for four minutes. */
static void who_says_that_it_lives_has_time_to_prepare(void **state)
{
	struct git_watch watch = { 0 };
	uint64_t done = 0;
	unsigned now = 1;

	(void)state;
	for (; now < 240; now += 5, done += 5)
		assert_int_equal(look(&watch, now, now + 4, &done, 0, GIT_IS_SILENT), 0);
	assert_int_equal(look(&watch, now, now + 500, &done, GIT_STALL_RATE * 10, GIT_IS_SLOW), 0);
}

static void who_moves_is_left_alone(void **state)
{
	struct git_watch watch = { 0 };
	uint64_t done = 0;

	(void)state;
	assert_int_equal(look(&watch, 1, 900, &done, GIT_STALL_RATE * 2, GIT_IS_SLOW), 0);
	/* one burst buys as much time again */
	assert_int_equal(look(&watch, 901, 925, &done, 0, GIT_IS_SILENT), 0);
	done += ENOUGH;
	assert_int_equal(look(&watch, 926, 950, &done, 0, GIT_IS_SILENT), 0);
	assert_int_not_equal(look(&watch, 951, 1000, &done, 0, GIT_IS_SILENT), 0);
}

/* Nobody looked meanwhile: this process was stopped, and git as likely as not. */
static void a_late_look_tells_nothing(void **state)
{
	struct git_watch watch = { 0 };
	uint64_t done = 0;

	(void)state;
	assert_int_equal(look(&watch, 1, 20, &done, 0, GIT_IS_SILENT), 0);
	assert_int_equal(git_watch_check(&watch, 1000 * SECOND, done), GIT_GOES_ON);
	assert_int_equal(look(&watch, 1001, 1020, &done, 0, GIT_IS_SILENT), 0);
	assert_int_not_equal(look(&watch, 1021, 1100, &done, 0, GIT_IS_SILENT), 0);
	/* a child that is no longer counted is no silence */
	done = 1000;
	watch.done = 100000;
	assert_int_equal(git_watch_check(&watch, 1101 * SECOND, done), GIT_GOES_ON);
}

static void write_much(void)
{
	static char block[WRITTEN];
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, block, sizeof(block)) != sizeof(block))
		_exit(1);
}

/* The child has a child that writes; both live until we have looked. */
static pid_t start_family(int ready_fd, int end_fd)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (fork() == 0) {
		char byte;
		write_much();
		if (write(ready_fd, "x", 1) != 1 || read(end_fd, &byte, 1) != 0)
			_exit(1);
		_exit(0);
	}
	(void)close(ready_fd);
	(void)wait(NULL);
	_exit(0);
}

static void what_descendants_do_counts(void **state)
{
	int ready[2], end[2], status;
	uint64_t done = 0;
	char byte;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	/* what is to end it must not be open in those that wait for it */
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(end[1]);
		pid_t child = start_family(ready[1], end[0]);
		(void)waitpid(child, NULL, 0);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(git_work_read(pid, &done));
	assert_true(done >= WRITTEN);
	(void)close(end[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(git_work_read(pid, &done));
	(void)close(ready[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_noticed_after_its_time),
		cmocka_unit_test(a_trickle_is_noticed_after_its_time),
		cmocka_unit_test(who_says_that_it_lives_has_time_to_prepare),
		cmocka_unit_test(who_moves_is_left_alone),
		cmocka_unit_test(a_late_look_tells_nothing),
		cmocka_unit_test(what_descendants_do_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
