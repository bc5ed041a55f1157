/* SPDX-License-Identifier: Apache-2.0 */
/* One message with descriptors over a SOCK_SEQPACKET socket, which keeps messages apart. */
#ifndef CBUILD_TRANSFER_PACKET_H
#define CBUILD_TRANSFER_PACKET_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

enum { PACKET_FDS_MAX = 4 };

/* A connected pair, close-on-exec. */
int packet_pair(int ret_fds[2], struct error *err) must_check;
/* 1 sent, 0 the other end is gone, -1. The descriptors stay the caller's. */
int packet_send(int socket_fd, const struct buf *message, const int *fds, size_t n_fds,
		struct error *err) must_check;
/*
 * 1 and the message, 0 the other end is gone, -1 (also for a message larger than `max` or with
 * more descriptors than asked for). Of fds, those not sent are -1; they are the caller's. With
 * `waits` false errno-free "nothing there yet" is an empty message and 1.
 */
int packet_receive(int socket_fd, size_t max, bool waits, struct buf *ret_message, int *ret_fds,
		   size_t n_fds, struct error *err) must_check;

#endif
