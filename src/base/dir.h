/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names in a directory, as the kernel has them (no order), without "." and "..". Reads through
 * a descriptor of its own, so that nobody else's position in the directory moves.
 */
#ifndef CBUILD_BASE_DIR_H
#define CBUILD_BASE_DIR_H

#include "base/error.h"

#include <stddef.h>

enum { DIR_READER_SIZE = 32 * 1024 };

struct dir_reader {
	int fd;
	size_t at, len;
	_Alignas(16) char bytes[DIR_READER_SIZE];
};

/* The directory behind dir_fd itself (which may be O_PATH). */
int dir_reader_open(int dir_fd, struct dir_reader *reader, struct error *err) must_check;
/* The directory of that name below it, never through a symlink; 1/0/-1, 0 = no such directory. */
int dir_reader_open_at(int dir_fd, const char *name, struct dir_reader *reader, struct error *err)
	must_check;
/* Takes the descriptor over; it stands at the start of the directory. */
void dir_reader_give(struct dir_reader *reader, int fd);
void dir_reader_close(struct dir_reader *reader);
DEFINE_RELEASE(struct dir_reader, dir_reader_close);

/* 1 a name (valid until the next call) and its DT_ type, 0 the end, -1. */
int dir_reader_next(struct dir_reader *reader, const char **ret_name, unsigned char *ret_type,
		    struct error *err) must_check;

#endif
