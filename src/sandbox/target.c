/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/confined_open.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/vec.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Where a walk is: a directory, by descriptor and by name without symlinks, and what is left. */
struct walk {
	int root_fd;
	dev_t root_dev;
	int dir_fd;
	struct buf place;
	struct buf rest;
	unsigned symlinks;
	const struct target_maker *maker;
};

static void walk_release(struct walk *walk)
{
	close_fd_at(&walk->dir_fd);
	buf_release(&walk->place);
	buf_release(&walk->rest);
}
DEFINE_RELEASE(struct walk, walk_release);

void stubs_forget(struct stubs *stubs)
{
	for (size_t i = 0; i < stubs->len; i++)
		free(stubs->items[i].name);
	vec_release(stubs);
}

void stubs_release(struct stubs *stubs)
{
	for (size_t i = 0; i < stubs->len; i++)
		close_fd_at(&stubs->items[i].parent_fd);
	stubs_forget(stubs);
}

static void set_dir(struct walk *walk, int fd)
{
	close_fd_at(&walk->dir_fd);
	walk->dir_fd = fd;
}

/* To walk->place, from the root on; it holds no symlinks, unless somebody else is changing it. */
static int enter_place(struct walk *walk, struct error *err)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int fd = confined_open(walk->root_fd, walk->place.len ? walk->place.data : ".", &how);

	if (fd < 0)
		return error_sys(err, "open '/%s'", walk->place.data);
	set_dir(walk, fd);
	return 0;
}

static int go_up(struct walk *walk, struct error *err)
{
	const char *slash = memrchr(walk->place.data, '/', walk->place.len);

	buf_truncate(&walk->place, slash ? (size_t)(slash - walk->place.data) : 0);
	return enter_place(walk, err);
}

/*
 * The symlink's text takes the place of its name in front of what is left. Those of procfs are not
 * followed: the text of a magic link names a file of the outer root.
 */
static int follow(struct walk *walk, int link_fd, struct error *err)
{
	char text[PATH_MAX];
	struct statfs fs;
	cleanup(buf_release) struct buf rest = BUF_INIT;

	if (fstatfs(link_fd, &fs) < 0)
		return error_sys(err, "look at a symlink in '/%s'", walk->place.data);
	if (fs.f_type == PROC_SUPER_MAGIC || ++walk->symlinks > TARGET_SYMLINKS_MAX) {
		errno = ELOOP;
		return error_sys(err, "follow symlinks");
	}
	ssize_t len = readlinkat(link_fd, "", text, sizeof(text));
	if (len < 0)
		return error_sys(err, "read a symlink in '/%s'", walk->place.data);
	if ((size_t)len + walk->rest.len + 1 >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return error_sys(err, "follow a symlink in '/%s'", walk->place.data);
	}
	buf_add(&rest, text, (size_t)len);
	buf_add_char(&rest, '/');
	buf_add(&rest, walk->rest.data, walk->rest.len);
	buf_release(&walk->rest);
	walk->rest = rest;
	rest = (struct buf)BUF_INIT;
	if (text[0] != '/')
		return 0;
	buf_truncate(&walk->place, 0);
	return enter_place(walk, err);
}

static int set_times(int fd, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	return utimensat(fd, "", times, AT_EMPTY_PATH);
}

/*
 * A stub on the root itself is written down; one on a file system mounted there (a tmpfs, a cache)
 * is not: it goes with the mount, or belongs to it. The walk's directory fd becomes the record's.
 */
static int remember(struct walk *walk, const char *name, int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "read the attributes of '%s'", name);
	int parent_fd = fcntl(walk->dir_fd, F_DUPFD_CLOEXEC, 3);
	if (parent_fd < 0)
		return error_sys(err, "keep '/%s' open", walk->place.data);
	vec_push(walk->maker->stubs, (struct stub){ .parent_fd = parent_fd,
						    .name = xstrdup(name),
						    .dev = st.st_dev,
						    .ino = st.st_ino,
						    .is_dir = S_ISDIR(st.st_mode) });
	return 0;
}

