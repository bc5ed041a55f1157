/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, the deadline and failures while other jobs run. */
#include "recorder.h"

#include "../cmocka_head.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* What ends by itself does so long after what is to happen soon, however slow the machine. */
enum { LONG = 600, SOON = 60 };
static const int64_t long_grace = (int64_t)LONG * 1000000000;

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
	bool insists;	  /* goes on sending it, until it is killed */
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
	for (int i = 0; i < LONG * 200 && !got_term; i++)
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
	/* who reads the note has the pidfd */
	job_confined(channel, init, SIGKILL);
	job_note(channel, "confined");
	if (confined->sends)
		kill(getppid(), confined->sends);
	for (int i = 0; confined->sends_again && (i < 1 || confined->insists); i++) {
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
	sleep(LONG);
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
		options.stop_grace_ns = long_grace;
		assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
		assert_int_equal(err.code, ERROR_CANCELLED);
		assert_int_equal(err.status, statuses[i]);
		assert_true(seconds_since(start) < SOON);
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
	options.stop_grace_ns = long_grace;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.code, ERROR_CANCELLED);
	assert_int_equal(err.status, 143);
	assert_non_null(strstr(recorder.out.data, "cleaned up\n"));
	assert_string_equal(recorder.lines.data, "started 1\nnote 1 confined\ncancelled 1\n");
	assert_true(seconds_since(start) < SOON);
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
	assert_true(seconds_since(start) >= 0.3 && seconds_since(start) < SOON);
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
		.sends = SIGINT,
		.sends_again = SIGTERM,
		.pause = 300000,
		/* the two may be found together, which is one */
		.insists = true,
		.ignores_term = true,
	};
	struct work work = { .title = "a", .arg = &confined, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = long_grace;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.status, 130);
	assert_true(seconds_since(start) < SOON);
	assert_is_gone(&recorder);
	assert_no_children();
}

/* How long a run that does not heed TERM is given, when these are sent. */
static double grace_of(const struct confined *confined, void (*emit)(void *, const struct event *))
{
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct confined copy = *confined;
	struct work work = { .title = "a", .arg = &copy, .run = run_confined };
	autoclose int signal_fd = make_signal_fd();
	uint64_t start = event_now();

	options.signal_fd = signal_fd;
	options.stop_grace_ns = 700000000;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.status, 130);
	assert_no_children();
	return seconds_since(start);
}

/* timeout(1) does so. A job that waits long for a processor between the two has sent two. */
static void a_signal_that_comes_twice_at_once_is_one(void **state)
{
	(void)state;
	struct confined confined = {
		.sends = SIGINT, .sends_again = SIGINT, .pause = 2000, .ignores_term = true
	};
	double grace = 0;

	for (int tries = 0; tries < 20 && grace < 0.7; tries++)
		grace = grace_of(&confined, recorder_emit);
	assert_true(grace >= 0.7);
}

/* In the coordinator, which then finds both, however long it has to wait for a processor. */
static void send_two(void *context, const struct event *event)
{
	recorder_emit(context, event);
	if (event->kind != EVENT_NOTE)
		return;
	raise(SIGINT);
	raise(SIGTERM);
}

static void signals_that_are_found_together_are_one(void **state)
{
	(void)state;
	struct confined confined = { .ignores_term = true };

	assert_true(grace_of(&confined, send_two) >= 0.7);
}

/* Not before the run is confined, whenever that is. */
struct late_deadline {
	struct recorder recorder;
	struct job_options *options;
};

static void set_deadline(void *context, const struct event *event)
{
	struct late_deadline *late = context;

	recorder_emit(&late->recorder, event);
	if (event->kind == EVENT_NOTE)
		late->options->deadline = event_now() + 200000000;
}

