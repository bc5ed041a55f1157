/* SPDX-License-Identifier: Apache-2.0 */
#include "mask_process.h"

#include "masker.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "job/job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum { BLOCK_SIZE = 64 * 1024 };

static void close_at(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_step_ends(struct mask_process *process)
{
	for (int i = 0; i < MASKED_STREAMS; i++)
		close_at(&process->fds[i]);
}

/* --- the process --------------------------------------------------------------------------------
 */

struct stream {
	int in, out; /* -1: at its end */
	struct masker masker;
};

/* A coordinator that is gone takes this process with it, so nobody is told of a broken pipe. */
static void forward(struct stream *stream, struct buf *text)
{
	struct error ignored = ERROR_INIT;

	if (text->len && fs_write_all(stream->out, text->data, text->len, &ignored) < 0)
		_exit(0);
	buf_clear(text);
}

/* At most `max` bytes; how many were read. */
static size_t serve(struct stream *stream, char *block, size_t max)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	ssize_t n = read(stream->in, block, max < BLOCK_SIZE ? max : BLOCK_SIZE);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n > 0)
		masker_add(&stream->masker, block, (size_t)n, &text);
	else
		masker_finish(&stream->masker, &text);
	forward(stream, &text);
	if (n <= 0)
		close_at(&stream->in);
	return n > 0 ? (size_t)n : 0;
}

static void drain(struct stream *stream, char *block)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	int left = 0;

	if (stream->in < 0)
		return;
	if (ioctl(stream->in, FIONREAD, &left) < 0)
		left = 0;
	while (left > 0 && stream->in >= 0)
		left -= (int)serve(stream, block, (size_t)left);
	masker_finish(&stream->masker, &text);
	forward(stream, &text);
}

static void mask_streams(struct stream *streams, int stop_fd)
{
	autofree char *block = xmalloc(BLOCK_SIZE);

	for (;;) {
		struct pollfd fds[MASKED_STREAMS + 1] = {
			{ .fd = streams[0].in, .events = POLLIN },
			{ .fd = streams[1].in, .events = POLLIN },
			{ .fd = stop_fd, .events = POLLIN },
		};
		if (poll(fds, countof(fds), -1) < 0 && errno != EINTR)
			_exit(1);
		for (int i = 0; i < MASKED_STREAMS; i++)
			if (fds[i].revents && streams[i].in >= 0)
				(void)serve(&streams[i], block, BLOCK_SIZE);
		if (fds[MASKED_STREAMS].revents)
			break;
	}
	for (int i = 0; i < MASKED_STREAMS; i++)
		drain(&streams[i], block);
}

/* In low places, so that nothing else of the job stays open here: no lock, no mount. */
static int keep_only(int *fds, int n)
{
	for (int i = 0; i < n; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, n);
		if (fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < n; i++)
		if (dup2(fds[i], i) < 0)
			return -1;
	return close_range((unsigned)n, UINT_MAX, 0);
}

static _Noreturn void run_child(const struct secret_watch *watch, const int *ins, const int *outs,
				int stop_fd, pid_t parent)
{
	int fds[] = { ins[0], ins[1], outs[0], outs[1], stop_fd };
	struct stream streams[MASKED_STREAMS] = { { .in = 0, .out = 2 }, { .in = 1, .out = 3 } };

	job_child_begin(parent);
	if (keep_only(fds, (int)countof(fds)) < 0)
		_exit(1);
	for (int i = 0; i < MASKED_STREAMS; i++)
		masker_init(&streams[i].masker, watch);
	mask_streams(streams, (int)countof(fds) - 1);
	_exit(0);
}

/* --- the job ------------------------------------------------------------------------------------
 */

static int open_pipe(int *ret_read_fd, int *ret_write_fd, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	*ret_read_fd = fds[0];
	*ret_write_fd = fds[1];
	return 0;
}

int mask_process_start(const struct secret_watch *watch, const int outs[MASKED_STREAMS],
		       struct mask_process *ret_process, struct error *err)
{
	cleanup(mask_process_release) struct mask_process process = MASK_PROCESS_INIT;
	autoclose int out_fd = -1, errors_fd = -1, end_fd = -1;
	pid_t parent = getpid();

	if (open_pipe(&out_fd, &process.fds[0], err) < 0 ||
	    open_pipe(&errors_fd, &process.fds[1], err) < 0 ||
	    open_pipe(&end_fd, &process.stop_fd, err) < 0)
		return -1;
	process.pid = fork();
	if (process.pid < 0)
		return error_sys(err, "start the process that masks secrets");
	if (process.pid == 0)
		run_child(watch, (const int[]){ out_fd, errors_fd }, outs, end_fd, parent);
	*ret_process = process;
	process = (struct mask_process)MASK_PROCESS_INIT;
	return 0;
}

static int wait_gone(struct mask_process *process)
{
	int status = -1;

	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
	return status;
}

int mask_process_finish(struct mask_process *process, struct error *err)
{
	close_step_ends(process);
	close_at(&process->stop_fd);
	if (process->pid > 0 && wait_gone(process) != 0)
		return error_set(err, ERROR_SYSTEM,
				 "the process that masks secrets in the output died");
	return 0;
}

void mask_process_release(struct mask_process *process)
{
	close_step_ends(process);
	close_at(&process->stop_fd);
	if (process->pid > 0) {
		(void)kill(process->pid, SIGKILL);
		(void)wait_gone(process);
	}
}
