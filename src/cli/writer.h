/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where lines go: one write for all that one event says. A reader that is gone is forgotten, not an
 * error (the build goes on without its log); one that is slow is waited for, even where somebody
 * made our stderr non-blocking.
 */
#ifndef CBUILD_CLI_WRITER_H
#define CBUILD_CLI_WRITER_H

#include "base/buf.h"

#include <stdbool.h>

struct writer {
	int fd;
	bool is_gone;
	struct buf out;
};

#define WRITER_INIT(descriptor)               \
	{                                     \
		(descriptor), false, BUF_INIT \
	}

void writer_release(struct writer *writer);
/* Writes what is in `out`, and empties it. */
void writer_flush(struct writer *writer);

#endif
