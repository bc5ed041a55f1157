/* SPDX-License-Identifier: Apache-2.0 */
#include "host_file.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int host_file_read(const char *host_path, size_t max, struct buf *buf, struct error *err)
{
	autoclose int fd = open(host_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_sys(err, "open '%s'", host_path);
	return fs_read_fd(fd, max, host_path, buf, err) < 0 ? -1 : 1;
}

static int open_parent(const char *host_path, struct error *err)
{
	size_t len = (size_t)(path_base_name(host_path) - host_path);
	autofree char *parent = len ? xstrndup(host_path, len) : xstrdup(".");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open the directory of '%s'", host_path);
	return fd;
}

int host_file_write(const char *host_path, const char *data, size_t len, struct error *err)
{
	struct stat st;

	if (stat(host_path, &st) == 0 && !S_ISREG(st.st_mode)) {
		autoclose int fd = open(host_path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return error_sys(err, "open '%s'", host_path);
		return fs_write_all(fd, data, len, err);
	}
	autoclose int dir_fd = open_parent(host_path, err);
	if (dir_fd < 0)
		return -1;
	return fs_write_atomic(dir_fd, path_base_name(host_path), data, len, 0666, err);
}

int host_file_remove(const char *host_path, struct error *err)
{
	struct stat st;

	if (stat(host_path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	if (unlink(host_path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_sys(err, "remove '%s'", host_path);
	return 0;
}
