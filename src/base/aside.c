/* SPDX-License-Identifier: Apache-2.0 */
#include "base/aside.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* Somebody who puts the same name into place again and again wins at last; his is as good. */
enum { REPLACE_TRIES_MAX = 100 };

void aside_release(struct aside *aside)
{
	if (aside->name)
		(void)unlinkat(aside->dir_fd, aside->name, 0);
	free(aside->name);
	if (aside->fd >= 0)
		(void)close(aside->fd);
	*aside = (struct aside)ASIDE_INIT;
}

static bool has_proc(void)
{
	return access("/proc/self/fd", X_OK) == 0;
}

static int open_named(int dir_fd, mode_t mode, struct aside *aside, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	fs_random_name("aside", &name);
	int fd = openat(dir_fd, name.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return error_sys(err, "create '%s'", name.data);
	*aside = (struct aside){ .fd = fd, .dir_fd = dir_fd, .name = buf_take(&name) };
	return 0;
}

int aside_open(int dir_fd, mode_t mode, struct aside *aside, struct error *err)
{
	int fd = openat(dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);

	if (fd >= 0 && has_proc()) {
		*aside = (struct aside){ .fd = fd, .dir_fd = dir_fd, .name = NULL };
		return 0;
	}
	if (fd >= 0)
		(void)close(fd);
	else if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return error_sys(err, "create a file");
	return open_named(dir_fd, mode, aside, err);
}

int aside_place(struct aside *aside, int dir_fd, const char *name, struct error *err)
{
	char self[32];
	int result;

	if (aside->name) {
		result = linkat(aside->dir_fd, aside->name, dir_fd, name, 0);
	} else {
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", aside->fd);
		result = linkat(AT_FDCWD, self, dir_fd, name, AT_SYMLINK_FOLLOW);
	}
	if (result < 0 && errno == EEXIST)
		return 0;
	if (result < 0)
		return error_sys(err, "put '%s' into place", name);
	return 1;
}

int aside_replace(struct aside *aside, int dir_fd, const char *name, struct error *err)
{
	for (int i = 0; i < REPLACE_TRIES_MAX; i++) {
		int placed = aside_place(aside, dir_fd, name, err);
		if (placed)
			return placed < 0 ? -1 : 0;
		if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
			return error_sys(err, "replace '%s'", name);
	}
	return 0;
}
