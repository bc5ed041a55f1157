/* SPDX-License-Identifier: Apache-2.0 */
#include "lease.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void lease_release(struct lease *lease)
{
	const int fds[] = { lease->fd, lease->tmp_fd, lease->all_fd, lease->all_tmp_fd };

	for (size_t i = 0; i < countof(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	free(lease->name);
	*lease = (struct lease)LEASE_INIT;
}

/* The caller holds the lock of the lease. What cannot be removed now is left to the next one. */
static bool remove_lease(const struct lease *lease, const char *name)
{
	struct error err = ERROR_INIT;

	if (fs_remove_tree(lease->all_tmp_fd, name, &err) < 0) {
		trace("store", "tmp/%s is left: %s", name, err.text);
		return false;
	}
	(void)unlinkat(lease->all_fd, name, 0);
	return true;
}

static void sweep_one(struct lease *lease, const char *name)
{
	struct error err = ERROR_INIT;
	autoclose int fd = -1;

	if (lock_try(lease->all_fd, name, LOCK_EXCLUSIVE, &fd, &err) > 0) {
		trace("store", "sweep what the dead lease %s left", name);
		if (!remove_lease(lease, name))
			lease->has_remains = true;
	}
}

/*
 * A lease file for each name in tmp/ is the rule; what has none there was left by nobody alive. The
 * descriptor was opened just now and stands at the start.
 */
static int sweep_dir(struct lease *lease, int dir_fd, struct error *err)
{
	struct dir_reader reader;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	dir_reader_give(&reader, dir_fd);
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		sweep_one(lease, name);
	return more;
}

/* Somebody who sweeps may lock and remove the file between its making and our lock: once more. */
static int make_lease(struct lease *lease, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	struct stat st = { 0 };

	while (st.st_nlink == 0) {
		autofree char *pid = xasprintf("%d", (int)getpid());
		buf_clear(&name);
		fs_random_name(pid, &name);
		autoclose int fd = -1;
		int locked = lock_try(lease->all_fd, name.data, LOCK_EXCLUSIVE, &fd, err);
		if (locked < 0)
			return -1;
		if (!locked)
			continue;
		if (fstat(fd, &st) < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0)
			return error_sys(err, "lease '%s'", name.data);
		if (st.st_nlink)
			lease->fd = take_fd(&fd);
	}
	lease->name = buf_take(&name);
	return 0;
}

int lease_tmp_fd(struct lease *lease)
{
	if (lease->tmp_fd >= 0)
		return lease->tmp_fd;
	if (mkdirat(lease->all_tmp_fd, lease->name, 0700) < 0 && errno != EEXIST)
		return -1;
	lease->tmp_fd = openat(lease->all_tmp_fd, lease->name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return lease->tmp_fd;
}

static int open_dirs(int root_fd, struct lease *lease, struct error *err)
{
	lease->all_fd = openat(root_fd, "leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lease->all_fd < 0)
		return error_sys(err, "open 'leases'");
	lease->all_tmp_fd = openat(root_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lease->all_tmp_fd < 0)
		return error_sys(err, "open 'tmp'");
	return 0;
}

int lease_take(int root_fd, struct lease *lease, struct error *err)
{
	cleanup(lease_release) struct lease taken = LEASE_INIT;

	if (open_dirs(root_fd, &taken, err) < 0)
		return -1;
	if (sweep_dir(&taken, taken.all_fd, err) < 0 ||
	    sweep_dir(&taken, taken.all_tmp_fd, err) < 0)
		return -1;
	if (make_lease(&taken, err) < 0)
		return -1;
	*lease = taken;
	taken = (struct lease)LEASE_INIT;
	return 0;
}

int lease_is_alone(const struct lease *lease, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	if (dir_reader_open(lease->all_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		autoclose int fd = -1;
		if (strcmp(name, lease->name) == 0)
			continue;
		int locked = lock_try(lease->all_fd, name, LOCK_EXCLUSIVE, &fd, err);
		if (locked <= 0)
			return locked;
	}
	return more < 0 ? -1 : 1;
}

int lease_sweep_again(const struct lease *lease, struct error *err)
{
	struct lease again = *lease;

	if (!lease->has_remains)
		return 0;
	autoclose int fd = openat(lease->all_tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open 'tmp'");
	return sweep_dir(&again, fd, err);
}

int lease_clear_tmp(const struct lease *lease)
{
	struct error ignored = ERROR_INIT;

	return fs_remove_tree(lease->all_tmp_fd, lease->name, &ignored) < 0;
}

void lease_end(struct lease *lease)
{
	(void)remove_lease(lease, lease->name);
}
