/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object of a directory tree as a value: what walks produce, what keys are made of, what a
 * layer is packed from. `path` is a cleaned root path (path.h). Times are what the source has; it
 * is the consumer's business to truncate, clamp or ignore them.
 */
#ifndef CBUILD_BASE_FS_ENTRY_H
#define CBUILD_BASE_FS_ENTRY_H

#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum fs_type {
	FS_FILE = 1,
	FS_DIR,
	FS_SYMLINK,
	FS_CHAR_DEVICE,
	FS_BLOCK_DEVICE,
	FS_FIFO,
	FS_SOCKET,
	FS_HARDLINK, /* another name of the earlier entry `target` */
	FS_WHITEOUT  /* the path is not there any more */
};

struct fs_entry {
	const char *path;
	enum fs_type type;
	uint32_t mode; /* permission bits with suid, sgid, sticky: 07777 */
	uint32_t uid, gid;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
	uint32_t dev_major, dev_minor;
	const char *target;	/* of a symlink: its text; of a hard link: a cleaned root path */
	const void *capability; /* value of security.capability, or NULL */
	size_t capability_len;
	bool has_digest;
	struct digest digest; /* of a file's content, where known */
};

/* Type, mode, owner, size, times and device numbers; strings, capability and digest are left. */
void fs_entry_from_stat(const struct stat *st, struct fs_entry *entry);

/*
 * Makes the symlink, device, FIFO or socket `name`, mode 0600; owner, mode and times are the
 * caller's business. -1 with errno; EINVAL for another type.
 */
int fs_entry_make_node(int dir_fd, const char *name, const struct fs_entry *entry);

#endif
