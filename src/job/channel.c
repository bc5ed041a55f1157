/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PROGRESS_PERIOD = 100 * 1000 * 1000, RECEIVE_SIZE = 64 * 1024 };

/* --- the job's end ------------------------------------------------------------------------------
 */

static void attach_fd(struct msghdr *message, char *control, size_t size, int fd)
{
	message->msg_control = control;
	message->msg_controllen = size;
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

/* A coordinator that is gone takes this process with it, so nobody is told of a broken socket. */
static void send_frame(struct job_channel *channel, enum frame_kind kind, const void *data,
		       size_t len, int fd)
{
	if (channel->message_fd < 0) {
		struct frame frame = { .kind = kind, .data = data, .len = len, .fd = fd };
		channel->receive(channel->context, &frame);
		return;
	}

	struct frame_header header = { .kind = kind, .len = (uint32_t)len };
	struct buf whole = BUF_INIT;
	buf_reserve(&whole, sizeof(header) + len);
	buf_add(&whole, &header, sizeof(header));
	buf_add(&whole, data, len);

	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(__alignof__(struct cmsghdr))));
	for (size_t sent = 0; sent < whole.len;) {
		struct iovec part = { whole.data + sent, whole.len - sent };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
		if (fd >= 0 && !sent)
			attach_fd(&message, control, sizeof(control), fd);
		ssize_t n = sendmsg(channel->message_fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			sent += (size_t)n;
	}
	buf_release(&whole);
}

__attribute__((format(printf, 3, 0))) static void send_text(struct job_channel *channel,
							    enum frame_kind kind,
							    const char *format, va_list args)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	buf_vprintf(&text, format, args);
	if (text.len >= FRAME_TEXT_MAX)
		buf_truncate(&text, FRAME_TEXT_MAX - 1);
	send_frame(channel, kind, text.data, text.len + 1, -1);
}

int job_stdout_fd(const struct job_channel *channel)
{
	return channel->stdout_fd;
}

int job_stderr_fd(const struct job_channel *channel)
{
	return channel->stderr_fd;
}

void job_note(struct job_channel *channel, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	send_text(channel, FRAME_NOTE, format, args);
	va_end(args);
}

void job_warn(struct job_channel *channel, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	send_text(channel, FRAME_WARNING, format, args);
	va_end(args);
}

static void send_progress(void *context, uint64_t done, uint64_t total)
{
	struct job_channel *channel = context;
	uint64_t now = event_now();
	bool is_last = total && done >= total;

	if (!is_last && now - channel->progress_time < PROGRESS_PERIOD)
		return;
	channel->progress_time = now;
	struct frame_progress progress = { .done = done, .total = total };
	send_frame(channel, FRAME_PROGRESS, &progress, sizeof(progress), -1);
}

struct progress job_progress(struct job_channel *channel)
{
	return (struct progress){ .advance = send_progress, .context = channel };
}

void job_waiting(struct job_channel *channel, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	send_text(channel, FRAME_WAITING, format, args);
	va_end(args);
}

void job_resumed(struct job_channel *channel)
{
	send_frame(channel, FRAME_RESUMED, "", 0, -1);
}

void job_cached(struct job_channel *channel)
{
	send_frame(channel, FRAME_CACHED, "", 0, -1);
}

void job_terminal_taken(struct job_channel *channel)
{
	send_frame(channel, FRAME_TERMINAL_TAKEN, "", 0, -1);
}

void job_terminal_given(struct job_channel *channel)
{
	send_frame(channel, FRAME_TERMINAL_GIVEN, "", 0, -1);
}

int job_channel_fd(const struct job_channel *channel)
{
	return channel->message_fd;
}

void job_channel_move(struct job_channel *channel, int fd)
{
	channel->message_fd = fd;
}

void job_confined(struct job_channel *channel, pid_t init, int kill_signal)
{
	/* A pidfd, because the coordinator cannot know when the job has reaped the process. */
	autoclose int pidfd = init > 0 ? pidfd_open(init, 0) : -1;

	send_frame(channel, FRAME_CONFINED, &kill_signal, sizeof(kill_signal), pidfd);
}

