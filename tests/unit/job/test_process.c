/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out of a child process, however it ends. */
#include "recorder.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/fs.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

static int big_record(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)channel;
	(void)err;
	size_t len = *(const size_t *)arg;

	buf_reserve(record, len);
	for (size_t i = 0; i < len; i++)
		record->data[i] = (char)(i * 7 % 251);
	record->len = len;
	return 0;
}

static int check_big_record(void *arg, const char *record, size_t len, struct error *err)
{
	(void)err;
	assert_int_equal(len, *(const size_t *)arg);
	for (size_t i = 0; i < len; i++)
		if (record[i] != (char)(i * 7 % 251))
			fail_msg("byte %zu is wrong", i);
	return 0;
}

static void records_pass_up_to_their_ceiling(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	size_t sizes[] = { 0, 1, 100000, JOB_RECORD_SIZE_MAX, JOB_RECORD_SIZE_MAX + 1 };

	for (size_t i = 0; i < countof(sizes); i++) {
		struct work work = { .title = "a",
				     .arg = &sizes[i],
				     .run = big_record,
				     .finished = check_big_record };
		int expected = sizes[i] > JOB_RECORD_SIZE_MAX ? -1 : 0;
		assert_int_equal(job_graph_run(&work, 1, &options, &err), expected);
	}
	assert_string_equal(err.text, "the result of 16777217 bytes is over the ceiling of "
				      "16777216 bytes");
}

static int crash(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)record;
	(void)err;
	dprintf(job_stdout_fd(channel), "before the end\n");
	(void)signal(*(const int *)arg, SIG_DFL);
	(void)raise(*(const int *)arg);
	return 0;
}

static void a_crash_is_an_error_that_says_so(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	int segv = SIGSEGV, oom = SIGKILL;
	struct work work = { .title = "[2/3] RUN x", .arg = &segv, .run = crash };

	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_int_equal(err.code, ERROR_SYSTEM);
	assert_string_equal(err.text, "the process of '[2/3] RUN x' was killed by signal 11 "
				      "(Segmentation fault)");
	assert_string_equal(recorder.out.data, "before the end\n");
	work.arg = &oom;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_non_null(strstr(err.text, "out of memory"));
}

static int leave(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	(void)err;
	_exit(9);
}

static void an_exit_without_a_result_is_an_error(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = leave };

	assert_int_equal(job_graph_run(&work, 1, &options, &err), -1);
	assert_string_equal(err.text,
			    "the process of 'a' ended with status 9 and without a result");
}

enum { LINES = 20000 };

static int write_lines(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	for (int i = 0; i < LINES; i++)
		dprintf(job_stdout_fd(channel), "line %d\n", i);
	return 0;
}

/* Slower than the writer, which must be held up rather than stored. */
static void slow_emit(void *context, const struct event *event)
{
	if (event->kind == EVENT_OUTPUT) {
		assert_true(event->len <= 64 * 1024);
		usleep(1000);
	}
	recorder_emit(context, event);
}

static void output_is_complete_and_before_the_end(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	cleanup(buf_release) struct buf expected = BUF_INIT;
	struct event_sink sink = { .emit = slow_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = write_lines };

	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	for (int i = 0; i < LINES; i++)
		buf_printf(&expected, "line %d\n", i);
	assert_string_equal(recorder.out.data, expected.data);
}

static int library_output(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	(void)err;
	dprintf(STDOUT_FILENO, "out");
	dprintf(STDERR_FILENO, "err");
	return 0;
}

static void what_a_library_prints_is_output(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = library_output };

	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	assert_string_equal(recorder.out.data, "out");
	assert_string_equal(recorder.errors.data, "err");
}

