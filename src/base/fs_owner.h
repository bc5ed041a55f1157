/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a file is said to belong to, where a user namespace has one id only: everything on disk is
 * that id's, and what differs from root's stands in an extended attribute of the very inode, so
 * the kernel carries it along through links, renames and copies of an overlay. Type (but for
 * devices), mode and capability are real.
 *
 * Regular files and directories have a user attribute. Other kinds may not have one; their
 * security.capability, which means nothing there, holds the two numbers, which needs CAP_SETFCAP in
 * the namespace. A device is a plain file that says what it stands for.
 */
#ifndef CBUILD_BASE_FS_OWNER_H
#define CBUILD_BASE_FS_OWNER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define FS_OWNER_ATTRIBUTE	  "user.cbuild.owner"
#define FS_OWNER_OTHERS_ATTRIBUTE "security.capability"

struct fs_owner {
	uint32_t uid, gid;
	uint32_t device_type; /* S_IFCHR or S_IFBLK: stands for that device; or 0 */
	uint32_t dev_major, dev_minor;
};

/*
 * Of what dir_fd has under a name, not followed, or of dir_fd itself where name is NULL; `mode` has
 * the type that it has on disk. 1, 0 nothing is recorded, -1.
 */
int fs_owner_read(int dir_fd, const char *name, mode_t mode, struct fs_owner *ret_owner,
		  struct error *err) must_check;
/* Root's own file has no record: one that is there goes. */
int fs_owner_write(int dir_fd, const char *name, mode_t mode, const struct fs_owner *owner,
		   struct error *err) must_check;

/* chown(2), not followed: real, or recorded where there is one id only. name as above. */
int fs_owner_set(bool is_recorded, int dir_fd, const char *name, uint32_t uid, uint32_t gid,
		 struct error *err) must_check;

/* The error of a chown(2) that has just failed: what to do about an id that there is not. */
int fs_owner_refuse(uint32_t uid, uint32_t gid, struct error *err);

/* Records by a path that is followed, as /proc/self/fd has them; 1/0/-1 and 0/-1 with errno. */
int fs_owner_get(const char *path, mode_t mode, struct fs_owner *ret_owner) must_check;
int fs_owner_put(const char *path, mode_t mode, const struct fs_owner *owner) must_check;

/* Type, owner and device number as they are said to be. */
void fs_owner_apply(const struct fs_owner *owner, struct stat *st);

#endif
