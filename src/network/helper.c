/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/program.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* What works is ready in a tenth of a second; a machine may be loaded. */
enum { READY_SECONDS = 20, LOG_MAX = 4096, READY_FD = 3 };

static const char *const pasta_words[] = { "--quiet", "--config-net", "-t",	 "none",
					   "-u",      "none",	      "-T",	 "none",
					   "-U",      "none",	      "--runas", "0",
					   NULL };
static const char *const slirp_words[] = { "--configure",	"--mtu=65520",
					   "--enable-sandbox",	"--enable-seccomp",
					   "--netns-type=path", NULL };

const struct network_helper network_helpers[] = {
	{ .name = "pasta",
	  .package = "passt",
	  .forwarder = "169.254.1.1",
	  .forwarder_word = "--dns-forward",
	  .words = pasta_words,
	  .shuts_host_off = "--no-map-gw",
	  .path_word = "--netns" },
	{ .name = "slirp4netns",
	  .package = "slirp4netns",
	  .forwarder = "10.0.2.3",
	  .has_ready_fd = true,
	  .words = slirp_words,
	  .shuts_host_off = "--disable-host-loopback",
	  .last_word = "tap0" },
};
const size_t n_network_helpers = countof(network_helpers);

void network_helper_words(const struct network_helper *helper, const char *namespace_path,
			  int ready_fd, const struct network_wishes *wishes, struct strv *ret_words)
{
	strv_add(ret_words, helper->name);
	for (size_t i = 0; helper->words[i]; i++)
		strv_add(ret_words, helper->words[i]);
	if (!wishes->reaches_host)
		strv_add(ret_words, helper->shuts_host_off);
	if (wishes->has_forwarder && helper->forwarder_word) {
		strv_add(ret_words, helper->forwarder_word);
		strv_add(ret_words, helper->forwarder);
	}
	if (helper->has_ready_fd)
		strv_printf(ret_words, "--ready-fd=%d", ready_fd);
	if (helper->path_word)
		strv_add(ret_words, helper->path_word);
	strv_add(ret_words, namespace_path);
	if (helper->last_word)
		strv_add(ret_words, helper->last_word);
}

/* --- its process --------------------------------------------------------------------------------
 */

struct run {
	const char *file;
	struct strv words;
	pid_t pid;
	int pidfd, log_fd, ready_fd;
	char log[LOG_MAX + 1];
	size_t log_len;
};

static void run_release(struct run *run)
{
	strv_release(&run->words);
	close_fd_at(&run->pidfd);
	close_fd_at(&run->log_fd);
	close_fd_at(&run->ready_fd);
}
DEFINE_RELEASE(struct run, run_release);

static _Noreturn void run_program(const struct run *run, int log_fd, int ready_fd)
{
	cleanup(strv_release) struct strv env = STRV_INIT;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	/* none of the three is in the way of another: they are numbered above all of these */
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
	    dup2(log_fd, STDERR_FILENO) < 0 || dup2(ready_fd, READY_FD) < 0 ||
	    close_range(READY_FD + 1, ~0U, 0) < 0)
		_exit(127);
	strv_env_set(&env, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
	(void)execve(run->file, strv_items(&run->words), strv_items(&env));
	(void)dprintf(STDERR_FILENO, "%s: %s\n", run->file, strerrordesc_np(errno));
	_exit(127);
}

