/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompression of what came from outside, in a child process that can read its input, write its
 * output and end, and nothing else (seccomp, strict). Never another program: what unpacks an image
 * must not be found on a PATH.
 */
#ifndef CBUILD_LAYER_DECODE_H
#define CBUILD_LAYER_DECODE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

enum decode_format { DECODE_NONE = 0, DECODE_GZIP, DECODE_ZSTD, DECODE_BZIP2, DECODE_XZ };

enum {
	DECODE_MAGIC_SIZE = 6,
	DECODE_ZSTD_WINDOW_LOG = 27, /* 128 MiB */
	DECODE_PIPE_SIZE = 1024 * 1024
};

/* By the first bytes; what is not known is DECODE_NONE. */
enum decode_format decode_format_find(const unsigned char *magic, size_t len);

struct decoder {
	pid_t pid;
	int fd; /* decoded bytes come out here */
	enum decode_format format;
};

#define DECODER_INIT               \
	{                          \
		.pid = 0, .fd = -1 \
	}

/* The child reads blob_fd from where it stands. The format is not DECODE_NONE. */
int decoder_start(int blob_fd, enum decode_format format, struct decoder *ret_decoder,
		  struct error *err) must_check;
/* After the end of the output: was it all? ERROR_CORRUPT says what is wrong with the input. */
int decoder_finish(struct decoder *decoder, struct error *err) must_check;
/* Ends the child if it still runs. */
void decoder_release(struct decoder *decoder);
DEFINE_RELEASE(struct decoder, decoder_release);

#endif
