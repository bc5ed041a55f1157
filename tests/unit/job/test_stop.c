/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, the deadline and failures while other jobs run. */
#include "recorder.h"

#include "../cmocka_head.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

static int make_signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What a confined run looks like from here: an init that the job waits for. */
struct confined {
	bool ignores_term;
	int sends; /* this signal to the parent of the job, once the init stands; 0 = none */
	int sends_again;
	useconds_t pause; /* between the two */
	int ready_fd;
};

static volatile sig_atomic_t got_term;

static void on_term(int number)
{
	(void)number;
	got_term = 1;
}

static _Noreturn void be_init(const struct confined *confined, int out, int ready)
{
	struct sigaction action = { .sa_handler = confined->ignores_term ? SIG_IGN : on_term };

	sigaction(SIGTERM, &action, NULL);
	(void)!write(ready, "r", 1);
	for (int i = 0; i < 2000 && !got_term; i++)
		usleep(5000);
	if (got_term)
		dprintf(out, "cleaned up\n");
	_exit(0);
}

static int run_confined(void *arg, struct job_channel *channel, struct buf *record,
			struct error *err)
{
	const struct confined *confined = arg;
	int ready[2];
	char byte;

	(void)record;
	if (pipe(ready) < 0)
		return error_sys(err, "pipe");
	pid_t init = fork();
	if (init == 0)
		be_init(confined, job_stdout_fd(channel), ready[1]);
	(void)!read(ready[0], &byte, 1);
	dprintf(job_stdout_fd(channel), "init %d\n", init);
	job_confined(channel, init, SIGKILL);
	usleep(20000); /* the coordinator has the pidfd by now */
	if (confined->sends)
		kill(getppid(), confined->sends);
	if (confined->sends_again) {
		usleep(confined->pause);
		kill(getppid(), confined->sends_again);
	}
	int status = 0;
	while (waitpid(init, &status, 0) < 0 && errno == EINTR)
		;
	job_confined(channel, 0, 0);
	return error_set(err, ERROR_STEP_FAILED, "the run ended");
}

static int sleep_long(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	(void)err;
	sleep(20);
	return 0;
}

static int signal_parent(void *arg, struct job_channel *channel, struct buf *record,
			 struct error *err)
{
	kill(getppid(), *(const int *)arg);
	return sleep_long(arg, channel, record, err);
}

static double seconds_since(uint64_t start)
{
	return (double)(event_now() - start) / 1e9;
}

static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void signals_cancel_at_once_what_is_not_confined(void **state)
{
	(void)state;
	const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const int statuses[] = { 130, 143, 143 };

	for (size_t i = 0; i < countof(signals); i++) {
		cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
		struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
		struct job_options options = options_for(&sink, 2);
		struct error err = ERROR_INIT;
		int number = signals[i];
		struct work works[] = {
			{ .title = "a", .run = sleep_long },
			{ .title = "b", .arg = &number, .run = signal_parent },
			{ .title = "c", .run = sleep_long },
		};
		autoclose int signal_fd = make_signal_fd();
		uint64_t start = event_now();

		options.signal_fd = signal_fd;
		options.stop_grace_ns = 10000000000;
		assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
		assert_int_equal(err.code, ERROR_CANCELLED);
		assert_int_equal(err.status, statuses[i]);
		assert_true(seconds_since(start) < 5);
		assert_non_null(strstr(recorder.lines.data, "cancelled 1\n"));
		assert_non_null(strstr(recorder.lines.data, "cancelled 2\n"));
		assert_null(strstr(recorder.lines.data, "started 3"));
		assert_no_children();
	}
}

static void a_confined_run_may_clean_up(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct confined confined = { .sends = SIGTERM };
	struct work work = { .title = "a", .arg = &confined, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = 10000000000;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.code, ERROR_CANCELLED);
	assert_int_equal(err.status, 143);
	assert_non_null(strstr(recorder.out.data, "cleaned up\n"));
	assert_string_equal(recorder.lines.data, "started 1\ncancelled 1\n");
	assert_true(seconds_since(start) < 5);
	assert_no_children();
}

