/* SPDX-License-Identifier: Apache-2.0 */
/* Finding git, and running it. */
#include "git.h"
#include "git_watch.h"

#include "base/program.h"
#include "base/text.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { COMPLAINT_MAX = 4096, READ_SIZE = 64 * 1024, LOOK_MS = 1000 };

int git_program_find(char **ret_path, struct error *err)
{
	if (program_find("git", ret_path))
		return 0;
	return error_set(err, ERROR_NOT_FOUND,
			 "a git repository needs the program git, which is not on PATH (package "
			 "git; over ssh openssh-client too)");
}

/* --- the child -------------------------------------------------------------------------------- */

struct git_ends {
	int out, complaints;
};

static void limit(__rlimit_resource_t resource, rlim_t most)
{
	const struct rlimit limits = { most, most };

	(void)setrlimit(resource, &limits);
}

/* git of a repository from outside: no core, no huge file, no new rights, nothing of ours open. */
static void run_child(const struct git_session *session, int dir_fd, char *const *arguments,
		      const struct git_ends *ends)
{
	sigset_t none;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)umask(022);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, GIT_FILE_SIZE_MAX);
	int dir_copy = fcntl(dir_fd, F_DUPFD_CLOEXEC, 10);
	int out_copy = fcntl(ends->out, F_DUPFD_CLOEXEC, 10);
	int complaints_copy = fcntl(ends->complaints, F_DUPFD_CLOEXEC, 10);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    null_fd < 0 || dir_copy < 0 || fchdir(dir_copy) < 0 ||
	    dup2(null_fd, STDIN_FILENO) < 0 || dup2(out_copy, STDOUT_FILENO) < 0 ||
	    dup2(complaints_copy, STDERR_FILENO) < 0 ||
	    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) < 0)
		_exit(126);
	(void)execve(session->program, arguments, strv_items(&session->environment));
	_exit(127);
}

/*
 * With a process namespace of its own where that can be had: then whatever git started dies with
 * it.
 */
static pid_t start_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);

	return pid < 0 ? fork() : pid;
}

/* --- the parent ------------------------------------------------------------------------------- */

struct stream {
	int fd;
	struct buf *text;
	size_t max;
	bool keeps_end; /* what is too much goes at the front; else it is an error */
};

static int read_stream(struct stream *stream, struct error *err)
{
	buf_reserve(stream->text, READ_SIZE);
	ssize_t len = read(stream->fd, stream->text->data + stream->text->len, READ_SIZE);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : error_sys(err, "read from git");
	if (len == 0)
		return 0;
	stream->text->len += (size_t)len;
	stream->text->data[stream->text->len] = '\0';
	if (stream->text->len <= stream->max)
		return 1;
	if (!stream->keeps_end)
		return error_set(err, ERROR_CORRUPT, "git printed more than %zu bytes",
				 stream->max);
	size_t extra = stream->text->len - stream->max;
	memmove(stream->text->data, stream->text->data + extra, stream->max + 1);
	stream->text->len = stream->max;
	return 1;
}

/* -1: the server says nothing any more. */
static int check_progress(struct git_watch *watch, pid_t pid, struct error *err)
{
	struct timespec now = { 0 };
	uint64_t done;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!git_work_read(pid, &done))
		return 0;
	switch (git_watch_check(watch, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
				done)) {
	case GIT_GOES_ON:
		return 0;
	case GIT_IS_SILENT:
		return error_set(err, ERROR_NETWORK, "stalled: nothing came for %d seconds",
				 GIT_SILENCE_SECONDS);
	case GIT_IS_SLOW:
		break;
	}
	return error_set(err, ERROR_NETWORK,
			 "stalled: less than %d bytes a second came for %d seconds", GIT_STALL_RATE,
			 GIT_STALL_SECONDS);
}

/* Until both are at their end. `watched`: whose server may say nothing, or 0. */
static int read_streams(struct stream *streams, size_t n, pid_t watched, struct error *err)
{
	struct git_watch watch = { 0 };
	struct pollfd fds[2];
	size_t n_open = n;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = streams[i].fd, .events = POLLIN };
	while (n_open) {
		int n_ready = poll(fds, n, watched ? LOOK_MS : -1);
		if (n_ready < 0 && errno != EINTR)
			return error_sys(err, "wait for git");
		if (watched && check_progress(&watch, watched, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (n_ready <= 0 || fds[i].fd < 0 || !fds[i].revents)
				continue;
			int more = read_stream(&streams[i], err);
			if (more < 0)
				return -1;
			if (!more) {
				fds[i].fd = -1;
				n_open--;
			}
		}
	}
	return 0;
}

static int await(pid_t pid, int *ret_status, struct error *err)
{
	while (waitpid(pid, ret_status, 0) != pid)
		if (errno != EINTR)
			return error_sys(err, "wait for git");
	return 0;
}

/* Does it talk to a server that nobody else watches? (http: git itself does, by http.lowSpeed...)
 */
static bool is_watched(const struct git_session *session, const char *command)
{
	return session->url && text_has_prefix(session->url, "git://") &&
	       (strcmp(command, "fetch") == 0 || strcmp(command, "ls-remote") == 0);
}

int git_run(const struct git_session *session, int dir_fd, const struct strv *arguments,
	    struct buf *ret_output, struct error *err)
{
	cleanup(strv_release) struct strv all = STRV_INIT;
	cleanup(buf_release) struct buf complaints = BUF_INIT, output = BUF_INIT;
	int out[2], complaint[2], status = 0;

	strv_add(&all, "git");
	strv_add_all(&all, arguments);
	trace("fetch", "git %s", arguments->items[0]);
	if (pipe2(out, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int out_fd = out[0], child_out = out[1];
	if (pipe2(complaint, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int complaint_fd = complaint[0], child_complaint = complaint[1];
	const struct git_ends ends = { child_out, child_complaint };
	pid_t pid = start_process();
	if (pid < 0)
		return error_sys(err, "start git");
	if (!pid)
		run_child(session, dir_fd, strv_items(&all), &ends);
	(void)close(take_fd(&child_out));
	(void)close(take_fd(&child_complaint));
	struct stream streams[] = { { out_fd, &output, GIT_OUTPUT_MAX, false },
				    { complaint_fd, &complaints, COMPLAINT_MAX, true } };
	pid_t watched = is_watched(session, arguments->items[0]) ? pid : 0;
	int result = read_streams(streams, countof(streams), watched, err);
	if (result < 0) {
		(void)kill(pid, SIGKILL);
		(void)error_wrap(err, "git %s", arguments->items[0]);
	}
	if (await(pid, &status, result < 0 ? &(struct error)ERROR_INIT : err) < 0 || result < 0)
		return -1;
	if (status)
		return git_complain(arguments->items[0], status, &complaints, err);
	if (ret_output) {
		*ret_output = output;
		output = (struct buf)BUF_INIT;
	}
	return 0;
}

int git_run_words(const struct git_session *session, int dir_fd, const char *const *words,
		  struct buf *ret_output, struct error *err)
{
	cleanup(strv_release) struct strv arguments = STRV_INIT;

	for (; *words; words++)
		strv_add(&arguments, *words);
	return git_run(session, dir_fd, &arguments, ret_output, err);
}
