/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a blob is written, verified for size and digest while it passes. A regular file is written
 * from its current offset on; a pipe or socket is made non-blocking, and says when it is full.
 */
#ifndef CBUILD_NET_SINK_H
#define CBUILD_NET_SINK_H

#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sink {
	int fd; /* lent */
	bool is_file;
	off_t start;
	struct digest digest;
	uint64_t size, taken;
	bool is_resumed; /* what was there before was not hashed here */
	size_t ahead;	 /* bytes written already of what will be offered once more */
	struct hasher hasher;
};

#define SINK_INIT                               \
	{                                       \
		.fd = -1, .hasher = HASHER_INIT \
	}

int sink_init(struct sink *sink, int fd, const struct digest *digest, uint64_t size,
	      struct error *err) must_check;
/* A regular file holds the first bytes already, fewer than all: then the digest is not checked. */
int sink_skip(struct sink *sink, uint64_t have, struct error *err) must_check;
void sink_release(struct sink *sink);
DEFINE_RELEASE(struct sink, sink_release);

/* 0 taken, 1 full: offer the same again when fd can be written, -1. */
int sink_take(struct sink *sink, const void *data, size_t len, struct error *err);
/* ERROR_CORRUPT where size or digest are not what they should be. */
int sink_finish(struct sink *sink, struct error *err);
/* 1 and as new; 0 what was written cannot be taken back. */
int sink_restart(struct sink *sink, struct error *err);

#endif
