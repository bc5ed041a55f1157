/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs_record.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "base/syscalls.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { RECORD_VERSION = 1, NUMBERS = 6, NUMBERS_SIZE = NUMBERS * sizeof(uint32_t) };
enum { RECORD_SIZE_MAX = NUMBERS_SIZE + FS_RECORD_CAPABILITY_MAX };

int fs_record_write(int fd, const struct fs_record *record, struct error *err)
{
	const uint32_t numbers[NUMBERS] = {
		htole32(RECORD_VERSION), htole32(record->mode),	     htole32(record->uid),
		htole32(record->gid),	 htole32(record->dev_major), htole32(record->dev_minor)
	};
	unsigned char value[RECORD_SIZE_MAX];

	memcpy(value, numbers, NUMBERS_SIZE);
	memcpy(value + NUMBERS_SIZE, record->capability, record->capability_len);
	if (fsetxattr(fd, FS_RECORD_ATTRIBUTE, value, NUMBERS_SIZE + record->capability_len, 0) ==
	    0)
		return 0;
	if (errno != EOPNOTSUPP)
		return error_sys(err, "record the owner of a file");
	return error_set(err, ERROR_UNSUPPORTED,
			 "the file system of the store has no user attributes, in which owners are "
			 "recorded without privileges: put the store elsewhere with --root");
}

static ssize_t read_value(int dir_fd, const char *name, void *value, size_t size)
{
	if (!name)
		return fgetxattr(dir_fd, FS_RECORD_ATTRIBUTE, value, size);
	ssize_t n =
		sys_getxattrat(dir_fd, name, AT_SYMLINK_NOFOLLOW, FS_RECORD_ATTRIBUTE, value, size);
	if (n >= 0 || (errno != ENOSYS && errno != EPERM))
		return n;
	autofree char *path = xasprintf("/proc/self/fd/%d/%s", dir_fd, name);
	return lgetxattr(path, FS_RECORD_ATTRIBUTE, value, size);
}

int fs_record_read(int dir_fd, const char *name, struct fs_record *ret_record, struct error *err)
{
	unsigned char value[RECORD_SIZE_MAX];
	uint32_t numbers[NUMBERS];

	ssize_t n = read_value(dir_fd, name, value, sizeof(value));
	if (n < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	if (n < 0)
		return error_sys(err, "owner recorded for '%s'", name ? name : ".");
	memcpy(numbers, value, NUMBERS_SIZE);
	if ((size_t)n < NUMBERS_SIZE || le32toh(numbers[0]) != RECORD_VERSION)
		return error_set(err, ERROR_CORRUPT, "the owner recorded for '%s' cannot be read",
				 name ? name : ".");
	*ret_record = (struct fs_record){ .mode = le32toh(numbers[1]),
					  .uid = le32toh(numbers[2]),
					  .gid = le32toh(numbers[3]),
					  .dev_major = le32toh(numbers[4]),
					  .dev_minor = le32toh(numbers[5]),
					  .capability_len = (size_t)n - NUMBERS_SIZE };
	memcpy(ret_record->capability, value + NUMBERS_SIZE, ret_record->capability_len);
	return 1;
}

void fs_record_apply(const struct fs_record *record, struct stat *st)
{
	st->st_mode = record->mode;
	st->st_uid = record->uid;
	st->st_gid = record->gid;
	st->st_rdev = makedev(record->dev_major, record->dev_minor);
}

/* By its digest: a name may be as long as the name of an attribute. */
static void link_attribute(const char *name, char *attribute, size_t size)
{
	struct digest digest = digest_of(name, strlen(name));

	(void)snprintf(attribute, size, "user.cbuild.link.%.32s", digest_hex(&digest).text);
}

int fs_record_write_link(int dir_fd, const char *name, uint32_t uid, uint32_t gid,
			 struct error *err)
{
	const uint32_t numbers[] = { htole32(uid), htole32(gid) };
	char attribute[64];

	link_attribute(name, attribute, sizeof(attribute));
	if (!uid && !gid) {
		if (fremovexattr(dir_fd, attribute) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
			return error_sys(err, "record the owner of '%s'", name);
		return 0;
	}
	if (fsetxattr(dir_fd, attribute, numbers, sizeof(numbers), 0) < 0)
		return error_sys(err, "record the owner of '%s'", name);
	return 0;
}

int fs_record_read_link(int dir_fd, const char *name, uint32_t *ret_uid, uint32_t *ret_gid,
			struct error *err)
{
	uint32_t numbers[2];
	char attribute[64];

	link_attribute(name, attribute, sizeof(attribute));
	ssize_t n = fgetxattr(dir_fd, attribute, numbers, sizeof(numbers));
	if (n < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	if (n < 0 && errno != ERANGE)
		return error_sys(err, "owner recorded for '%s'", name);
	if (n != (ssize_t)sizeof(numbers))
		return error_set(err, ERROR_CORRUPT, "the owner recorded for '%s' cannot be read",
				 name);
	*ret_uid = le32toh(numbers[0]);
	*ret_gid = le32toh(numbers[1]);
	return 1;
}
