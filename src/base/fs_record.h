/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file or directory is said to be, where the process may not make it so: type, mode, owner,
 * device numbers and capability, in an extended attribute of a plain file or directory that belongs
 * to the user.
 */
#ifndef CBUILD_BASE_FS_RECORD_H
#define CBUILD_BASE_FS_RECORD_H

#include "base/error.h"

#include <stdint.h>
#include <sys/stat.h>

#define FS_RECORD_ATTRIBUTE "user.cbuild.entry"

enum { FS_RECORD_CAPABILITY_MAX = 64 };

struct fs_record {
	uint32_t mode; /* with the type, as st_mode has it */
	uint32_t uid, gid;
	uint32_t dev_major, dev_minor;
	unsigned char capability[FS_RECORD_CAPABILITY_MAX];
	size_t capability_len;
};

int fs_record_write(int fd, const struct fs_record *record, struct error *err) must_check;
/* Of a file or directory below dir_fd, not followed, or of dir_fd itself where name is NULL;
 * 1/0/-1. */
int fs_record_read(int dir_fd, const char *name, struct fs_record *ret_record, struct error *err)
	must_check;
/*
 * A symlink is one, but attributes it cannot have: the owner of one that is not root's is recorded
 * with its directory. read: 1/0/-1.
 */
int fs_record_write_link(int dir_fd, const char *name, uint32_t uid, uint32_t gid,
			 struct error *err) must_check;
int fs_record_read_link(int dir_fd, const char *name, uint32_t *ret_uid, uint32_t *ret_gid,
			struct error *err) must_check;
/* Type, mode, owner and device as they are said to be. */
void fs_record_apply(const struct fs_record *record, struct stat *st);

#endif