/* The fds of a job: 0, 1, 2, its three ends, and what this test program had before. */
static unsigned count_fds(void)
{
	unsigned count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

struct inside {
	unsigned fds_before;
	int signal_fd;
};

static int look_around(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	const struct inside *inside = arg;
	sigset_t mask;
	struct sigaction action;

	(void)channel;
	(void)record;
	/* one more each time by opendir itself; the signals' one is closed, three are new */
	if (count_fds() != inside->fds_before - 1 + 3)
		return error_set(err, ERROR_SYSTEM, "%u files instead of %u", count_fds(),
				 inside->fds_before + 2);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGINT, NULL, &action);
	if (sigismember(&mask, SIGTERM) || action.sa_handler != SIG_DFL)
		return error_set(err, ERROR_SYSTEM, "signals are not as after exec");
	sigaction(SIGPIPE, NULL, &action);
	if (action.sa_handler != SIG_IGN)
		return error_set(err, ERROR_SYSTEM, "SIGPIPE kills");
	if (getpgrp() != getpid())
		return error_set(err, ERROR_SYSTEM, "in the terminal's process group");
	usleep(20000); /* so that several run at once */
	return 0;
}

static void a_job_inherits_nothing_of_the_loop(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 4);
	struct error err = ERROR_INIT;
	sigset_t blocked, before;
	struct work works[8];

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	(void)signal(SIGINT, SIG_IGN);
	options.signal_fd = memfd_create("signals", MFD_CLOEXEC);
	/* never readable for poll would need a signalfd; a pipe that nobody writes does */
	int pipe_fds[2];
	assert_int_equal(pipe(pipe_fds), 0);
	close(options.signal_fd);
	options.signal_fd = pipe_fds[0];
	struct inside inside = { .fds_before = count_fds() };
	for (size_t i = 0; i < countof(works); i++)
		works[i] = (struct work){ .title = "a", .arg = &inside, .run = look_around };
	int result = job_graph_run(works, countof(works), &options, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	assert_int_equal(count_fds(), inside.fds_before);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	(void)signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A grandchild that outlives the job and keeps its pipes open. */
static int leave_a_child_behind(void *arg, struct job_channel *channel, struct buf *record,
				struct error *err)
{
	(void)arg;
	(void)err;
	pid_t pid = fork();
	if (pid == 0) {
		/* it outlives the pipe, too: who dies before the graph returns is reaped there */
		(void)signal(SIGPIPE, SIG_IGN);
		for (int i = 0; i < 600000; i++) {
			usleep(1000);
			(void)!write(job_stdout_fd(channel), "noise\n", 6);
		}
		_exit(0);
	}
	buf_add(record, &pid, sizeof(pid));
	return 0;
}

static int keep_pid(void *arg, const char *record, size_t len, struct error *err)
{
	(void)err;
	assert_int_equal(len, sizeof(pid_t));
	memcpy(arg, record, len);
	return 0;
}

static void a_job_ends_though_somebody_holds_its_pipes(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	pid_t pid = 0;
	struct work work = {
		.title = "a", .arg = &pid, .run = leave_a_child_behind, .finished = keep_pid
	};
	uint64_t start = event_now();

	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	assert_true(event_now() - start < 60000000000u);
	/* it became ours, so that we can reap it */
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int no_op(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	(void)err;
	return 0;
}

static void note_end(void *context, pid_t pid, int wait_status)
{
	if (pid == ((int *)context)[0])
		((int *)context)[1] = wait_status;
}

static void foreign_children_are_reported(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct work work = { .title = "a", .run = no_op };
	siginfo_t info;
	pid_t pid = fork();
	if (pid == 0)
		_exit(5);
	int seen[2] = { pid, -1 };

	/* it is dead, and not reaped */
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	options.ended = note_end;
	options.ended_context = seen;
	assert_int_equal(job_graph_run(&work, 1, &options, &err), 0);
	assert_true(WIFEXITED(seen[1]) && WEXITSTATUS(seen[1]) == 5);
	assert_int_equal(waitpid(pid, NULL, 0), -1);
}

static void many_processes(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	enum { COUNT = 200 }; /* a fork copies the page tables of the shadow memory */
#else
	enum { COUNT = 2000 };
#endif
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 4);
	struct error err = ERROR_INIT;
	struct work *works = xcalloc(COUNT, sizeof(*works));

	for (size_t i = 0; i < COUNT; i++)
		works[i] = (struct work){ .title = "w", .run = no_op };
	uint64_t start = event_now();
	assert_int_equal(job_graph_run(works, COUNT, &options, &err), 0);
	print_message("%.3f ms a job\n", (double)(event_now() - start) / COUNT / 1e6);
	char last[32];
	(void)snprintf(last, sizeof(last), "done %d\n", COUNT);
	assert_non_null(strstr(recorder.lines.data, last));
	free(works);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
}

struct shared {
	int running, most, waited;
	int expected; /* so many meet before the first of them ends */
};

static int count_running(void *arg, struct job_channel *channel, struct buf *record,
			 struct error *err)
{
	struct shared *shared = arg;
	(void)channel;
	(void)record;
	(void)err;
	int running = __atomic_add_fetch(&shared->running, 1, __ATOMIC_SEQ_CST);
	int most = __atomic_load_n(&shared->most, __ATOMIC_SEQ_CST);
	while (running > most && !__atomic_compare_exchange_n(&shared->most, &most, running, 0,
							      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	for (int i = 0;
	     i < 60000 && __atomic_load_n(&shared->most, __ATOMIC_SEQ_CST) < shared->expected; i++)
		usleep(1000);
	usleep(20000); /* time for one too many */
	__atomic_sub_fetch(&shared->running, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static struct shared *share(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	return shared;
}

static void no_more_than_the_slots_run_at_once(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 3);
	struct error err = ERROR_INIT;
	struct shared *shared = share();
	struct work works[12];

	for (size_t i = 0; i < countof(works); i++)
		works[i] = (struct work){ .title = "w", .arg = shared, .run = count_running };
	shared->expected = 3;
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), 0);
	assert_int_equal(shared->most, 3);
	shared->expected = 4;
	for (size_t i = 0; i < countof(works); i++)
		works[i].needs_no_slot = true;
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), 0);
	assert_true(shared->most > 3);
	munmap(shared, sizeof(*shared));
}

