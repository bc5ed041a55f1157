/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/packet.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
};

int packet_pair(int ret_fds[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return error_sys(err, "make a socket pair");
	return 0;
}

int packet_send(int socket_fd, const struct buf *message, const int *fds, size_t n_fds,
		struct error *err)
{
	struct iovec part = { message->data, message->len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };

	assert(n_fds <= PACKET_FDS_MAX);
	if (n_fds) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		*rights = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(rights), fds, n_fds * sizeof(int));
	}
	for (;;) {
		if (sendmsg(socket_fd, &header, MSG_NOSIGNAL) >= 0)
			return 1;
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return 0;
		if (errno != EINTR)
			return error_sys(err, "send a message");
	}
}

/* Every descriptor that came is taken or closed, whatever else is wrong. */
static bool take_descriptors(struct msghdr *header, int *ret_fds, size_t n_fds)
{
	size_t taken = 0;
	bool fits = true;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
			if (taken < n_fds) {
				ret_fds[taken++] = fd;
			} else {
				(void)close(fd);
				fits = false;
			}
		}
	}
	return fits && !(header->msg_flags & MSG_CTRUNC);
}

int packet_receive(int socket_fd, size_t max, bool waits, struct buf *ret_message, int *ret_fds,
		   size_t n_fds, struct error *err)
{
	union control control = { 0 };

	for (size_t i = 0; i < n_fds; i++)
		ret_fds[i] = -1;
	buf_clear(ret_message);
	buf_reserve(ret_message, max + 1);
	struct iovec part = { ret_message->data, max };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	ssize_t len;
	do {
		len = recvmsg(socket_fd, &header, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
	} while (len < 0 && errno == EINTR);
	if (len < 0 && !waits && errno == EAGAIN)
		return 1;
	if (len < 0 && errno == ECONNRESET)
		return 0;
	if (len < 0)
		return error_sys(err, "receive a message");
	bool has_all = take_descriptors(&header, ret_fds, n_fds);
	if (len == 0)
		return 0;
	ret_message->len = (size_t)len;
	ret_message->data[len] = '\0';
	if (!has_all || (header.msg_flags & MSG_TRUNC)) {
		for (size_t i = 0; i < n_fds; i++) {
			close_fd_at(&ret_fds[i]);
			ret_fds[i] = -1;
		}
		return error_set(err, ERROR_CORRUPT, "message with more than was agreed on");
	}
	return 1;
}
