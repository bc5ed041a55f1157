/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs_entry.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static enum fs_type type_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return FS_DIR;
	case S_IFLNK:
		return FS_SYMLINK;
	case S_IFCHR:
		return FS_CHAR_DEVICE;
	case S_IFBLK:
		return FS_BLOCK_DEVICE;
	case S_IFIFO:
		return FS_FIFO;
	case S_IFSOCK:
		return FS_SOCKET;
	default:
		return FS_FILE;
	}
}

void fs_entry_from_stat(const struct stat *st, struct fs_entry *entry)
{
	entry->type = type_of_mode(st->st_mode);
	entry->mode = st->st_mode & 07777;
	entry->uid = st->st_uid;
	entry->gid = st->st_gid;
	entry->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	entry->mtime = st->st_mtim.tv_sec;
	entry->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	entry->dev_major = entry->dev_minor = 0;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		entry->dev_major = major(st->st_rdev);
		entry->dev_minor = minor(st->st_rdev);
	}
}

int fs_entry_make_node(int dir_fd, const char *name, const struct fs_entry *entry)
{
	dev_t device = makedev(entry->dev_major, entry->dev_minor);

	switch (entry->type) {
	case FS_SYMLINK:
		return symlinkat(entry->target, dir_fd, name);
	case FS_CHAR_DEVICE:
		return mknodat(dir_fd, name, S_IFCHR | 0600, device);
	case FS_BLOCK_DEVICE:
		return mknodat(dir_fd, name, S_IFBLK | 0600, device);
	case FS_FIFO:
		return mknodat(dir_fd, name, S_IFIFO | 0600, 0);
	case FS_SOCKET:
		return mknodat(dir_fd, name, S_IFSOCK | 0600, 0);
	case FS_FILE:
	case FS_DIR:
	case FS_HARDLINK:
	case FS_WHITEOUT:
		break;
	}
	errno = EINVAL;
	return -1;
}
