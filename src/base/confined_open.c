/* SPDX-License-Identifier: Apache-2.0 */
#include "base/confined_open.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* The kernel's own limit. */
enum { SYMLINKS_MAX = 40 };

/* A directory on the way; `place` is the way to it, without symlinks, relative to the root. */
struct walk {
	const struct open_how *how;
	int root_fd, dir_fd; /* borrowed, own */
	struct buf place, rest;
	unsigned symlinks;
	uint64_t root_mount;
};

static void walk_release(struct walk *walk)
{
	close_fd_at(&walk->dir_fd);
	buf_release(&walk->place);
	buf_release(&walk->rest);
}
DEFINE_RELEASE(struct walk, walk_release);

static int fail(int sys)
{
	errno = sys;
	return -1;
}

/* Which mount it is on; where the kernel does not say (before 5.8), which device. */
static int mount_of(int fd, uint64_t *ret_mount)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_MNT_ID,
		  &stx) < 0)
		return -1;
	*ret_mount = stx.stx_mask & STATX_MNT_ID
			     ? stx.stx_mnt_id
			     : (uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor;
	return 0;
}

static int check_mount(const struct walk *walk, int fd)
{
	uint64_t mount;

	if (!(walk->how->resolve & RESOLVE_NO_XDEV))
		return 0;
	if (mount_of(fd, &mount) < 0)
		return -1;
	return mount == walk->root_mount ? 0 : fail(EXDEV);
}

