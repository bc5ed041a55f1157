/* SPDX-License-Identifier: Apache-2.0 */
#include "mount_fd.h"

#include "alloc.h"
#include "mount_classic.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* --- are the calls there? ------------------------------------------------------------------------
 */

/* Filters of older container runtimes answer EPERM for what they do not know. */
static bool is_missing(int result)
{
	return result < 0 && (errno == ENOSYS || errno == EPERM);
}

/*
 * Arguments that each call refuses for what they are. All or none: a mount that stands nowhere can
 * be restricted and attached by these calls alone.
 */
bool mount_fd_has_calls(void)
{
	static const unsigned no_flags = ~0U;

	return !is_missing(open_tree(-1, "", 0)) &&
	       !is_missing(mount_setattr(-1, "", 0, NULL, 0)) &&
	       !is_missing(move_mount(-1, "", -1, "", no_flags)) &&
	       !is_missing(fsopen(NULL, no_flags)) && !is_missing(fsmount(-1, no_flags, 0)) &&
	       !is_missing(fsconfig(-1, no_flags, NULL, NULL, 0)) &&
	       !is_missing(fspick(-1, "", no_flags));
}

int mount_fd_place(int dir_fd)
{
	return mount_fd_has_calls() ? -1 : dir_fd;
}

/* --- namespaces ----------------------------------------------------------------------------------
 */

int mount_fd_enter_namespace(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int mount_fd_path(int fd, char *ret_path, size_t size)
{
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, ret_path, size - 1);
	if (len < 0)
		return -1;
	ret_path[len] = '\0';
	return 0;
}

int mount_fd_follow(int fd, int flags)
{
	char path[PATH_MAX + 1];
	struct stat before, now;

	if (mount_fd_path(fd, path, sizeof(path)) < 0)
		return -1;
	autoclose int again = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
	if (again < 0 || fstat(fd, &before) < 0 || fstat(again, &now) < 0)
		return -1;
	if (before.st_dev != now.st_dev || before.st_ino != now.st_ino) {
		errno = ESTALE;
		return -1;
	}
	return dup3(again, fd, O_CLOEXEC) < 0 ? -1 : 0;
}

/* --- by the calls --------------------------------------------------------------------------------
 */

static int set_options(int context_fd, const char *options)
{
	autofree char *text = xstrdup(options ? options : "");
	char *rest = NULL;

	for (char *key = strtok_r(text, ",", &rest); key; key = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		if (fsconfig(context_fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key,
			     value, 0) < 0)
			return -1;
	}
	return 0;
}

int mount_fd_new(const char *type, const char *options, uint64_t attributes, int place_fd)
{
	if (place_fd >= 0)
		return mount_classic_new(type, options, attributes, place_fd);
	autoclose int context_fd = fsopen(type, FSOPEN_CLOEXEC);
	if (context_fd < 0 || set_options(context_fd, options) < 0 ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, (unsigned)attributes);
}

int mount_fd_clone(int dir_fd, const char *path, unsigned flags, int place_fd)
{
	return place_fd < 0 ? open_tree(dir_fd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags)
			    : mount_classic_clone(dir_fd, path, flags, place_fd);
}

/*
 * The rest is asked of the calls first: those that there are do the same to a mount that stands
 * somewhere.
 */
static int restrict_with(int fd, unsigned flags, uint64_t set, uint64_t clear)
{
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear };
	int result = mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attributes, sizeof(attributes));

	if (!is_missing(result))
		return result;
	int sys = errno;
	result = mount_classic_restrict(fd, flags & AT_RECURSIVE, set, clear);
	/* one that stands nowhere: it was not the call that was missing */
	if (result < 0 && errno == EINVAL)
		errno = sys;
	return result;
}

int mount_fd_restrict(int fd, uint64_t set, uint64_t clear)
{
	return restrict_with(fd, AT_RECURSIVE, set, clear);
}

int mount_fd_restrict_one(int fd, uint64_t set, uint64_t clear)
{
	return restrict_with(fd, 0, set, clear);
}

void mount_fd_close(int fd)
{
	if (fd < 0)
		return;
	mount_classic_remove(fd);
	(void)close(fd);
}

int mount_fd_attach(int fd, int dir_fd, const char *path)
{
	int result = move_mount(fd, "", dir_fd, path,
				MOVE_MOUNT_F_EMPTY_PATH | (*path ? 0 : MOVE_MOUNT_T_EMPTY_PATH));

	return is_missing(result) ? mount_classic_attach(fd, dir_fd, path) : result;
}