static void assert_is_gone(const struct recorder *recorder)
{
	int init = 0;

	assert_int_equal(sscanf(recorder->out.data, "init %d", &init), 1);
	assert_int_equal(kill(init, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void grace_ends_with_kill(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct confined confined = { .sends = SIGINT, .ignores_term = true };
	struct work work = { .title = "a", .arg = &confined, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = 300000000;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.status, 130);
	assert_true(seconds_since(start) >= 0.3 && seconds_since(start) < 5);
	assert_is_gone(&recorder);
	assert_no_children();
}

static void a_second_signal_ends_the_grace(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct confined confined = {
		.sends = SIGINT, .sends_again = SIGTERM, .pause = 300000, .ignores_term = true
	};
	struct work work = { .title = "a", .arg = &confined, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = 60000000000;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.status, 130);
	assert_true(seconds_since(start) < 5);
	assert_is_gone(&recorder);
	assert_no_children();
}

/* timeout(1) does so. */
static void a_signal_that_comes_twice_at_once_is_one(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct confined confined = {
		.sends = SIGINT, .sends_again = SIGINT, .pause = 2000, .ignores_term = true
	};
	struct work work = { .title = "a", .arg = &confined, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = 700000000;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.status, 130);
	assert_true(seconds_since(start) >= 0.7);
	assert_no_children();
}

static void the_deadline_ends_everything(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 2);
	struct error err = ERROR_INIT;
	struct confined confined = { .ignores_term = true };
	struct work works[] = {
		{ .title = "RUN make", .arg = &confined, .run = run_confined },
		{ .title = "b", .run = sleep_long },
	};
	uint64_t start = event_now();

	options.deadline = start + 200000000;
	options.stop_grace_ns = 200000000;
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_int_equal(err.code, ERROR_TIMED_OUT);
	assert_string_equal(err.text, "the time limit was reached while 'RUN make' ran");
	assert_true(seconds_since(start) >= 0.4 && seconds_since(start) < 5);
	assert_is_gone(&recorder);
	assert_no_children();
}

static int cached(void *arg, struct buf *record, struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	return 1;
}

static void the_deadline_holds_for_inline_work_too(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run_inline = cached, .run = sleep_long };

	options.deadline = event_now() - 1;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.code, ERROR_TIMED_OUT);
}

static int fail_soon(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	usleep(100000);
	return error_set(err, ERROR_STEP_FAILED, "no");
}

static int short_confined(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	pid_t init = fork();
	if (init == 0) {
		usleep(400000);
		_exit(0);
	}
	job_confined(channel, init, SIGKILL);
	waitpid(init, NULL, 0);
	job_confined(channel, 0, 0);
	return 0;
}

static void a_failure_lets_confined_runs_finish_and_kills_the_rest(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 3);
	struct error err = ERROR_INIT;
	struct work works[] = {
		{ .title = "a", .run = fail_soon },
		{ .title = "b", .run = short_confined },
		{ .title = "c", .run = sleep_long },
		{ .title = "d", .run = sleep_long },
	};
	uint64_t start = event_now();

	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_string_equal(err.text, "no");
	assert_true(seconds_since(start) < 5);
	assert_non_null(strstr(recorder.lines.data, "failed 1 no\n"));
	assert_non_null(strstr(recorder.lines.data, "cancelled 3\n"));
	assert_non_null(strstr(recorder.lines.data, "done 2\n"));
	assert_null(strstr(recorder.lines.data, " 4"));
	assert_no_children();
}

static int crash_confined(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	pid_t init = fork();
	if (init == 0) {
		sleep(20);
		_exit(0);
	}
	dprintf(job_stdout_fd(channel), "init %d\n", init);
	job_confined(channel, init, SIGKILL);
	(void)raise(SIGKILL);
	return 0;
}

static void an_init_does_not_outlive_its_job(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = crash_confined };
	uint64_t start = event_now();

	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_true(seconds_since(start) < 5);
	assert_is_gone(&recorder);
	assert_no_children();
}

static void count_extra(void *context)
{
	++*(int *)context;
}

static int write_extra(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	(void)channel;
	(void)record;
	(void)err;
	(void)!write(*(const int *)arg, "x", 1);
	usleep(1200000);
	return 0;
}

static void extra_is_called_once_and_ticks_come(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit,
				   .tick = recorder_tick,
				   .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	int fds[2], calls = 0;
	assert_int_equal(pipe(fds), 0);
	struct work work = { .title = "a", .arg = &fds[1], .run = write_extra };

	options.extra_fd = fds[0];
	options.extra = count_extra;
	options.extra_context = &calls;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	assert_int_equal(calls, 1);
	assert_true(recorder.ticks >= 1 && recorder.ticks <= 2);
	close(fds[0]);
	close(fds[1]);
}

static bool is_hit_after_fork;

/* ^C between fork and the first thing that the child does, which still is in the parent's group. */
static void hit_child(void)
{
	if (!is_hit_after_fork)
		return;
	raise(SIGINT);
	raise(SIGTERM);
	raise(SIGHUP);
}

static int do_nothing(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	(void)err;
	return 0;
}

static void what_comes_right_after_fork_is_the_coordinators(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = do_nothing };

	options.signal_fd = make_signal_fd();
	assert_int_equal(pthread_atfork(NULL, NULL, hit_child), 0);
	is_hit_after_fork = true;
	int status = job_graph_run(&work, 1, &options, &err);
	is_hit_after_fork = false;
	assert_int_equal(status, 0);
	close(options.signal_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_cancel_at_once_what_is_not_confined),
		cmocka_unit_test(a_confined_run_may_clean_up),
		cmocka_unit_test(grace_ends_with_kill),
		cmocka_unit_test(a_second_signal_ends_the_grace),
		cmocka_unit_test(a_signal_that_comes_twice_at_once_is_one),
		cmocka_unit_test(the_deadline_ends_everything),
		cmocka_unit_test(the_deadline_holds_for_inline_work_too),
		cmocka_unit_test(a_failure_lets_confined_runs_finish_and_kills_the_rest),
		cmocka_unit_test(an_init_does_not_outlive_its_job),
		cmocka_unit_test(what_comes_right_after_fork_is_the_coordinators),
		cmocka_unit_test(extra_is_called_once_and_ticks_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
