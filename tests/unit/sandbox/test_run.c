/* SPDX-License-Identifier: Apache-2.0 */
/* What a step's command sees of itself, and how its end is told. */
#include "world.h"

#include <signal.h>
#include <time.h>

static void expect_status(void **state, const char *program, const char *argument, int status,
			  const char *reason)
{
	struct step step;

	step_begin(state, &step);
	write_file(step.extra_fd, "not-executable", "#!/bin/sh\n", 0644);
	write_file(step.extra_fd, "no-format", "echo never\n", 0755);
	write_file(step.extra_fd, "no-interpreter", "#!/not/there\n", 0755);
	check(mkdirat(step.extra_fd, "bin", 0755));
	write_file(step.extra_fd, "bin/refused", "", 0644);
	step_command(&step, program, argument);
	if (step_call(&step, NULL, NULL) < 0)
		fail_msg("sandbox: %s", step.err.text);
	if (step.result.status != status || strcmp(step.result.reason, reason) != 0)
		fail_msg("%s: status %d '%s'", program, step.result.status, step.result.reason);
	step_end(&step);
}

static void statuses_are_as_a_shell_has_them(void **state)
{
	struct step step;

	for (int status = 0; status < 256; status += 51) {
		char script[32];
		(void)snprintf(script, sizeof(script), "exit %d", status);
		step_begin(state, &step);
		step_script(&step, script);
		assert_int_equal(step_call(&step, NULL, NULL), 0);
		assert_int_equal(step.result.status, status);
		assert_int_equal(step.result.signal, 0);
		assert_string_equal(step.result.reason, "");
		step_end(&step);
	}
}

static void a_signal_is_128_and_its_number(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGSEGV };
	struct step step;

	for (size_t i = 0; i < countof(signals); i++) {
		char script[32];
		(void)snprintf(script, sizeof(script), "kill -%d $$", signals[i]);
		step_begin(state, &step);
		step_script(&step, script);
		assert_int_equal(step_call(&step, NULL, NULL), 0);
		assert_int_equal(step.result.status, 128 + signals[i]);
		assert_int_equal(step.result.signal, signals[i]);
		step_end(&step);
	}
}

static void what_cannot_be_executed_is_126_or_127(void **state)
{
	expect_status(state, "nowhere", NULL, 127, "exec 'nowhere': not found in PATH");
	expect_status(state, "", NULL, 127, "exec '': not found in PATH");
	expect_status(state, "/bin/nowhere", NULL, 127,
		      "exec '/bin/nowhere': No such file or directory");
	expect_status(state, "/no-interpreter", NULL, 127,
		      "exec '/no-interpreter': No such file or directory");
	expect_status(state, "/not-executable", NULL, 126,
		      "exec '/not-executable': Permission denied");
	expect_status(state, "/no-format", NULL, 126, "exec '/no-format': Exec format error");
	expect_status(state, "/etc", NULL, 126, "exec '/etc': Permission denied");
	expect_status(state, "refused", NULL, 126, "exec 'refused': Permission denied");
	expect_status(state, "/etc/passwd/x", NULL, 126, "exec '/etc/passwd/x': Not a directory");
	expect_status(state, "true", NULL, 0, "");
	expect_status(state, "bin/true", NULL, 0, "");
}

/* /proc/self/exe is the builder itself until the command is executed (CVE-2019-5736). */
static void the_builder_is_not_executed(void **state)
{
	struct step step;

	expect_status(state, "/proc/self/exe", NULL, 126,
		      "exec '/proc/self/exe': Permission denied");
	step_begin(state, &step);
	write_file(step.extra_fd, "script", "#!/proc/self/exe\n", 0755);
	write_file(step.extra_fd, "second", "#! /script -x\n", 0755);
	check(symlinkat("/proc/thread-self/exe", step.extra_fd, "link"));
	step_command(&step, "/script", NULL);
	assert_int_equal(step_call(&step, NULL, NULL), 0);
	assert_int_equal(step.result.status, 126);
	step_end(&step);
	static const char *const ways[] = { "/second", "/link" };
	for (size_t i = 0; i < countof(ways); i++) {
		step_begin(state, &step);
		write_file(step.extra_fd, "script", "#!/proc/self/exe\n", 0755);
		write_file(step.extra_fd, "second", "#! /script -x\n", 0755);
		check(symlinkat("/proc/thread-self/exe", step.extra_fd, "link"));
		step_command(&step, ways[i], NULL);
		assert_int_equal(step_call(&step, NULL, NULL), 0);
		assert_int_equal(step.result.status, 126);
		step_end(&step);
	}
	/* a command's own /proc/self/exe is its own business */
	expect(state, "readlink /proc/self/exe", "/bin/busybox\n");
}

static void environment_is_what_was_given(void **state)
{
	struct step step;

	check(setenv("CBUILD_TEST_MARKER", "leaked", 1));
	step_begin(state, &step);
	strv_add(&step.spec.env, "A=1");
	assert_string_equal(step_run(&step, "env -u PWD -u SHLVL -u OLDPWD | sort"),
			    "A=1\nHOME=/root\nPATH=/bin\n");
	step_end(&step);
	step_begin(state, &step);
	strv_add(&step.spec.env, "HOME=/elsewhere");
	assert_string_equal(step_run(&step, "echo $HOME"), "/elsewhere\n");
	step_end(&step);
}

