/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made by somebody who is not root, or in a set-group-id directory of a group that is not
 * root's, is made on behalf of the caller and its owner recorded. Whatever is not of that kind, is
 * there already, or cannot be made, the kernel is left to do or to refuse.
 */
#include "emulation_call.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

struct creation {
	int dir_fd; /* as the call has it */
	uint64_t path;
	mode_t mode; /* with the type */
	dev_t device;
	uint64_t target; /* of a symlink */
	int flags;	 /* of open */
};

static bool is_device(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* Whose it will be; false where it is root's and the kernel can make it. */
static bool find_owner(const struct credentials *credentials, int parent_fd,
		       const struct creation *creation, struct fs_owner *ret_owner)
{
	struct fs_owner parent = { 0 };
	struct stat st;

	*ret_owner = (struct fs_owner){ .uid = credentials->users.files,
					.gid = credentials->groups.files };
	if (fstat(parent_fd, &st) == 0 && (st.st_mode & S_ISGID)) {
		ret_owner->gid = 0;
		if (object_owner(parent_fd, st.st_mode, &parent) > 0)
			ret_owner->gid = parent.gid;
	}
	if (is_device(creation->mode)) {
		ret_owner->device_type = creation->mode & S_IFMT;
		ret_owner->dev_major = major(creation->device);
		ret_owner->dev_minor = minor(creation->device);
	}
	return ret_owner->uid || ret_owner->gid || ret_owner->device_type;
}

static int record(int fd, const struct fs_owner *owner)
{
	struct object_path path = object_path(fd);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (fs_owner_put(path.text, st.st_mode, owner) < 0 && errno != EOPNOTSUPP)
		return -errno;
	return 0;
}

/* The open file becomes one of the caller's, which is the answer. */
static int hand_over(const struct answerer *answerer, struct call *call, int fd, int flags)
{
	struct seccomp_notif_addfd addition = {
		.id = call->notification->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = (uint32_t)(flags & O_CLOEXEC),
	};

	if (ioctl(answerer->listener_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addition) < 0)
		return -errno;
	call->is_answered = true;
	return 0;
}

/* Only what is not there yet, so that nothing is ever opened that was made by somebody else. */
static int make_file(struct answerer *answerer, struct call *call, int parent_fd, const char *name,
		     const struct creation *creation, const struct fs_owner *owner)
{
	bool is_nameless = (creation->flags & O_TMPFILE) == O_TMPFILE;
	int extra = O_CLOEXEC | O_NOCTTY | (is_nameless ? 0 : O_EXCL | O_NOFOLLOW);
	autoclose int fd = openat(parent_fd, is_nameless ? "." : name, creation->flags | extra,
				  creation->mode & 07777);

	if (fd < 0)
		return errno == EEXIST ? CALL_PASS : -errno;
	int result = record(fd, owner);
	return result < 0 ? result : hand_over(answerer, call, fd, creation->flags);
}

static int make_node(const struct call *call, int parent_fd, const char *name,
		     const struct creation *creation)
{
	mode_t mode = creation->mode;
	char target[PATH_MAX];

	switch (mode & S_IFMT) {
	case S_IFDIR:
		return mkdirat(parent_fd, name, mode & 07777) < 0 ? -errno : 0;
	case S_IFLNK: {
		int result = call_read_text(call, creation->target, target, sizeof(target));
		if (result < 0)
			return result;
		return symlinkat(target, parent_fd, name) < 0 ? -errno : 0;
	}
	default:
		if (is_device(mode))
			mode = S_IFREG | (mode & 07777);
		return mknodat(parent_fd, name, mode, 0) < 0 ? -errno : 0;
	}
}

static int make_other(const struct call *call, int parent_fd, const char *name,
		      const struct creation *creation, const struct fs_owner *owner)
{
	int result = make_node(call, parent_fd, name, creation);

	if (result < 0)
		return result == -EEXIST ? CALL_PASS : result;
	autoclose int fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return record(fd, owner);
}

static int open_parent(struct answerer *answerer, const struct call *call,
		       const struct creation *creation, struct place *place, int *ret_fd,
		       const char **ret_name)
{
	struct stat st;

	if (place_find(answerer, call, creation->dir_fd, creation->path, place) < 0)
		return CALL_PASS;
	if ((creation->flags & O_TMPFILE) == O_TMPFILE)
		return place_open(place, true, ret_fd) < 0 ? CALL_PASS : 0;
	if (!*place->path || place_open_parent(place, ret_fd, ret_name) != 0 ||
	    fstatat(*ret_fd, *ret_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return CALL_PASS;
	return 0;
}

static int create(struct answerer *answerer, struct call *call, const struct creation *creation)
{
	const struct credentials *credentials = call_credentials(answerer, call);
	cleanup(place_release) struct place place = PLACE_INIT;
	struct fs_owner owner;
	autoclose int parent_fd = -1;
	const char *name = NULL;

	if (open_parent(answerer, call, creation, &place, &parent_fd, &name) != 0 ||
	    !find_owner(credentials, parent_fd, creation, &owner))
		return CALL_PASS;
	/* as of root: a whiteout is not to be made, and no device by others */
	if (is_device(creation->mode) && (!credentials_are_privileged(credentials) ||
					  (S_ISCHR(creation->mode) && !creation->device)))
		return -EPERM;
	if (!call_is_alive(answerer, call))
		return -ESRCH;
	(void)umask(call_status(answerer, call).mask);
	int result = S_ISREG(creation->mode) && creation->flags
			     ? make_file(answerer, call, parent_fd, name, creation, &owner)
			     : make_other(call, parent_fd, name, creation, &owner);
	(void)umask(0);
	return result;
}

/* --- the calls ----------------------------------------------------------------------------------
 */

static int open_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		   int flags, uint64_t mode)
{
	const struct creation creation = { .dir_fd = dir_fd,
					   .path = path,
					   .mode = S_IFREG | ((mode_t)mode & 07777),
					   .flags = flags };

	return flags & O_PATH ? CALL_PASS : create(answerer, call, &creation);
}

int call_creat(struct answerer *answerer, struct call *call)
{
	return open_at(answerer, call, AT_FDCWD, call->args[0], O_CREAT | O_WRONLY | O_TRUNC,
		       call->args[1]);
}

int call_open(struct answerer *answerer, struct call *call)
{
	return open_at(answerer, call, AT_FDCWD, call->args[0], (int)call->args[1], call->args[2]);
}

int call_openat(struct answerer *answerer, struct call *call)
{
	return open_at(answerer, call, (int)call->args[0], call->args[1], (int)call->args[2],
		       call->args[3]);
}

static int mkdir_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		    uint64_t mode)
{
	const struct creation creation = { .dir_fd = dir_fd,
					   .path = path,
					   .mode = S_IFDIR | ((mode_t)mode & 07777) };

	return create(answerer, call, &creation);
}

int call_mkdir(struct answerer *answerer, struct call *call)
{
	return mkdir_at(answerer, call, AT_FDCWD, call->args[0], call->args[1]);
}

int call_mkdirat(struct answerer *answerer, struct call *call)
{
	return mkdir_at(answerer, call, (int)call->args[0], call->args[1], call->args[2]);
}

static int mknod_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		    uint64_t mode, uint64_t device)
{
	struct creation creation = { .dir_fd = dir_fd,
				     .path = path,
				     .mode = (mode_t)mode,
				     .device = (dev_t)(uint32_t)device };

	if (!(creation.mode & S_IFMT))
		creation.mode |= S_IFREG;
	if (S_ISDIR(creation.mode) || S_ISLNK(creation.mode))
		return CALL_PASS; /* which refuses it */
	return create(answerer, call, &creation);
}

int call_mknod(struct answerer *answerer, struct call *call)
{
	return mknod_at(answerer, call, AT_FDCWD, call->args[0], call->args[1], call->args[2]);
}

int call_mknodat(struct answerer *answerer, struct call *call)
{
	return mknod_at(answerer, call, (int)call->args[0], call->args[1], call->args[2],
			call->args[3]);
}

static int symlink_at(struct answerer *answerer, struct call *call, uint64_t target, int dir_fd,
		      uint64_t path)
{
	const struct creation creation = {
		.dir_fd = dir_fd, .path = path, .mode = S_IFLNK, .target = target
	};

	return create(answerer, call, &creation);
}

int call_symlink(struct answerer *answerer, struct call *call)
{
	return symlink_at(answerer, call, call->args[0], AT_FDCWD, call->args[1]);
}

int call_symlinkat(struct answerer *answerer, struct call *call)
{
	return symlink_at(answerer, call, call->args[0], (int)call->args[1], call->args[2]);
}
