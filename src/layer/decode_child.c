/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_child.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum decode_status decode_run(enum decode_format format)
{
	switch (format) {
	case DECODE_GZIP:
		return decode_gzip();
	case DECODE_ZSTD:
		return decode_zstd();
	case DECODE_BZIP2:
	case DECODE_XZ:
		return decode_archive(format);
	case DECODE_NONE:
	default:
		return DECODE_CORRUPT;
	}
}

void decode_exit(enum decode_status status)
{
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

ssize_t decode_read(void *data, size_t len)
{
	for (;;) {
		ssize_t n = read(STDIN_FILENO, data, len);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

bool decode_write(const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(STDOUT_FILENO, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}
