/* SPDX-License-Identifier: Apache-2.0 */
#include "host_file.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/write_target.h"

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

static int write_directly(const char *host_path, const char *data, size_t len, struct error *err)
{
	autoclose int fd = open(host_path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open '%s'", host_path);
	return fs_write_all(fd, data, len, err);
}

int host_file_write(const char *host_path, const char *data, size_t len, struct error *err)
{
	autofree char *target = NULL;
	int has_name = write_target_find(host_path, &target, err);

	if (has_name <= 0)
		return has_name < 0 ? -1 : write_directly(host_path, data, len, err);
	autoclose int dir_fd = open_parent(target, err);
	if (dir_fd < 0)
		return -1;
	/* that error has the name of a temporary file */
	if (fs_write_atomic(dir_fd, path_base_name(target), data, len, 0666, err) < 0)
		return error_wrap(err, "write '%s'", host_path);
	return 0;
}

int host_file_rewrite(const char *host_path, const struct buf *before, const struct buf *after,
		      struct error *err)
{
	cleanup(buf_release) struct buf now = BUF_INIT;
	autofree char *real = realpath(host_path, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0)
		return error_sys(err, "'%s'", host_path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "'%s' is no file that can be written back",
				 host_path);
	if (host_file_read(real, before->len + 1, &now, err) < 0)
		return -1;
	if (now.len != before->len || memcmp(now.data, before->data, now.len) != 0)
		return error_set(err, ERROR_CHANGED, "'%s' changed while it was checked",
				 host_path);
	autoclose int dir_fd = open_parent(real, err);
	if (dir_fd < 0)
		return -1;
	const char *name = path_base_name(real);
	if (fs_write_atomic(dir_fd, name, after->data, after->len, st.st_mode & 0777, err) < 0)
		return -1;
	/* the umask took bits away, and root would keep it */
	if (fchownat(dir_fd, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir_fd, name, st.st_mode & 07777, 0) < 0)
		return error_sys(err, "set owner and mode of '%s'", host_path);
	return 0;
}

int host_file_remove(const char *host_path, struct error *err)
{
	autofree char *target = NULL;
	int has_name = write_target_find(host_path, &target, err);

	if (has_name <= 0)
		return has_name;
	if (unlink(target) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_sys(err, "remove '%s'", host_path);
	return 0;
}
