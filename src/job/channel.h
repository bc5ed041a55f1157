/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a job to the coordinator: frames over a stream socket, a header of kind and
 * length and then the payload. Both ends are one program on one machine, so numbers and struct
 * error travel as they lie in memory; the reader still believes nothing of it.
 *
 * Without a fork (inline mode) frames go to `receive` directly.
 */
#ifndef CBUILD_JOB_CHANNEL_H
#define CBUILD_JOB_CHANNEL_H

#include "base/buf.h"
#include "base/error.h"
#include "job/job.h"

#include <stdint.h>

enum frame_kind {
	FRAME_NOTE = 1,
	FRAME_WARNING,
	FRAME_PROGRESS, /* struct frame_progress */
	FRAME_WAITING,
	FRAME_RESUMED,
	FRAME_CACHED,
	FRAME_TERMINAL_TAKEN,
	FRAME_TERMINAL_GIVEN,
	FRAME_CONFINED, /* an int, what kills it; with a pidfd: there is one; without: it is gone */
	FRAME_RECORD,	/* the result: the last frame */
	FRAME_ERROR	/* struct error: the last frame */
};

/* Small enough for one packet of the socket, so that processes that share one do not mix. */
enum { FRAME_TEXT_MAX = 16 * 1024 };

struct frame_header {
	uint32_t kind;
	uint32_t len;
};

struct frame_progress {
	uint64_t done, total;
};

struct frame {
	enum frame_kind kind;
	const char *data; /* a text ends with its NUL */
	size_t len;
	int fd; /* borrowed; -1 = none */
};

struct job_channel {
	int message_fd; /* -1: inline */
	int stdout_fd, stderr_fd;
	void (*receive)(void *context, const struct frame *frame);
	void *context;
	uint64_t progress_time; /* when the last progress frame went out */
};

/* The last frame of a job. A record that is too large becomes an error. */
void channel_send_record(struct job_channel *channel, const struct buf *record);
void channel_send_error(struct job_channel *channel, const struct error *error);

struct channel_reader {
	struct buf in;
	size_t taken; /* of in: what was handed out */
	int fd;	      /* came with a frame that is not complete yet, or was handed out last */
	bool is_fd_lent;
};

#define CHANNEL_READER_INIT            \
	{                              \
		BUF_INIT, 0, -1, false \
	}

void channel_reader_release(struct channel_reader *reader);
DEFINE_RELEASE(struct channel_reader, channel_reader_release);
/* Reads once what lies in the socket, without waiting: 1 something, 0 the end, or nothing there. */
int channel_receive(struct channel_reader *reader, int socket_fd, struct error *err) must_check;
/* 1 a frame, lent until the next call; 0 none complete; -1 what came is no frame. */
int channel_next(struct channel_reader *reader, struct frame *ret_frame, struct error *err)
	must_check;

#endif
