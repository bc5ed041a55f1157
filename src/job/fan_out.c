/* SPDX-License-Identifier: Apache-2.0 */
#include "job/fan_out.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

struct fan {
	pid_t *pids;	/* 0 = not running */
	int *error_fds; /* read ends */
	size_t n_running;
};

static _Noreturn void run_child(struct job_channel *channel, size_t i, int error_fd,
				fan_out_function *function, void *context)
{
	struct error err = ERROR_INIT;

	if (function(context, i, channel, &err) == 0)
		_exit(0);
	struct error ignored = ERROR_INIT;
	(void)!fs_write_all(error_fd, &err, sizeof(err), &ignored);
	_exit(1);
}

static int start_child(struct fan *fan, struct job_channel *channel, size_t i,
		       fan_out_function *function, void *context, struct error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		job_child_begin(parent);
		run_child(channel, i, ends[1], function, context);
	}
	int sys = errno;
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		errno = sys;
		return error_sys(err, "fork");
	}
	fan->pids[i] = pid;
	fan->error_fds[i] = ends[0];
	fan->n_running++;
	return 0;
}

/* The error that the child wrote, or how it died. */
static int read_failure(int fd, int status, struct error *err)
{
	struct error said = ERROR_INIT, ignored = ERROR_INIT;
	size_t len = 0;

	if (fs_read_full(fd, &said, sizeof(said), &len, &ignored) == 0 && len == sizeof(said)) {
		said.text[ERROR_TEXT_MAX - 1] = '\0';
		*err = said;
		return -1;
	}
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_SYSTEM, "a worker was killed by signal %d",
				 WTERMSIG(status));
	return error_set(err, ERROR_SYSTEM, "a worker ended with status %d", WEXITSTATUS(status));
}

/* Waits for any child; -1 with its error when it failed. */
static int reap_child(struct fan *fan, size_t n, struct error *err)
{
	int status = 0;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0)
		return errno == EINTR ? 0 : error_sys(err, "wait for a worker");
	for (size_t i = 0; i < n; i++) {
		if (fan->pids[i] != pid)
			continue;
		autoclose int fd = fan->error_fds[i];
		fan->pids[i] = 0;
		fan->n_running--;
		return status ? read_failure(fd, status, err) : 0;
	}
	return 0;
}

static void stop_children(struct fan *fan, size_t n)
{
	struct error ignored = ERROR_INIT;

	for (size_t i = 0; i < n; i++)
		if (fan->pids[i])
			(void)kill(fan->pids[i], SIGKILL);
	while (fan->n_running) {
		size_t before = fan->n_running;
		(void)!reap_child(fan, n, &ignored);
		if (fan->n_running == before && errno == ECHILD)
			break;
	}
}

int job_fan_out(struct job_channel *channel, size_t n, unsigned at_once, fan_out_function *function,
		void *context, struct error *err)
{
	autofree pid_t *pids = xcalloc(n, sizeof(*pids));
	autofree int *error_fds = xcalloc(n, sizeof(*error_fds));
	struct fan fan = { .pids = pids, .error_fds = error_fds };
	size_t next = 0;
	int result = 0;

	if (n == 1)
		return function(context, 0, channel, err);
	while (result == 0 && (next < n || fan.n_running)) {
		if (next < n && fan.n_running < at_once)
			result = start_child(&fan, channel, next++, function, context, err);
		else
			result = reap_child(&fan, n, err);
	}
	if (result < 0)
		stop_children(&fan, n);
	return result;
}
