/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a file is: chown records it, stat tells it. */
#include "emulation_call.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { FD_INFO_SIZE_MAX = 16 * 1024, STATX_SYNC_FLAGS = 0x6000 };

/* --- chown --------------------------------------------------------------------------------------
 */

/*
 * The kernel does all of it that shows, with the one id: copies up, sets the change time, takes
 * set-id bits and capabilities away. The record of a symlink would go with those: it is read before
 * and written after.
 */
static int give(const struct credentials *credentials, int fd, uint32_t uid, uint32_t gid)
{
	struct object_path path = object_path(fd);
	struct fs_owner owner = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	int found = object_owner(fd, st.st_mode, &owner);
	if (found < 0)
		return found;
	int result = credentials_may_chown(credentials, owner.uid, owner.gid, uid, gid);
	if (result < 0)
		return result;
	if (fchownat(fd, "", uid == CREDENTIALS_SAME ? uid : 0, gid == CREDENTIALS_SAME ? gid : 0,
		     AT_EMPTY_PATH) < 0)
		return -errno;
	if (uid != CREDENTIALS_SAME)
		owner.uid = uid;
	if (gid != CREDENTIALS_SAME)
		owner.gid = gid;
	if (fs_owner_put(path.text, st.st_mode, &owner) == 0)
		return 0;
	/* of a file system without attributes (a terminal, an old tmpfs) nothing gets into a layer
	 */
	return errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
}

static int change(struct answerer *answerer, struct call *call, int fd, uint64_t uid, uint64_t gid)
{
	if (!call_is_alive(answerer, call))
		return -ESRCH;
	return give(call_credentials(answerer, call), fd, (uint32_t)uid, (uint32_t)gid);
}

static int chown_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		    const uint64_t *ids, int flags)
{
	autoclose int fd = -1;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	int result = call_open_object(answerer, call, dir_fd, path, flags, &fd);
	return result < 0 ? result : change(answerer, call, fd, ids[0], ids[1]);
}

int call_chown(struct answerer *answerer, struct call *call)
{
	return chown_at(answerer, call, AT_FDCWD, call->args[0], &call->args[1], 0);
}

int call_lchown(struct answerer *answerer, struct call *call)
{
	return chown_at(answerer, call, AT_FDCWD, call->args[0], &call->args[1],
			AT_SYMLINK_NOFOLLOW);
}

int call_fchownat(struct answerer *answerer, struct call *call)
{
	return chown_at(answerer, call, (int)call->args[0], call->args[1], &call->args[2],
			(int)call->args[4]);
}

/* With such a one nothing can be done but by its path. */
static bool is_path_only(const struct answerer *answerer, const struct call *call, int fd)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	unsigned flags = 0;
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/fdinfo/%d", (int)call->pid, fd);
	if (fs_read_whole(answerer->proc_fd, path, FD_INFO_SIZE_MAX, path, &text, &ignored) <= 0)
		return false;
	const char *line = strstr(text.data, "flags:");
	return line && sscanf(line, "flags: %o", &flags) == 1 && (flags & O_PATH);
}

int call_fchown(struct answerer *answerer, struct call *call)
{
	autoclose int fd = -1;

	int result = call_open_fd(answerer, call, (int)call->args[0], &fd);
	if (result < 0)
		return result;
	if (is_path_only(answerer, call, (int)call->args[0]))
		return -EBADF;
	return change(answerer, call, fd, call->args[1], call->args[2]);
}

/* --- stat ---------------------------------------------------------------------------------------
 */

/* 1 it has a record; everything else the kernel tells better itself. */
static bool has_record(int fd, struct stat *ret_st, struct fs_owner *ret_owner)
{
	if (fstat(fd, ret_st) < 0 || object_owner(fd, ret_st->st_mode, ret_owner) <= 0)
		return false;
	fs_owner_apply(ret_owner, ret_st);
	return true;
}

static int tell(struct answerer *answerer, struct call *call, int fd, uint64_t address)
{
	struct fs_owner owner;
	struct stat st;

	if (!has_record(fd, &st, &owner))
		return CALL_PASS;
	return call_write(answerer, call, address, &st, sizeof(st));
}

static int stat_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		   uint64_t address, int flags)
{
	autoclose int fd = -1;

	if (call_open_object(answerer, call, dir_fd, path, flags, &fd) < 0)
		return CALL_PASS;
	return tell(answerer, call, fd, address);
}

int call_stat(struct answerer *answerer, struct call *call)
{
	return stat_at(answerer, call, AT_FDCWD, call->args[0], call->args[1], 0);
}

int call_lstat(struct answerer *answerer, struct call *call)
{
	return stat_at(answerer, call, AT_FDCWD, call->args[0], call->args[1], AT_SYMLINK_NOFOLLOW);
}

int call_newfstatat(struct answerer *answerer, struct call *call)
{
	return stat_at(answerer, call, (int)call->args[0], call->args[1], call->args[2],
		       (int)call->args[3]);
}

int call_fstat(struct answerer *answerer, struct call *call)
{
	autoclose int fd = -1;

	if (call_open_fd(answerer, call, (int)call->args[0], &fd) < 0)
		return CALL_PASS;
	return tell(answerer, call, fd, call->args[1]);
}

int call_statx(struct answerer *answerer, struct call *call)
{
	int flags = (int)call->args[2];
	struct fs_owner owner;
	autoclose int fd = -1;
	struct statx stx;
	struct stat st;

	if (call_open_object(answerer, call, (int)call->args[0], call->args[1], flags, &fd) < 0 ||
	    !has_record(fd, &st, &owner) ||
	    statx(fd, "", AT_EMPTY_PATH | (flags & STATX_SYNC_FLAGS), (unsigned)call->args[3],
		  &stx) < 0)
		return CALL_PASS;
	stx.stx_uid = st.st_uid;
	stx.stx_gid = st.st_gid;
	stx.stx_mode = (uint16_t)st.st_mode;
	stx.stx_rdev_major = major(st.st_rdev);
	stx.stx_rdev_minor = minor(st.st_rdev);
	return call_write(answerer, call, call->args[4], &stx, sizeof(stx));
}
