/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>

static int lock_part(int fd, off_t start, off_t len, enum lock_kind kind, bool wait,
		     struct error *err)
{
	struct flock lock = {
		.l_type = kind == LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len,
	};

	for (;;) {
		if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0)
			return 1;
		if (errno == EINTR)
			continue;
		if (!wait && (errno == EAGAIN || errno == EACCES))
			return 0;
		return error_sys(err, "this file system does not lock files");
	}
}

int lock_fd(int fd, enum lock_kind kind, bool wait, struct error *err)
{
	return lock_part(fd, 0, 0, kind, wait, err);
}

int lock_byte(int fd, uint64_t byte, enum lock_kind kind, bool wait, struct error *err)
{
	/* the end of the byte must be an offset as well */
	return lock_part(fd, (off_t)(byte & (INT64_MAX >> 1)), 1, kind, wait, err);
}

static int open_and_lock(int dir_fd, const char *name, enum lock_kind kind, bool wait, int *ret_fd,
			 struct error *err)
{
	autoclose int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_sys(err, "open lock '%s'", name);
	int taken = lock_fd(fd, kind, wait, err);
	if (taken > 0)
		*ret_fd = take_fd(&fd);
	return taken;
}

int lock_take(int dir_fd, const char *name, enum lock_kind kind, int *ret_fd, struct error *err)
{
	return open_and_lock(dir_fd, name, kind, true, ret_fd, err) < 0 ? -1 : 0;
}

int lock_try(int dir_fd, const char *name, enum lock_kind kind, int *ret_fd, struct error *err)
{
	return open_and_lock(dir_fd, name, kind, false, ret_fd, err);
}
