/* SPDX-License-Identifier: Apache-2.0 */
/* What runs in the confined process; its exit status is its report. */
#ifndef CBUILD_LAYER_DECODE_CHILD_H
#define CBUILD_LAYER_DECODE_CHILD_H

#include "decode.h"

#include <stdbool.h>
#include <sys/types.h>

enum decode_status {
	DECODE_DONE = 0,
	DECODE_TRUNCATED = 10,
	DECODE_CORRUPT,
	DECODE_GARBAGE,	  /* behind the end */
	DECODE_TOO_LARGE, /* wants more memory than it gets */
	DECODE_READ_FAILED,
	DECODE_WRITE_FAILED,
	DECODE_NOT_CONFINED,
	DECODE_NO_MEMORY,
	DECODE_LOST /* nobody knows how it ended */
};

/*
 * From here on this process can read, write and exit; anything else ends it. With needs_memory it
 * can also get and give back memory, up to 192 MiB at a time.
 */
bool decode_confine(bool needs_memory);

/* Descriptor 0 -> descriptor 1. Confines itself before it looks at the first byte. */
enum decode_status decode_run(enum decode_format format);

enum decode_status decode_gzip(void);
enum decode_status decode_zstd(void);
/* The rarer formats, by libarchive's filters. */
enum decode_status decode_archive(enum decode_format format);

/* Ends the process by the one call that is left; what sanitizers put around _exit is not. */
void decode_exit(enum decode_status status);

/* As read and write, but for EINTR and short writes. */
ssize_t decode_read(void *data, size_t len);
bool decode_write(const void *data, size_t len);

#endif
