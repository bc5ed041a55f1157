/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "decode_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *format_name(enum decode_format format)
{
	static const char *const names[] = { "tar", "gzip", "zstd", "bzip2", "xz" };

	return names[format];
}

enum decode_format decode_format_find(const unsigned char *magic, size_t len)
{
	static const struct {
		enum decode_format format;
		size_t len;
		unsigned char magic[DECODE_MAGIC_SIZE];
	} formats[] = {
		{ DECODE_GZIP, 3, { 0x1f, 0x8b, 0x08 } },
		{ DECODE_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
		{ DECODE_BZIP2, 3, { 'B', 'Z', 'h' } },
		{ DECODE_XZ, 6, { 0xfd, '7', 'z', 'X', 'Z', 0x00 } },
	};

	for (size_t i = 0; i < countof(formats); i++)
		if (len >= formats[i].len && memcmp(magic, formats[i].magic, formats[i].len) == 0)
			return formats[i].format;
	/* a skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian */
	if (len >= 4 && (magic[0] & 0xf0) == 0x50 && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0)
		return DECODE_ZSTD;
	return DECODE_NONE;
}

/* The child: nothing but its input and output is open, and it dies with its parent. */
static void run_child(int blob_fd, int out_fd, enum decode_format format, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(DECODE_NOT_CONFINED);
	/* out of the way first, wherever they are */
	int in = fcntl(blob_fd, F_DUPFD, 3), out = fcntl(out_fd, F_DUPFD, 3);
	if (in < 0 || out < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    close_range(2, ~0U, 0) < 0)
		_exit(DECODE_NOT_CONFINED);
	decode_exit(decode_run(format));
}

int decoder_start(int blob_fd, enum decode_format format, struct decoder *ret_decoder,
		  struct error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int read_fd = ends[0];
	autoclose int write_fd = ends[1];
	/* fewer switches between the two; not having it is no harm */
	(void)fcntl(write_fd, F_SETPIPE_SZ, DECODE_PIPE_SIZE);
	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "start a decoder");
	if (!pid)
		run_child(blob_fd, write_fd, format, parent);
	*ret_decoder = (struct decoder){ .pid = pid, .fd = take_fd(&read_fd), .format = format };
	return 0;
}

static int await_end(struct decoder *decoder)
{
	pid_t pid = decoder->pid;
	int status = 0;

	decoder->pid = 0;
	for (;;) {
		if (waitpid(pid, &status, 0) == pid)
			return status;
		/* without a status nothing says that it was all */
		if (errno != EINTR)
			return W_EXITCODE(DECODE_LOST, 0);
	}
}

static int report(enum decode_format format, int status, struct error *err)
{
	const char *name = format_name(format);

	switch ((enum decode_status)status) {
	case DECODE_DONE:
		return 0;
	case DECODE_TRUNCATED:
		return error_set(err, ERROR_CORRUPT, "%s data ends too early", name);
	case DECODE_GARBAGE:
		return error_set(err, ERROR_CORRUPT, "%s data is followed by something else", name);
	case DECODE_TOO_LARGE:
		return error_set(err, ERROR_CORRUPT,
				 "%s data wants more memory than it gets (a window of 128 MiB)",
				 name);
	case DECODE_CORRUPT:
		return error_set(err, ERROR_CORRUPT, "%s data is damaged", name);
	case DECODE_NOT_CONFINED:
		return error_set(err, ERROR_PERMISSION,
				 "decoding %s: the process cannot be confined (seccomp)", name);
	case DECODE_READ_FAILED:
		return error_set(err, ERROR_SYSTEM, "decoding %s: the input cannot be read", name);
	case DECODE_WRITE_FAILED:
	case DECODE_NO_MEMORY:
	case DECODE_LOST:
	default:
		return error_set(err, ERROR_SYSTEM, "decoding %s ended with status %d", name,
				 status);
	}
}

int decoder_finish(struct decoder *decoder, struct error *err)
{
	int status = await_end(decoder);

	if (WIFSIGNALED(status))
		return error_set(err, ERROR_CORRUPT, "decoding %s: the decoder died of signal %d",
				 format_name(decoder->format), WTERMSIG(status));
	return report(decoder->format, WEXITSTATUS(status), err);
}

void decoder_release(struct decoder *decoder)
{
	if (decoder->fd >= 0)
		(void)close(decoder->fd);
	if (decoder->pid > 0) {
		(void)kill(decoder->pid, SIGKILL);
		(void)await_end(decoder);
	}
	*decoder = (struct decoder)DECODER_INIT;
}