static void users_are_the_images(void **state)
{
	static const struct {
		const char *user, *expected;
	} cases[] = {
		{ "", "0 0 0 10 /root\n" },
		{ "app", "1000 1001 1001 10 /home/app\n" },
		{ "1000", "1000 1001 1001 10 /home/app\n" },
		{ "app:wheel", "1000 10 10 /home/app\n" },
		{ "1234", "1234 0 0 /\n" },
		{ "1234:5678", "1234 5678 5678 /\n" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct step step;
		step_begin(state, &step);
		step.spec.user = cases[i].user;
		const char *out = step_run(&step, "echo $(id -u) $(id -g) $(id -G) $HOME");
		if (strcmp(out, cases[i].expected) != 0)
			fail_msg("USER '%s': %s", cases[i].user, out);
		step_end(&step);
	}
}

static void an_unknown_user_is_an_error(void **state)
{
	struct step step;

	step_begin(state, &step);
	step.spec.user = "nobody";
	assert_string_equal(expect_error(&step),
			    "user 'nobody' is not in '/etc/passwd' of the image");
	assert_int_equal(step.err.code, ERROR_NOT_FOUND);
	step_end(&step);
}

static void working_dir_is_made_for_the_user(void **state)
{
	struct step step;

	step_begin(state, &step);
	step.spec.user = "app";
	step.spec.working_dir = "/srv/a/../b";
	assert_string_equal(step_run(&step, "pwd; stat -c '%a %u:%g' /srv /srv/b; touch here"),
			    "/srv/b\n755 1000:1001\n755 1000:1001\n");
	assert_int_equal(faccessat(step.upper_fd, "srv/b/here", F_OK, 0), 0);
	step_end(&step);

	/* what is there is left alone, symlinks are followed within the root */
	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "real", 0700));
	check(symlinkat("/real/deep", step.extra_fd, "link"));
	step.spec.working_dir = "/link";
	assert_string_equal(step_run(&step, "/bin/pwd -P; stat -c '%a' /real"),
			    "/real/deep\n700\n");
	step_end(&step);

	step_begin(state, &step);
	step.spec.working_dir = "/etc/passwd";
	assert_string_equal(expect_error(&step),
			    "working directory '/etc/passwd' is not a directory");
	step_end(&step);
}

static void standard_input_is_empty(void **state)
{
	struct step step;

	expect(state, "wc -c; readlink /proc/self/fd/0", "0\n/dev/null\n");
	step_begin(state, &step);
	int fds[2];
	check(pipe(fds));
	assert_int_equal(write(fds[1], "given\n", 6), 6);
	check(close(fds[1]));
	step.spec.stdin_fd = fds[0];
	assert_string_equal(step_run(&step, "cat"), "given\n");
	check(close(fds[0]));
	step_end(&step);
}

static void no_other_descriptors(void **state)
{
	int leaked[4];

	for (size_t i = 0; i < countof(leaked); i++) {
		leaked[i] = open("/", O_RDONLY | O_DIRECTORY);
		check(leaked[i]);
	}
	/* the fourth is what ls opens itself */
	expect(state, "ls /proc/self/fd | wc -l; ls /proc/$$/fd; true", "4\n0\n1\n2\n");
	for (size_t i = 0; i < countof(leaked); i++)
		check(close(leaked[i]));
}

static void hostname_and_umask(void **state)
{
	struct step step;

	(void)umask(077);
	expect(state, "hostname; umask", "buildkitsandbox\n0022\n");
	(void)umask(0);
	step_begin(state, &step);
	step.spec.hostname = "elsewhere";
	assert_string_equal(step_run(&step, "hostname"), "elsewhere\n");
	step_end(&step);
}

static void a_session_of_its_own(void **state)
{
	expect(state,
	       "cut -d' ' -f5,6,7 /proc/self/stat | tr -s ' ' >/tmp/x; "
	       "set -- $(cut -d' ' -f6,7 /proc/$$/stat); test $1 = $$ && echo leader $2",
	       "leader 0\n");
}

static void no_ignored_signal_is_handed_on(void **state)
{
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);

	/* busybox's shell ignores QUIT by itself */
	expect(state, "grep SigIgn /proc/self/status", "SigIgn:\t0000000000000004\n");
	(void)signal(SIGPIPE, pipe_before);
}

static void memory_goes_from_the_step_first(void **state)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d\n",
		       atoi(read_file_at(AT_FDCWD, "/proc/self/oom_score_adj")) + 500);
	expect(state, "cat /proc/self/oom_score_adj", text);
}

static void orphans_are_reaped(void **state)
{
	expect(state,
	       "for i in 1 2 3 4 5 6 7 8; do (sleep 0 &) ; done; n=0; set -- /proc/[0-9]*; "
	       "while [ $# -gt 2 ] && [ $n -lt 600 ]; do"
	       "  sleep 0.1; n=$((n+1)); set -- /proc/[0-9]*; done; echo $#",
	       "2\n");
}

