/* SPDX-License-Identifier: Apache-2.0 */
#include "mount_classic.h"

#include "alloc.h"
#include "buf.h"
#include "fs.h"
#include "macros.h"
#include "mount_fd.h"
#include "path.h"
#include "strv.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

/* mount(2) knows paths alone; this one leads to what is open, whatever stands where. */
struct fd_path {
	char text[32];
};

static struct fd_path fd_path(int fd)
{
	struct fd_path path;

	(void)snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

/* --- options -------------------------------------------------------------------------------------
 */

static const struct {
	uint64_t attribute;
	unsigned long flag; /* of mount(2); those of statvfs(3) are the same, but for NOSYMFOLLOW */
} plain_options[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY },	  { MOUNT_ATTR_NOSUID, MS_NOSUID },
	{ MOUNT_ATTR_NODEV, MS_NODEV },		  { MOUNT_ATTR_NOEXEC, MS_NOEXEC },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME }, { MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
};

enum { STATVFS_NOSYMFOLLOW = 0x2000 }; /* ST_NOSYMFOLLOW, which glibc 2.36 does not name */

static unsigned long time_flag(uint64_t attributes)
{
	switch (attributes & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_NOATIME:
		return MS_NOATIME;
	case MOUNT_ATTR_STRICTATIME:
		return MS_STRICTATIME;
	default:
		return MS_RELATIME;
	}
}

static unsigned long flags_of(uint64_t attributes)
{
	unsigned long flags = time_flag(attributes);

	for (size_t i = 0; i < countof(plain_options); i++)
		if (attributes & plain_options[i].attribute)
			flags |= plain_options[i].flag;
	return flags;
}

/* All of a mount's options are told each time: what is left out is taken away. */
static int read_attributes(int fd, uint64_t *ret_attributes)
{
	struct statvfs fs;
	uint64_t attributes = 0;

	if (fstatvfs(fd, &fs) < 0)
		return -1;
	for (size_t i = 0; i < countof(plain_options); i++)
		if (plain_options[i].flag != MS_NOSYMFOLLOW && fs.f_flag & plain_options[i].flag)
			attributes |= plain_options[i].attribute;
	if (fs.f_flag & STATVFS_NOSYMFOLLOW)
		attributes |= MOUNT_ATTR_NOSYMFOLLOW;
	if (fs.f_flag & ST_NOATIME)
		attributes |= MOUNT_ATTR_NOATIME;
	else if (!(fs.f_flag & ST_RELATIME))
		attributes |= MOUNT_ATTR_STRICTATIME;
	*ret_attributes = attributes;
	return 0;
}

