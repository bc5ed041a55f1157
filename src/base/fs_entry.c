/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs_entry.h"

#include <sys/sysmacros.h>

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