static int open_dir(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void set_dir(struct walk *walk, int fd)
{
	close_fd_at(&walk->dir_fd);
	walk->dir_fd = fd;
}

/*
 * To walk->place again, from the root on: ".." of a directory that somebody moves meanwhile would
 * lead anywhere.
 */
static int enter_place(struct walk *walk)
{
	autofree char *names = xstrdup(walk->place.len ? walk->place.data : "");
	char *left = names;

	int fd = open_dir(walk->root_fd, ".");
	if (fd < 0)
		return -1;
	set_dir(walk, fd);
	for (const char *name; (name = strsep(&left, "/"));) {
		if (!*name)
			continue;
		fd = open_dir(walk->dir_fd, name);
		if (fd < 0) /* what was a directory is none any more */
			return fail(errno == ELOOP || errno == ENOTDIR || errno == ENOENT ? EAGAIN
											  : errno);
		set_dir(walk, fd);
	}
	return 0;
}

static int enter_root(struct walk *walk)
{
	if (walk->how->resolve & RESOLVE_BENEATH)
		return fail(EXDEV);
	buf_truncate(&walk->place, 0);
	return enter_place(walk);
}

static int go_up(struct walk *walk)
{
	if (!walk->place.len)
		return walk->how->resolve & RESOLVE_BENEATH ? fail(EXDEV) : 0;
	const char *slash = memrchr(walk->place.data, '/', walk->place.len);
	buf_truncate(&walk->place, slash ? (size_t)(slash - walk->place.data) : 0);
	return enter_place(walk);
}

static int go_down(struct walk *walk, const char *name, int fd)
{
	if (check_mount(walk, fd) < 0) {
		int sys = errno;
		(void)close(fd);
		return fail(sys);
	}
	if (walk->place.len)
		buf_add_char(&walk->place, '/');
	buf_add_text(&walk->place, name);
	set_dir(walk, fd);
	return 0;
}

/* The symlink's text takes the place of its name in front of what is left. */
static int follow(struct walk *walk, int link_fd)
{
	char text[PATH_MAX];
	struct statfs fs;

	if (walk->how->resolve & RESOLVE_NO_SYMLINKS || ++walk->symlinks > SYMLINKS_MAX)
		return fail(ELOOP);
	if (fstatfs(link_fd, &fs) < 0)
		return -1;
	if (fs.f_type == PROC_SUPER_MAGIC)
		return fail(ELOOP);
	ssize_t len = readlinkat(link_fd, "", text, sizeof(text));
	if (len < 0)
		return -1;
	if (len == 0)
		return fail(ENOENT);
	if ((size_t)len + walk->rest.len >= (size_t)SYMLINKS_MAX * PATH_MAX)
		return fail(ENAMETOOLONG);
	struct buf rest = BUF_INIT;
	buf_add(&rest, text, (size_t)len);
	/* what stands behind a symlink begins with a slash, or is nothing */
	buf_add(&rest, walk->rest.data, walk->rest.len);
	buf_release(&walk->rest);
	walk->rest = rest;
	return text[0] == '/' ? enter_root(walk) : 0;
}

/* Cuts the next name off the rest, not the slashes behind it; false at the end. */
static bool next_name(struct walk *walk, struct buf *ret_name)
{
	size_t start = strspn(walk->rest.data, "/");
	size_t len = strcspn(walk->rest.data + start, "/");

	if (!len)
		return false;
	buf_clear(ret_name);
	buf_add(ret_name, walk->rest.data + start, len);
	size_t left = walk->rest.len - start - len;
	memmove(walk->rest.data, walk->rest.data + start + len, left + 1);
	walk->rest.len = left;
	return true;
}

/* What was asked for, as the last name of the way; it is no symlink, or shall not be followed. */
static int open_last(struct walk *walk, const char *name)
{
	int flags = (int)walk->how->flags | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(walk->dir_fd, name, flags, (mode_t)walk->how->mode);

	if (fd < 0 || check_mount(walk, fd) == 0)
		return fd;
	int sys = errno;
	(void)close(fd);
	return fail(sys);
}

enum { GO_ON = -2 };

/* One name that is neither "." nor "..": *ret_fd, -1 with errno, or GO_ON. */
static int step(struct walk *walk, const char *name)
{
	bool is_last = !walk->rest.len;
	bool wants_link = (walk->how->flags & O_NOFOLLOW) ||
			  (walk->how->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	struct stat st;

	autoclose int fd = openat(walk->dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && is_last && (walk->how->flags & O_CREAT))
		return open_last(walk, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && !(is_last && wants_link))
		return follow(walk, fd) < 0 ? -1 : GO_ON;
	if (is_last)
		return open_last(walk, name);
	if (!S_ISDIR(st.st_mode))
		return fail(ENOTDIR);
	return go_down(walk, name, take_fd(&fd)) < 0 ? -1 : GO_ON;
}

/* The way ended in "." or "..", in slashes, or at the root. */
static int open_here(struct walk *walk)
{
	if (walk->how->flags & O_CREAT)
		return fail(EISDIR);
	return open_last(walk, ".");
}

static int walk_to(struct walk *walk)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	int result = GO_ON;

	while (result == GO_ON && next_name(walk, &name)) {
		if (strcmp(name.data, ".") == 0)
			continue;
		if (strcmp(name.data, "..") == 0)
			result = go_up(walk) < 0 ? -1 : GO_ON;
		else
			result = step(walk, name.data);
	}
	return result == GO_ON ? open_here(walk) : result;
}

int confined_walk(int dir_fd, const char *path, const struct open_how *how)
{
	cleanup(walk_release) struct walk walk = {
		.how = how, .root_fd = dir_fd, .dir_fd = -1, .place = BUF_INIT, .rest = BUF_INIT
	};

	if (!*path)
		return fail(ENOENT);
	if (strlen(path) >= PATH_MAX)
		return fail(ENAMETOOLONG);
	buf_add_text(&walk.rest, path);
	if ((how->resolve & RESOLVE_NO_XDEV) && mount_of(dir_fd, &walk.root_mount) < 0)
		return -1;
	if ((path[0] == '/' ? enter_root(&walk) : enter_place(&walk)) < 0)
		return -1;
	return walk_to(&walk);
}

int confined_open(int dir_fd, const char *path, const struct open_how *how)
{
	int fd = sys_openat2(dir_fd, path, how);

	/* older container runtimes answer EPERM to what they do not know */
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	return confined_walk(dir_fd, path, how);
}
