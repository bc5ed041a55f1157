/* SPDX-License-Identifier: Apache-2.0 */
#include "mounts_check.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

enum { NULL_MAJOR = 1, NULL_MINOR = 3 };

/* "": the root itself. 1; 0 it is not there; -1. Nobody else is in this root yet. */
static int open_wall(const char *root_path, int *ret_fd, struct error *err)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "/%s", root_path);

	if (len < 0 || (size_t)len >= sizeof(path))
		return error_set(err, ERROR_SYSTEM, "'/%s' is too long", root_path);
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open '%s'", path);
	*ret_fd = fd;
	return 1;
}

static int check_flags(int fd, const char *root_path, unsigned long wanted, const char *lack,
		       struct error *err)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) < 0)
		return error_sys(err, "look at '/%s'", root_path);
	if ((fs.f_flag & wanted) != wanted)
		return error_set(err, ERROR_SYSTEM, "not confined: '/%s' is not %s", root_path,
				 lack);
	return 0;
}

static int check_readonly(const char *root_path, struct error *err)
{
	autoclose int fd = -1;
	int found = open_wall(root_path, &fd, err);

	return found <= 0 ? found : check_flags(fd, root_path, ST_RDONLY, "read-only", err);
}

static int check_no_devices(const char *root_path, struct error *err)
{
	autoclose int fd = -1;
	int found = open_wall(root_path, &fd, err);

	return found <= 0 ? found : check_flags(fd, root_path, ST_NODEV, "closed to devices", err);
}

static int check_hidden_file(const char *root_path, struct error *err)
{
	autoclose int fd = -1;
	struct stat st;
	int found = open_wall(root_path, &fd, err);

	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at '/%s'", root_path);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(NULL_MAJOR, NULL_MINOR))
		return error_set(err, ERROR_SYSTEM, "not confined: '/%s' is not hidden", root_path);
	return 0;
}

/* What is seen is not of the kernel's. In /proc nothing of the caller's is mounted. */
static int check_hidden_dir(const char *root_path, struct error *err)
{
	autoclose int fd = -1;
	struct statfs fs;
	int found = open_wall(root_path, &fd, err);

	if (found <= 0)
		return found;
	if (fstatfs(fd, &fs) < 0)
		return error_sys(err, "look at '/%s'", root_path);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return error_set(err, ERROR_SYSTEM, "not confined: '/%s' is not hidden", root_path);
	return text_has_prefix(root_path, "proc/")
		       ? check_flags(fd, root_path, ST_RDONLY, "read-only", err)
		       : 0;
}

/* Something of the caller's may lie over it. */
static int check_sys(struct error *err)
{
	autoclose int fd = -1;
	struct statfs fs;
	int found = open_wall("sys", &fd, err);

	if (found <= 0)
		return found;
	if (fstatfs(fd, &fs) < 0)
		return error_sys(err, "look at '/sys'");
	return fs.f_type != SYSFS_MAGIC ? 0 : check_flags(fd, "sys", ST_RDONLY, "read-only", err);
}

static int check_entry(const struct mount_entry *entry, struct error *err)
{
	switch (entry->op) {
	case MOUNT_READONLY:
		return text_has_prefix(entry->root_path, "proc/")
			       ? check_readonly(entry->root_path, err)
			       : 0;
	case MOUNT_HIDE_DIR:
		return check_hidden_dir(entry->root_path, err);
	case MOUNT_HIDE_FILE:
		return text_has_prefix(entry->root_path, "proc/")
			       ? check_hidden_file(entry->root_path, err)
			       : 0;
	case MOUNT_ATTACH: /* the whole: what is a part of it has a descriptor no more */
		return !entry->source && (entry->attributes & MOUNT_ATTR_RDONLY)
			       ? check_flags(entry->fd, entry->root_path, ST_RDONLY, "read-only",
					     err)
			       : 0;
	case MOUNT_NEW:
	case MOUNT_SCRATCH:
	case MOUNT_LINK:
	case MOUNT_DEVICE:
	case MOUNT_FILE:
		return 0;
	}
	return 0;
}

int mounts_check(const struct mount_list *list, bool allows_devices, struct error *err)
{
	if (!allows_devices && (check_no_devices("", err) < 0 || check_no_devices("dev", err) < 0 ||
				check_sys(err) < 0))
		return -1;
	for (size_t i = 0; i < list->len; i++)
		if (check_entry(&list->items[i], err) < 0)
			return -1;
	return 0;
}

int mounts_check_sealed(struct error *err)
{
	return check_readonly("", err);
}