static void the_deadline_ends_everything(void **state)
{
	(void)state;
	struct late_deadline late = { .recorder = RECORDER_INIT };
	struct event_sink sink = { .emit = set_deadline, .context = &late };
	struct job_options options = options_for(&sink, 2);
	struct error err = ERROR_INIT;
	struct confined confined = { .ignores_term = true };
	struct work works[] = {
		{ .title = "RUN make", .arg = &confined, .run = run_confined },
		{ .title = "b", .run = sleep_long },
	};
	uint64_t start = event_now();

	late.options = &options;
	options.stop_grace_ns = 200000000;
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_int_equal(err.code, ERROR_TIMED_OUT);
	assert_string_equal(err.text, "the time limit was reached while 'RUN make' ran");
	assert_true(seconds_since(start) >= 0.4 && seconds_since(start) < SOON);
	assert_is_gone(&late.recorder);
	assert_no_children();
	recorder_release(&late.recorder);
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

/* One fails when the other is confined, and that one ends when the first has failed. */
struct meeting {
	struct recorder recorder;
	int confined[2], failed[2];
};

static void say_failed(void *context, const struct event *event)
{
	struct meeting *meeting = context;

	recorder_emit(&meeting->recorder, event);
	if (event->kind == EVENT_FAILED)
		(void)!write(meeting->failed[1], "f", 1);
}

static int fail_then(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct meeting *meeting = arg;
	char byte;

	(void)channel;
	(void)record;
	(void)!read(meeting->confined[0], &byte, 1);
	return error_set(err, ERROR_STEP_FAILED, "no");
}

static int short_confined(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	const struct meeting *meeting = arg;
	char byte;

	(void)record;
	(void)err;
	pid_t init = fork();
	if (init == 0) {
		(void)!read(meeting->failed[0], &byte, 1);
		_exit(0);
	}
	job_confined(channel, init, SIGKILL);
	(void)!write(meeting->confined[1], "c", 1);
	waitpid(init, NULL, 0);
	job_confined(channel, 0, 0);
	return 0;
}

static void a_failure_lets_confined_runs_finish_and_kills_the_rest(void **state)
{
	(void)state;
	struct meeting meeting = { .recorder = RECORDER_INIT };
	struct event_sink sink = { .emit = say_failed, .context = &meeting };
	struct job_options options = options_for(&sink, 3);
	struct error err = ERROR_INIT;
	struct work works[] = {
		{ .title = "a", .arg = &meeting, .run = fail_then },
		{ .title = "b", .arg = &meeting, .run = short_confined },
		{ .title = "c", .run = sleep_long },
		{ .title = "d", .run = sleep_long },
	};
	uint64_t start = event_now();

	assert_int_equal(pipe(meeting.confined), 0);
	assert_int_equal(pipe(meeting.failed), 0);
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_string_equal(err.text, "no");
	assert_true(seconds_since(start) < SOON);
	assert_non_null(strstr(meeting.recorder.lines.data, "failed 1 no\n"));
	assert_non_null(strstr(meeting.recorder.lines.data, "cancelled 3\n"));
	assert_non_null(strstr(meeting.recorder.lines.data, "done 2\n"));
	assert_null(strstr(meeting.recorder.lines.data, " 4"));
	assert_no_children();
	for (int i = 0; i < 2; i++) {
		close(meeting.confined[i]);
		close(meeting.failed[i]);
	}
	recorder_release(&meeting.recorder);
}

static int crash_confined(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	pid_t init = fork();
	if (init == 0) {
		sleep(LONG);
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
	assert_true(seconds_since(start) < SOON);
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
	uint64_t start = event_now();

	options.extra_fd = fds[0];
	options.extra = count_extra;
	options.extra_context = &calls;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	assert_int_equal(calls, 1);
	/* one a second */
	assert_true(recorder.ticks >= 1 && recorder.ticks <= seconds_since(start));
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
		cmocka_unit_test(signals_that_are_found_together_are_one),
		cmocka_unit_test(the_deadline_ends_everything),
		cmocka_unit_test(the_deadline_holds_for_inline_work_too),
		cmocka_unit_test(a_failure_lets_confined_runs_finish_and_kills_the_rest),
		cmocka_unit_test(an_init_does_not_outlive_its_job),
		cmocka_unit_test(what_comes_right_after_fork_is_the_coordinators),
		cmocka_unit_test(extra_is_called_once_and_ticks_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