static int make_object(struct walk *walk, const char *name, bool is_file)
{
	if (!is_file)
		return mkdirat(walk->dir_fd, name, 0755);
	autoclose int fd = openat(walk->dir_fd, name,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : 0;
}

static int set_owner(const struct walk *walk, const char *name, int fd, struct error *err)
{
	const struct target_maker *maker = walk->maker;
	const struct fs_owner owner = { .uid = maker->uid, .gid = maker->gid };

	if (maker->records_owner) {
		autoclose int own_fd =
			openat(walk->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (own_fd < 0)
			return error_sys(err, "open '/%s/%s'", walk->place.data, name);
		return fs_owner_write(own_fd, NULL, S_IFREG, &owner, err);
	}
	if (fchownat(fd, "", maker->uid, maker->gid, AT_EMPTY_PATH) < 0)
		return error_sys(err, "set the owner of '/%s/%s'", walk->place.data, name);
	return 0;
}

static int make(struct walk *walk, const char *name, bool is_file, int *ret_fd, struct error *err)
{
	const struct target_maker *maker = walk->maker;
	struct stat parent;

	if (fstat(walk->dir_fd, &parent) < 0 || make_object(walk, name, is_file) < 0)
		return error_sys(err, "make '/%s/%s'", walk->place.data, name);
	autoclose int fd = openat(walk->dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '/%s/%s'", walk->place.data, name);
	if ((maker->uid || maker->gid) && set_owner(walk, name, fd, err) < 0)
		return -1;
	if (maker->stubs && parent.st_dev == walk->root_dev && remember(walk, name, fd, err) < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* One component: descends, follows, makes. 1 = *ret_fd is the end of the way, 0 = there is more. */
static int step(struct walk *walk, const char *name, bool is_last, int *ret_fd, struct error *err)
{
	autoclose int fd = openat(walk->dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno != ENOENT)
		return error_sys(err, "open '/%s/%s'", walk->place.data, name);
	if (fd < 0 && make(walk, name, is_last && walk->maker->is_file, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "read the attributes of '/%s/%s'", walk->place.data, name);
	if (S_ISLNK(st.st_mode))
		return follow(walk, fd, err);
	if (is_last) {
		*ret_fd = take_fd(&fd);
		return 1;
	}
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return error_sys(err, "open '/%s/%s'", walk->place.data, name);
	}
	if (walk->place.len)
		buf_add_char(&walk->place, '/');
	buf_add_text(&walk->place, name);
	set_dir(walk, take_fd(&fd));
	return 0;
}

/* Cuts the next name off the rest; false at the end. */
static bool next_name(struct walk *walk, struct buf *ret_name)
{
	const char *start = walk->rest.data + strspn(walk->rest.data, "/");
	size_t len = strcspn(start, "/");

	if (!len)
		return false;
	buf_clear(ret_name);
	buf_add(ret_name, start, len);
	start += len;
	size_t left = strlen(start);
	memmove(walk->rest.data, start, left + 1);
	walk->rest.len = left;
	return true;
}

static bool is_end(const struct walk *walk)
{
	return walk->rest.data[strspn(walk->rest.data, "/")] == '\0';
}

static int walk_to(struct walk *walk, int *ret_fd, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	int done = 0;

	while (done == 0 && next_name(walk, &name)) {
		if (strcmp(name.data, "..") == 0)
			done = go_up(walk, err);
		else if (strcmp(name.data, ".") != 0)
			done = step(walk, name.data, is_end(walk), ret_fd, err);
	}
	if (done)
		return done < 0 ? -1 : 0;
	/* the way ended in "..", "." or the root itself */
	*ret_fd = take_fd(&walk->dir_fd);
	return 0;
}

static int walk_and_make(int root_fd, const char *root_path, const struct target_maker *maker,
			 int *ret_fd, struct error *err)
{
	cleanup(walk_release) struct walk walk = { .root_fd = root_fd,
						   .dir_fd = -1,
						   .place = BUF_INIT,
						   .rest = BUF_INIT,
						   .maker = maker };
	struct stat st;

	if (fstat(root_fd, &st) < 0)
		return error_sys(err, "read the attributes of the root");
	walk.root_dev = st.st_dev;
	buf_add_text(&walk.rest, root_path);
	if (enter_place(&walk, err) < 0)
		return -1;
	return walk_to(&walk, ret_fd, err);
}

int target_open(int root_fd, const char *root_path, const struct target_maker *maker, int *ret_fd,
		struct error *err)
{
	int found = fs_open_in_root(root_fd, root_path, O_PATH, 0, ret_fd, err);

	if (found == 0)
		found = walk_and_make(root_fd, root_path, maker, ret_fd, err);
	return found < 0 ? -1 : 0;
}

void stubs_uncover(const struct stubs *stubs)
{
	for (size_t i = stubs->len; i-- > 0;)
		if (fchdir(stubs->items[i].parent_fd) == 0)
			(void)umount2(stubs->items[i].name, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static bool is_untouched(const struct stub *stub)
{
	struct stat st;

	return fstatat(stub->parent_fd, stub->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == stub->dev && st.st_ino == stub->ino &&
	       (stub->is_dir ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode) && st.st_size == 0);
}

/* The parent keeps the times that it has now: if the step worked in it, they are the step's. */
static int stub_remove(const struct stub *stub, struct error *err)
{
	struct stat parent;

	if (!is_untouched(stub))
		return 0;
	if (fstat(stub->parent_fd, &parent) < 0)
		return error_sys(err, "read the attributes of the directory of '%s'", stub->name);
	if (unlinkat(stub->parent_fd, stub->name, stub->is_dir ? AT_REMOVEDIR : 0) < 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return 0;
		return error_sys(err, "remove mount point '%s'", stub->name);
	}
	if (set_times(stub->parent_fd, &parent) < 0)
		return error_sys(err, "restore the times of the directory of '%s'", stub->name);
	return 0;
}

int stubs_remove(const struct stubs *stubs, struct error *err)
{
	for (size_t i = stubs->len; i-- > 0;)
		if (stub_remove(&stubs->items[i], err) < 0)
			return -1;
	return 0;
}