void channel_send_error(struct job_channel *channel, const struct error *error)
{
	send_frame(channel, FRAME_ERROR, error, sizeof(*error), -1);
}

void channel_send_record(struct job_channel *channel, const struct buf *record)
{
	struct error err = ERROR_INIT;

	if (record->len <= JOB_RECORD_SIZE_MAX) {
		send_frame(channel, FRAME_RECORD, record->data, record->len, -1);
		return;
	}
	error_set(&err, ERROR_SYSTEM, "the result of %zu bytes is over the ceiling of %d bytes",
		  record->len, JOB_RECORD_SIZE_MAX);
	channel_send_error(channel, &err);
}

/* --- the coordinator's end ----------------------------------------------------------------------
 */

static void drop_fd(struct channel_reader *reader)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
	reader->is_fd_lent = false;
}

void channel_reader_release(struct channel_reader *reader)
{
	buf_release(&reader->in);
	drop_fd(reader);
}

static void take_over_fd(struct channel_reader *reader, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return;
	drop_fd(reader);
	memcpy(&reader->fd, CMSG_DATA(header), sizeof(reader->fd));
}

/* Frames are handed out before more is read, so `in` never holds much more than one of them. */
int channel_receive(struct channel_reader *reader, int socket_fd, struct error *err)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(__alignof__(struct cmsghdr))));

	if (reader->taken) {
		memmove(reader->in.data, reader->in.data + reader->taken,
			reader->in.len - reader->taken);
		buf_truncate(&reader->in, reader->in.len - reader->taken);
		reader->taken = 0;
	}
	buf_reserve(&reader->in, RECEIVE_SIZE);
	struct iovec part = { reader->in.data + reader->in.len, RECEIVE_SIZE };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;
	do
		n = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == ECONNRESET))
		return 0;
	if (n < 0)
		return error_sys(err, "read a job's messages");
	take_over_fd(reader, &message);
	reader->in.len += (size_t)n;
	reader->in.data[reader->in.len] = '\0';
	return n > 0;
}

static bool is_text(enum frame_kind kind)
{
	return kind == FRAME_NOTE || kind == FRAME_WARNING || kind == FRAME_WAITING;
}

static bool is_len_good(const struct frame_header *header)
{
	switch (header->kind) {
	case FRAME_NOTE:
	case FRAME_WARNING:
	case FRAME_WAITING:
		return header->len >= 1 && header->len <= FRAME_TEXT_MAX;
	case FRAME_PROGRESS:
		return header->len == sizeof(struct frame_progress);
	case FRAME_RESUMED:
	case FRAME_CACHED:
	case FRAME_TERMINAL_TAKEN:
	case FRAME_TERMINAL_GIVEN:
		return header->len == 0;
	case FRAME_CONFINED:
		return header->len == sizeof(int);
	case FRAME_RECORD:
		return header->len <= JOB_RECORD_SIZE_MAX;
	case FRAME_ERROR:
		return header->len == sizeof(struct error);
	default:
		return false;
	}
}

int channel_next(struct channel_reader *reader, struct frame *ret_frame, struct error *err)
{
	struct frame_header header;
	const char *start = reader->in.data + reader->taken;
	size_t left = reader->in.len - reader->taken;

	if (reader->is_fd_lent)
		drop_fd(reader);
	if (left < sizeof(header))
		return 0;
	memcpy(&header, start, sizeof(header));
	if (!is_len_good(&header))
		return error_set(err, ERROR_CORRUPT,
				 "a job sent a message of kind %u and length %u", header.kind,
				 header.len);
	if (left - sizeof(header) < header.len)
		return 0;
	const char *data = start + sizeof(header);
	enum frame_kind kind = (enum frame_kind)header.kind;
	if (is_text(kind) && data[header.len - 1] != '\0')
		return error_set(err, ERROR_CORRUPT, "a job sent a text without an end");
	reader->taken += sizeof(header) + header.len;
	reader->is_fd_lent = kind == FRAME_CONFINED && reader->fd >= 0;
	*ret_frame = (struct frame){ .kind = kind,
				     .data = data,
				     .len = header.len,
				     .fd = reader->is_fd_lent ? reader->fd : -1 };
	return 1;
}
