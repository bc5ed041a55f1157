/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs_owner.h"

#include "base/alloc.h"
#include "base/syscalls.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { OWNER_VERSION = 1, NUMBERS_MAX = 6 };

/* What an attribute holds: six numbers, or five that are a valid capability of version 2. */
struct value {
	const char *attribute;
	uint32_t numbers[NUMBERS_MAX];
	size_t size;
};

static bool has_user_attributes(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

static const char *attribute_of(mode_t mode)
{
	return has_user_attributes(mode) ? FS_OWNER_ATTRIBUTE : FS_OWNER_OTHERS_ATTRIBUTE;
}

static void encode(const struct fs_owner *owner, mode_t mode, struct value *ret_value)
{
	if (has_user_attributes(mode))
		*ret_value = (struct value){ .numbers = { OWNER_VERSION, owner->uid, owner->gid,
							  owner->device_type, owner->dev_major,
							  owner->dev_minor },
					     .size = 6 * sizeof(uint32_t) };
	else
		*ret_value = (struct value){
			.numbers = { VFS_CAP_REVISION_2, owner->uid, owner->gid },
			.size = XATTR_CAPS_SZ_2,
		};
	for (size_t i = 0; i < NUMBERS_MAX; i++)
		ret_value->numbers[i] = htole32(ret_value->numbers[i]);
}

/*
 * Only a plain file stands for something, and for nothing but a device: a step that changes the
 * name of an attribute while it is looked at can write a record of its own.
 */
static bool may_stand_for(mode_t mode, uint32_t device_type)
{
	return !device_type ||
	       (S_ISREG(mode) && (device_type == S_IFCHR || device_type == S_IFBLK));
}

/* From outside of its namespace a capability is one of version 3: the same and an id behind it. */
static bool decode(const uint32_t *value, size_t size, mode_t mode, struct fs_owner *ret_owner)
{
	uint32_t numbers[NUMBERS_MAX];

	for (size_t i = 0; i < NUMBERS_MAX; i++)
		numbers[i] = le32toh(value[i]);
	if (!has_user_attributes(mode)) {
		*ret_owner = (struct fs_owner){ .uid = numbers[1], .gid = numbers[2] };
		return size == XATTR_CAPS_SZ_2 || size == XATTR_CAPS_SZ_3;
	}
	*ret_owner = (struct fs_owner){ .uid = numbers[1],
					.gid = numbers[2],
					.device_type = numbers[3],
					.dev_major = numbers[4],
					.dev_minor = numbers[5] };
	return size == sizeof(numbers) && numbers[0] == OWNER_VERSION &&
	       may_stand_for(mode, ret_owner->device_type);
}

static int take(ssize_t n, const uint32_t *value, mode_t mode, struct fs_owner *ret_owner)
{
	if (n < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
	if (decode(value, (size_t)n, mode, ret_owner))
		return 1;
	errno = EUCLEAN;
	return -1;
}

int fs_owner_get(const char *path, mode_t mode, struct fs_owner *ret_owner)
{
	uint32_t value[NUMBERS_MAX] = { 0 };

	return take(getxattr(path, attribute_of(mode), value, sizeof(value)), value, mode,
		    ret_owner);
}

static bool is_roots(const struct fs_owner *owner)
{
	return !owner->uid && !owner->gid && !owner->device_type;
}

int fs_owner_put(const char *path, mode_t mode, const struct fs_owner *owner)
{
	struct value value;

	if (is_roots(owner))
		return removexattr(path, attribute_of(mode)) < 0 && errno != ENODATA &&
				       errno != EOPNOTSUPP
			       ? -1
			       : 0;
	encode(owner, mode, &value);
	return setxattr(path, attribute_of(mode), value.numbers, value.size, 0);
}

static ssize_t read_named(int dir_fd, const char *name, const char *attribute, void *value,
			  size_t size)
{
	ssize_t n = sys_getxattrat(dir_fd, name, AT_SYMLINK_NOFOLLOW, attribute, value, size);

	if (n >= 0 || (errno != ENOSYS && errno != EPERM))
		return n;
	autofree char *path = xasprintf("/proc/self/fd/%d/%s", dir_fd, name);
	return lgetxattr(path, attribute, value, size);
}

int fs_owner_read(int dir_fd, const char *name, mode_t mode, struct fs_owner *ret_owner,
		  struct error *err)
{
	uint32_t value[NUMBERS_MAX] = { 0 };
	const char *attribute = attribute_of(mode);

	ssize_t n = name ? read_named(dir_fd, name, attribute, value, sizeof(value))
			 : fgetxattr(dir_fd, attribute, value, sizeof(value));
	int found = take(n, value, mode, ret_owner);
	return found < 0 ? error_sys(err, "owner recorded for '%s'", name ? name : ".") : found;
}

/* 0/-1 with errno */
static int write_value(int dir_fd, const char *name, const char *attribute,
		       const struct value *value)
{
	if (!name)
		return value ? fsetxattr(dir_fd, attribute, value->numbers, value->size, 0)
			     : fremovexattr(dir_fd, attribute);
	autofree char *path = xasprintf("/proc/self/fd/%d/%s", dir_fd, name);
	return value ? lsetxattr(path, attribute, value->numbers, value->size, 0)
		     : lremovexattr(path, attribute);
}

int fs_owner_write(int dir_fd, const char *name, mode_t mode, const struct fs_owner *owner,
		   struct error *err)
{
	struct value value;

	encode(owner, mode, &value);
	if (write_value(dir_fd, name, attribute_of(mode), is_roots(owner) ? NULL : &value) == 0)
		return 0;
	if (is_roots(owner) && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	if (errno != EOPNOTSUPP)
		return error_sys(err, "record the owner of '%s'", name ? name : ".");
	return error_set(
		err, ERROR_UNSUPPORTED,
		"the file system of the store has no user attributes, in which owners are "
		"recorded where there is one id only: put the store elsewhere with --root");
}

int fs_owner_refuse(uint32_t uid, uint32_t gid, struct error *err)
{
	(void)error_sys(err, "set the owner (%u:%u)", uid, gid);
	if (err->sys != EINVAL)
		return -1;
	return error_set(
		err, ERROR_SYSTEM,
		"the owner %u:%u is not among the ids of this user namespace (longer ranges "
		"in /etc/subuid and /etc/subgid give it more)",
		uid, gid);
}

int fs_owner_set(bool is_recorded, int dir_fd, const char *name, uint32_t uid, uint32_t gid,
		 struct error *err)
{
	const struct fs_owner owner = { .uid = uid, .gid = gid };
	struct stat st = { .st_mode = S_IFREG };

	if (!is_recorded) {
		if ((name ? fchownat(dir_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW)
			  : fchown(dir_fd, uid, gid)) < 0) {
			(void)fs_owner_refuse(uid, gid, err);
			return error_wrap(err, "'%s'", name ? name : ".");
		}
		return 0;
	}
	/* what can be opened for this has one kind of record */
	if (name && fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "look at '%s'", name);
	return fs_owner_write(dir_fd, name, st.st_mode, &owner, err);
}

void fs_owner_apply(const struct fs_owner *owner, struct stat *st)
{
	st->st_uid = owner->uid;
	st->st_gid = owner->gid;
	if (!owner->device_type)
		return;
	st->st_mode = (st->st_mode & 07777) | owner->device_type;
	st->st_rdev = makedev(owner->dev_major, owner->dev_minor);
}
