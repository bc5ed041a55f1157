/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing bytes. `data` is never NULL and always NUL-terminated behind `len` bytes, so an empty
 * buffer can be printed; it may hold NULs itself. Growth is not bounded here: what reads from
 * outside checks its named ceiling before it appends.
 */
#ifndef CBUILD_BASE_BUF_H
#define CBUILD_BASE_BUF_H

#include "base/macros.h"

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, size;
};

extern char buf_empty_data[1];
#define BUF_INIT                     \
	{                            \
		buf_empty_data, 0, 0 \
	}

void buf_release(struct buf *buf);
DEFINE_RELEASE(struct buf, buf_release);

/* Keeps the memory. */
void buf_clear(struct buf *buf);
void buf_truncate(struct buf *buf, size_t len);
/* Makes room for `extra` more bytes behind len. */
void buf_reserve(struct buf *buf, size_t extra);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) printf_like(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) printf_like(2, 0);
/* The text, owned by the caller; the buffer is empty afterwards. */
char *buf_take(struct buf *buf);

#endif