/* Numbered above what the helper gets them as. */
static int make_pipe(int *ret_read_fd, int *ret_write_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ret_read_fd = fcntl(ends[0], F_DUPFD_CLOEXEC, READY_FD + 1);
	*ret_write_fd = fcntl(ends[1], F_DUPFD_CLOEXEC, READY_FD + 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return *ret_read_fd < 0 || *ret_write_fd < 0 ? -1 : 0;
}

static int start_program(struct run *run, struct error *err)
{
	autoclose int log_fd = -1, ready_fd = -1;

	if (make_pipe(&run->log_fd, &log_fd) < 0 || make_pipe(&run->ready_fd, &ready_fd) < 0)
		return error_sys(err, "make a pipe");
	run->pid = fork();
	if (run->pid == 0)
		run_program(run, log_fd, ready_fd);
	if (run->pid < 0)
		return error_sys(err, "start '%s'", run->file);
	run->pidfd = pidfd_open(run->pid, 0);
	if (run->pidfd < 0)
		return error_sys(err, "watch '%s'", run->file);
	return 0;
}

/* --- until it is ready --------------------------------------------------------------------------
 */

static int64_t milliseconds_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* false at the end; what does not fit is dropped. */
static bool read_log(struct run *run)
{
	char block[512];
	ssize_t n = read(run->log_fd, block, sizeof(block));

	for (ssize_t i = 0; i < n && run->log_len < LOG_MAX; i++)
		run->log[run->log_len++] = block[i];
	return n > 0 || (n < 0 && errno == EINTR);
}

/* The last line that says something; pasta complains of a missing syslog, too. */
static void describe_failure(struct run *run, int wait_status, struct error *err)
{
	const char *last = NULL;
	struct pollfd log = { .fd = run->log_fd, .events = POLLIN };

	while (poll(&log, 1, 0) > 0 && read_log(run))
		;
	run->log[run->log_len] = '\0';
	for (char *line = run->log; line && *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (*line && !strstr(line, "syslog") && !text_has_prefix(line, "WARNING"))
			last = line;
		line = end ? end + 1 : NULL;
	}
	cleanup(buf_release) struct buf text = BUF_INIT;
	if (last)
		text_add_printable(&text, last, strlen(last));
	else if (WIFSIGNALED(wait_status))
		buf_printf(&text, "killed by signal %d", WTERMSIG(wait_status));
	else
		buf_printf(&text, "ended with status %d", WEXITSTATUS(wait_status));
	(void)error_set(err, ERROR_SYSTEM, "%.300s", text.data);
}

static int take_end(struct run *run, bool may_end, struct error *err)
{
	int status = 0;

	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (may_end && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	describe_failure(run, status, err);
	return -1;
}

/* 1 ready, 0 not yet, -1 */
static int look(const struct network_helper *helper, struct run *run, struct pollfd *fds,
		struct error *err)
{
	char byte;

	if (fds[1].revents && !read_log(run))
		fds[1].fd = -1;
	if (helper->has_ready_fd && fds[2].revents && read(run->ready_fd, &byte, 1) == 1)
		return 1;
	return fds[0].revents ? take_end(run, !helper->has_ready_fd, err) : 0;
}

static int wait_ready(const struct network_helper *helper, struct run *run, struct error *err)
{
	int64_t deadline = milliseconds_now() + READY_SECONDS * 1000;
	struct pollfd fds[] = { { .fd = run->pidfd, .events = POLLIN },
				{ .fd = run->log_fd, .events = POLLIN },
				{ .fd = run->ready_fd, .events = POLLIN } };

	for (;;) {
		int64_t left = deadline - milliseconds_now();
		int n = left > 0 ? poll(fds, countof(fds), (int)left) : 0;
		if (n < 0 && errno != EINTR)
			return error_sys(err, "wait for '%s'", run->file);
		if (n == 0)
			return error_set(err, ERROR_TIMED_OUT, "it was not ready after %d seconds",
					 READY_SECONDS);
		int is_ready = n < 0 ? 0 : look(helper, run, fds, err);
		if (is_ready)
			return is_ready < 0 ? -1 : 0;
		/* its end closes the pipe: nothing more will come there, and its end is seen */
		if (fds[2].revents & POLLHUP)
			fds[2].fd = -1;
	}
}

int network_helper_start(const struct network_helper *helper, const char *namespace_path,
			 const struct network_wishes *wishes, int *ret_log_fd, struct error *err)
{
	cleanup(run_release) struct run run = {
		.words = STRV_INIT, .pidfd = -1, .log_fd = -1, .ready_fd = -1
	};
	autofree char *file = NULL;

	if (!program_find(helper->name, &file))
		return error_set(err, ERROR_NOT_FOUND, "not installed (package %s)",
				 helper->package);
	run.file = file;
	network_helper_words(helper, namespace_path, READY_FD, wishes, &run.words);
	if (start_program(&run, err) < 0 || wait_ready(helper, &run, err) < 0)
		return -1;
	*ret_log_fd = take_fd(&run.log_fd);
	return 0;
}
