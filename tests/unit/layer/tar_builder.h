/* SPDX-License-Identifier: Apache-2.0 */
/* Tars byte by byte, as evil as one likes; and small files in memory. */
#ifndef CBUILD_TESTS_LAYER_TAR_BUILDER_H
#define CBUILD_TESTS_LAYER_TAR_BUILDER_H

#include "../cmocka_head.h"
#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct tar_spec {
	const char *name;
	char type; /* 0 = '0' */
	const char *link;
	const char *content;
	unsigned mode; /* 0 = 0644 */
	unsigned uid, gid;
	long mtime;
	unsigned major, minor;
	const char *size; /* the raw field instead of the content's length */
};

static inline void tar_number(char *field, size_t size, unsigned long value)
{
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[size - 1] = '\0';
}

static inline void tar_pad(struct buf *tar)
{
	static const char zeros[512];

	buf_add(tar, zeros, -tar->len % 512);
}

static inline void tar_header(struct buf *tar, const struct tar_spec *spec)
{
	char block[512] = { 0 };
	unsigned sum = 0;

	memcpy(block, spec->name, strnlen(spec->name, 100));
	tar_number(block + 100, 8, spec->mode ? spec->mode : 0644);
	tar_number(block + 108, 8, spec->uid);
	tar_number(block + 116, 8, spec->gid);
	tar_number(block + 124, 12, spec->content ? strlen(spec->content) : 0);
	if (spec->size)
		memcpy(block + 124, spec->size, strnlen(spec->size, 12));
	tar_number(block + 136, 12, (unsigned long)spec->mtime);
	block[156] = spec->type ? spec->type : '0';
	if (spec->link)
		memcpy(block + 157, spec->link, strnlen(spec->link, 100));
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	tar_number(block + 329, 8, spec->major);
	tar_number(block + 337, 8, spec->minor);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	tar_number(block + 148, 7, sum);
	buf_add(tar, block, sizeof(block));
}

static inline void tar_add(struct buf *tar, struct tar_spec spec)
{
	tar_header(tar, &spec);
	if (spec.content) {
		buf_add_text(tar, spec.content);
		tar_pad(tar);
	}
}

/* A PAX header with one record; the value may hold anything. */
static inline void tar_pax(struct buf *tar, const char *key, const void *value, size_t len)
{
	cleanup(buf_release) struct buf record = BUF_INIT;
	char size[16];
	size_t total = strlen(key) + len + 3;

	for (size_t digits = 1;; digits++) {
		int n = snprintf(size, sizeof(size), "%zu", total + digits);
		if ((size_t)n == digits)
			break;
	}
	buf_printf(&record, "%s %s=", size, key);
	buf_add(&record, value, len);
	buf_add_char(&record, '\n');
	char octal[13];
	tar_number(octal, 12, record.len);
	tar_header(tar, &(struct tar_spec){ .name = "pax", .type = 'x', .size = octal });
	buf_add(tar, record.data, record.len);
	tar_pad(tar);
}

static inline void tar_pax_text(struct buf *tar, const char *key, const char *value)
{
	tar_pax(tar, key, value, strlen(value));
}

static inline void tar_end(struct buf *tar)
{
	static const char zeros[1024];

	buf_add(tar, zeros, sizeof(zeros));
}

/* A file in memory, standing at its start. */
static inline int file_of(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)data + done, len - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_return_code(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

#endif