/* A step that may mount can take /proc away, and its root is sealed all the same. */
static int remount(int fd, unsigned long flags)
{
	if (mount(NULL, fd_path(fd).text, NULL, flags, NULL) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	return fchdir(fd) < 0 ? -1 : mount(NULL, ".", NULL, flags, NULL);
}

static int restrict_one(int fd, uint64_t set, uint64_t clear)
{
	uint64_t attributes;

	if (read_attributes(fd, &attributes) < 0)
		return -1;
	attributes = (attributes & ~clear) | set;
	return remount(fd, MS_REMOUNT | MS_BIND | flags_of(attributes));
}

/* --- what is mounted below -----------------------------------------------------------------------
 */

/* Spaces, tabs, line ends and backslashes stand there as three octal digits. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned value;
		int len = 0;
		if (*from == '\\' && sscanf(from + 1, "%3o%n", &value, &len) == 1 && len == 3) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static int list_below(const char *path, struct strv *below)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL;
	size_t size = 0, path_len = strlen(path);

	if (!file)
		return -1;
	while (getline(&line, &size, file) > 0) {
		int start = 0, end = 0;
		if (sscanf(line, "%*d %*d %*s %*s %n%*s%n", &start, &end) < 0 || !end)
			continue;
		line[end] = '\0';
		unescape(line + start);
		if (text_has_prefix(line + start, path) && line[start + (int)path_len] == '/')
			strv_add(below, line + start);
	}
	(void)fclose(file);
	return 0;
}

/*
 * What lies there for this process: 1; 0 nothing that it can get at, nor can a step, which may do
 * less (/sys/kernel/debug is for the machine's root alone, and holds mounts); -1.
 */
static int open_below(const char *path, int *ret_fd)
{
	*ret_fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 1;
	return errno == EACCES || errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

/* EINVAL: another mount lies over a directory above it, and has no mount of its own there. */
static int restrict_there(const char *path, uint64_t set, uint64_t clear)
{
	autoclose int fd = -1;
	int found = open_below(path, &fd);

	if (found <= 0)
		return found;
	return restrict_one(fd, set, clear) < 0 && errno != EINVAL ? -1 : 0;
}

/* Whichever mount it belongs to. */
static int check_there(const char *path, uint64_t set, uint64_t clear)
{
	autoclose int fd = -1;
	uint64_t attributes;
	int found = open_below(path, &fd);

	if (found <= 0)
		return found;
	if (read_attributes(fd, &attributes) < 0)
		return -1;
	errno = EINVAL;
	return ((attributes & ~clear) | set) == attributes ? 0 : -1;
}

/*
 * By their paths, which only the topmost of several mounts at one has. (An id of what is open would
 * be in fdinfo, which before Linux 5.14 is the machine's root's for a process that is not
 * dumpable.)
 */
static int restrict_below(int fd, uint64_t set, uint64_t clear)
{
	cleanup(strv_release) struct strv below = STRV_INIT;
	char path[PATH_MAX + 1];

	if (mount_fd_path(fd, path, sizeof(path)) < 0 || list_below(path, &below) < 0)
		return -1;
	for (size_t i = 0; i < below.len; i++)
		if (restrict_there(below.items[i], set, clear) < 0)
			return -1;
	for (size_t i = 0; i < below.len; i++)
		if (check_there(below.items[i], set, clear) < 0)
			return -1;
	return 0;
}

int mount_classic_restrict(int fd, bool is_recursive, uint64_t set, uint64_t clear)
{
	if (restrict_one(fd, set, clear) < 0)
		return -1;
	return is_recursive ? restrict_below(fd, set, clear) : 0;
}

/* --- mounts --------------------------------------------------------------------------------------
 */

#define PLACE_PREFIX "place"

static int make_place(int place_fd, bool is_dir, struct buf *ret_name)
{
	fs_random_name(PLACE_PREFIX, ret_name);
	return is_dir ? mkdirat(place_fd, ret_name->data, 0700)
		      : mknodat(place_fd, ret_name->data, S_IFREG | 0600, 0);
}

static int open_path(int dir_fd, const char *path, int flags)
{
	return openat(dir_fd, path, O_PATH | O_CLOEXEC | flags);
}

/* Mounts something at a new name, and opens that: what is mounted now. */
static int mount_there(int place_fd, bool is_dir, const char *source, const char *type,
		       unsigned long flags, const char *options)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (make_place(place_fd, is_dir, &name) < 0)
		return -1;
	autoclose int place = open_path(place_fd, name.data, O_NOFOLLOW);
	if (place < 0 || mount(source, fd_path(place).text, type, flags, options) < 0)
		return -1;
	return open_path(place_fd, name.data, O_NOFOLLOW);
}

int mount_classic_new(const char *type, const char *options, uint64_t attributes, int place_fd)
{
	return mount_there(place_fd, true, type, type, flags_of(attributes), options);
}

int mount_classic_clone(int dir_fd, const char *path, unsigned flags, int place_fd)
{
	int open_flags = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	autoclose int opened_fd = *path ? open_path(dir_fd, path, open_flags) : -1;
	int source_fd = *path ? opened_fd : dir_fd;
	struct stat st;

	if (source_fd < 0 || fstat(source_fd, &st) < 0)
		return -1;
	return mount_there(place_fd, S_ISDIR(st.st_mode), fd_path(source_fd).text, NULL,
			   MS_BIND | (flags & AT_RECURSIVE ? MS_REC : 0), NULL);
}

/* What is attached elsewhere, or a directory that is no mount, has another name. */
void mount_classic_remove(int fd)
{
	char path[PATH_MAX + 1];

	if (mount_fd_path(fd, path, sizeof(path)) < 0 ||
	    strncmp(path_base_name(path), PLACE_PREFIX ".", strlen(PLACE_PREFIX ".")) != 0)
		return;
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 && rmdir(path) < 0)
		(void)unlink(path);
}

int mount_classic_attach(int fd, int dir_fd, const char *path)
{
	autoclose int opened_fd = *path ? open_path(dir_fd, path, O_NOFOLLOW) : -1;
	int target_fd = *path ? opened_fd : dir_fd;

	if (target_fd < 0)
		return -1;
	return mount(fd_path(fd).text, fd_path(target_fd).text, NULL, MS_MOVE, NULL);
}
