/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the user named on the command line: the only place here that takes a path as it is. */
#ifndef CBUILD_CLI_HOST_FILE_H
#define CBUILD_CLI_HOST_FILE_H

#include "base/buf.h"
#include "base/error.h"

/* 1 read, 0 there is none, -1. At most `max` bytes. */
int host_file_read(const char *host_path, size_t max, struct buf *buf, struct error *err)
	must_check;
/*
 * Written aside and renamed where the path is a file or nothing, also behind a link; into it where
 * it is a pipe, a device or an open file (/dev/stdout).
 */
int host_file_write(const char *host_path, const char *data, size_t len, struct error *err)
	must_check;
/*
 * A file that was read as `before` is replaced by `after`, with its mode; through a symlink, and
 * only if nobody wrote to it meanwhile.
 */
int host_file_rewrite(const char *host_path, const struct buf *before, const struct buf *after,
		      struct error *err) must_check;
int host_file_remove(const char *host_path, struct error *err) must_check;

#endif