static void daemons_are_killed_and_counted(void **state)
{
	struct step step;

	step_begin(state, &step);
	step_run(&step,
		 "for i in 1 2 3; do setsid sh -c 'trap \"\" TERM HUP; sleep 91827; :' & done; "
		 "n=0; set -- /proc/[0-9]*; while [ $# -lt 8 ] && [ $n -lt 600 ]; do"
		 "  sleep 0.1; n=$((n+1)); set -- /proc/[0-9]*; done; echo done");
	/* three shells and what they sleep in, beside the init and the command */
	assert_int_equal(step.result.killed, 6);
	assert_false(is_running("sleep 91827"));
	step_end(&step);

	step_begin(state, &step);
	(void)step_run(&step, "sleep 0 & wait");
	assert_int_equal(step.result.killed, 0);
	step_end(&step);
}

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct sender {
	pid_t pid;
	int upper_fd; /* where the step's files are to be seen */
};

/* When the step has made the file "ready". */
static void send_term_later(void *context, pid_t init, int kill_signal)
{
	(void)kill_signal;
	struct sender *sender = context;

	sender->pid = fork();
	if (sender->pid != 0)
		return;
	for (int i = 0; i < 6000 && faccessat(sender->upper_fd, "ready", F_OK, 0) < 0; i++)
		(void)usleep(10000);
	(void)kill(init, SIGTERM);
	_exit(0);
}

static void term_reaches_the_command(void **state)
{
	struct step step;

	step_begin(state, &step);
	struct sender sender = { .upper_fd = step.upper_fd };
	step_script(&step,
		    "trap 'echo caught; exit 7' TERM; : >/ready; while :; do sleep 0.05; done");
	assert_int_equal(step_call(&step, send_term_later, &sender), 0);
	assert_int_equal(waitpid(sender.pid, NULL, 0), sender.pid);
	assert_non_null(strstr(step.out, "caught\n"));
	assert_int_equal(step.result.status, 7);
	step_end(&step);
}

static void send_term(void *context, pid_t init, int kill_signal)
{
	(void)kill_signal;
	(void)context;
	(void)kill(init, SIGTERM);
}

/* Sent while the root is still being built: it waits for the command. */
static void an_early_term_is_not_lost(void **state)
{
	struct step step;

	step_begin(state, &step);
	step_script(&step, "sleep 600");
	double start = now();
	assert_int_equal(step_call(&step, send_term, NULL), 0);
	assert_true(now() - start < 60);
	assert_int_equal(step.result.status, 128 + SIGTERM);
	step_end(&step);
}

static void send_kill(void *context, pid_t init, int kill_signal)
{
	(void)kill_signal;
	(void)context;
	(void)kill(init, SIGKILL);
}

/* When the command runs, which the init does not start before this returns. */
static void send_kill_later(void *context, pid_t init, int kill_signal)
{
	(void)kill_signal;
	pid_t *sender = context;

	*sender = fork();
	if (*sender != 0)
		return;
	for (int i = 0; i < 6000 && !is_running("sleep 81726"); i++)
		(void)usleep(10000);
	(void)kill(init, SIGKILL);
	_exit(0);
}

static void killing_the_init_ends_everything(void **state)
{
	struct step step;
	pid_t sender;

	step_begin(state, &step);
	step_script(&step, "sleep 81726");
	assert_int_equal(step_call(&step, send_kill, NULL), -1);
	assert_string_equal(step.err.text, "process 1 of the step died");
	step_end(&step);

	step_begin(state, &step);
	step_script(&step, "sleep 81726 & sleep 81726; :");
	assert_int_equal(step_call(&step, send_kill_later, &sender), -1);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	assert_string_equal(step.err.text, "process 1 of the step died");
	assert_false(is_running("sleep 81726"));
	step_end(&step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_as_a_shell_has_them),
		cmocka_unit_test(a_signal_is_128_and_its_number),
		cmocka_unit_test(what_cannot_be_executed_is_126_or_127),
		cmocka_unit_test(the_builder_is_not_executed),
		cmocka_unit_test(environment_is_what_was_given),
		cmocka_unit_test(users_are_the_images),
		cmocka_unit_test(an_unknown_user_is_an_error),
		cmocka_unit_test(working_dir_is_made_for_the_user),
		cmocka_unit_test(standard_input_is_empty),
		cmocka_unit_test(no_other_descriptors),
		cmocka_unit_test(hostname_and_umask),
		cmocka_unit_test(a_session_of_its_own),
		cmocka_unit_test(no_ignored_signal_is_handed_on),
		cmocka_unit_test(memory_goes_from_the_step_first),
		cmocka_unit_test(orphans_are_reaped),
		cmocka_unit_test(daemons_are_killed_and_counted),
		cmocka_unit_test(term_reaches_the_command),
		cmocka_unit_test(an_early_term_is_not_lost),
		cmocka_unit_test(killing_the_init_ends_everything),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