/* Waits for what only the next work does, which can run only if the slot is free. */
static int wait_for_other(void *arg, struct job_channel *channel, struct buf *record,
			  struct error *err)
{
	struct shared *shared = arg;
	(void)record;
	job_waiting(channel, "for the other");
	for (int i = 0; i < 60000 && !__atomic_load_n(&shared->waited, __ATOMIC_SEQ_CST); i++)
		usleep(1000);
	job_resumed(channel);
	return shared->waited ? 0 : error_set(err, ERROR_SYSTEM, "nobody came");
}

static int be_the_other(void *arg, struct job_channel *channel, struct buf *record,
			struct error *err)
{
	(void)channel;
	(void)record;
	(void)err;
	__atomic_store_n(&((struct shared *)arg)->waited, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void who_waits_holds_no_slot(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct shared *shared = share();
	struct work works[] = {
		{ .title = "a", .arg = shared, .run = wait_for_other },
		{ .title = "b", .arg = shared, .run = be_the_other },
	};

	int result = job_graph_run(works, countof(works), &options, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	munmap(shared, sizeof(*shared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_pass_up_to_their_ceiling),
		cmocka_unit_test(a_crash_is_an_error_that_says_so),
		cmocka_unit_test(an_exit_without_a_result_is_an_error),
		cmocka_unit_test(output_is_complete_and_before_the_end),
		cmocka_unit_test(what_a_library_prints_is_output),
		cmocka_unit_test(a_job_inherits_nothing_of_the_loop),
		cmocka_unit_test(a_job_ends_though_somebody_holds_its_pipes),
		cmocka_unit_test(foreign_children_are_reported),
		cmocka_unit_test(many_processes),
		cmocka_unit_test(no_more_than_the_slots_run_at_once),
		cmocka_unit_test(who_waits_holds_no_slot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
