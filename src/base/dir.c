/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

void dir_reader_give(struct dir_reader *reader, int fd)
{
	reader->fd = fd;
	reader->at = reader->len = 0;
}

int dir_reader_open_at(int dir_fd, const char *name, struct dir_reader *reader, struct error *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	reader->fd = -1;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_sys(err, "open directory '%s'", name);
	dir_reader_give(reader, fd);
	return 1;
}

int dir_reader_open(int dir_fd, struct dir_reader *reader, struct error *err)
{
	int found = dir_reader_open_at(dir_fd, ".", reader, err);

	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "a directory was removed");
	return found < 0 ? -1 : 0;
}

void dir_reader_close(struct dir_reader *reader)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
}

static int fill(struct dir_reader *reader, struct error *err)
{
	ssize_t n = getdents64(reader->fd, reader->bytes, sizeof(reader->bytes));

	/* a directory that was removed meanwhile is empty */
	if (n < 0 && errno == ENOENT)
		n = 0;
	if (n < 0)
		return error_sys(err, "read directory");
	reader->at = 0;
	reader->len = (size_t)n;
	return n > 0;
}

int dir_reader_next(struct dir_reader *reader, const char **ret_name, unsigned char *ret_type,
		    struct error *err)
{
	for (;;) {
		if (reader->at >= reader->len) {
			int filled = fill(reader, err);
			if (filled <= 0)
				return filled;
		}
		const struct dirent64 *entry = (const void *)(reader->bytes + reader->at);
		reader->at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*ret_name = entry->d_name;
		*ret_type = entry->d_type;
		return 1;
	}
}
