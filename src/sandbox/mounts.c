/* SPDX-License-Identifier: Apache-2.0 */
#include "mounts.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/mount_fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* Names in the scratch file system: this one, and the index of an entry. */
#define SCRATCH_EMPTY "empty"

struct scratch_name {
	char text[32];
};

static struct scratch_name scratch_name(const struct mount_list *list,
					const struct mount_entry *entry)
{
	struct scratch_name name;

	(void)snprintf(name.text, sizeof(name.text), "%zu", (size_t)(entry - list->items));
	return name;
}

static int refuse(struct error *err, const char *what, const struct mount_entry *entry)
{
	bool is_refused = errno == EPERM || errno == EACCES;

	(void)error_sys(err, "%s '/%s'", what, entry->root_path);
	if (is_refused)
		err->code = ERROR_PERMISSION;
	return -1;
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The kernel's word where a directory meets a file is "Invalid argument", or "Not a directory". */
static int refuse_kind(const struct mount_entry *entry, int target_fd, bool is_dir,
		       struct error *err)
{
	int sys = errno;

	if (is_directory(target_fd) != is_dir)
		return error_set(err, ERROR_USAGE,
				 is_dir ? "a directory cannot be mounted at '/%s', which is none"
					: "a file cannot be mounted at '/%s', which is a directory",
				 entry->root_path);
	errno = sys;
	return refuse(err, "mount", entry);
}

/*
 * A directory of the root that must be one: an image's /dev may be a symlink to anywhere. Where it
 * is missing it is made, and stays: docker's layers hold /dev, /proc and /sys then, empty.
 */
static int open_real_dir(const struct rootfs *rootfs, const struct mount_entry *entry, int *ret_fd,
			 struct error *err)
{
	static const struct target_maker maker;
	int fd = openat(rootfs->root_fd, entry->root_path,
			O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return target_open(rootfs->root_fd, entry->root_path, &maker, ret_fd, err);
	if (fd < 0 && errno == ENOTDIR)
		return error_set(err, ERROR_USAGE, "'/%s' of the image is not a directory",
				 entry->root_path);
	if (fd < 0)
		return error_sys(err, "open '/%s'", entry->root_path);
	*ret_fd = fd;
	return 0;
}

/* Below a file system of ours there is nothing hostile yet: a plain path will do. */
static int open_ours(const struct rootfs *rootfs, const struct mount_entry *entry, int *ret_fd,
		     struct error *err)
{
	if (mkdirat(rootfs->root_fd, entry->root_path, 0755) < 0 && errno != EEXIST)
		return error_sys(err, "make '/%s'", entry->root_path);
	int fd = openat(rootfs->root_fd, entry->root_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '/%s'", entry->root_path);
	*ret_fd = fd;
	return 0;
}

/* What stands there is how processes are told what they may do (CVE-2019-16884). */
static bool is_in_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int open_target(const struct rootfs *rootfs, const struct mount_entry *entry,
		       struct stubs *stubs, int *ret_fd, struct error *err)
{
	const struct target_maker maker = { .is_file = entry->target_is_file, .stubs = stubs };

	if (entry->is_ours)
		return open_ours(rootfs, entry, ret_fd, err);
	if (entry->must_be_dir)
		return open_real_dir(rootfs, entry, ret_fd, err);
	if (target_open(rootfs->root_fd, entry->root_path, &maker, ret_fd, err) < 0)
		return -1;
	if (!is_in_proc(*ret_fd))
		return 0;
	(void)close(*ret_fd);
	return error_set(err, ERROR_USAGE, "mount target '/%s' lies in /proc", entry->root_path);
}

/*
 * A user namespace that does not own the network namespace cannot mount sysfs: what is mounted
 * outside is shown then, read-only throughout.
 */
static int attach_outer(const struct rootfs *rootfs, const struct mount_entry *entry, int target_fd,
			struct error *err)
{
	autofree char *host_path = xasprintf("/%s", entry->root_path);
	autoclose int mount_fd =
		mount_fd_clone(AT_FDCWD, host_path, AT_RECURSIVE, rootfs->place_fd);

	if (mount_fd < 0 || mount_fd_restrict(mount_fd, entry->attributes, 0) < 0 ||
	    mount_fd_attach(mount_fd, target_fd, "") < 0)
		return refuse(err, "mount", entry);
	return 0;
}

/*
 * The caller's. A mount point that was there lends its mode; where there was none, a new file
 * system is everybody's, as the kernel has it.
 */
static int options_of(const struct mount_entry *entry, int target_fd, bool is_new,
		      char **ret_options, struct error *err)
{
	struct stat st;

	if (!entry->takes_target_mode || is_new) {
		*ret_options = xstrdup(entry->options ? entry->options : "");
		return 0;
	}
	if (fstat(target_fd, &st) < 0)
		return error_sys(err, "look at '/%s'", entry->root_path);
	*ret_options = xasprintf("mode=%o,%s", st.st_mode & 07777, entry->options);
	return 0;
}

/* A tmpfs before Linux 6.6 has no room for a record: what it has then is root's. */
static int set_owner(const struct mount_list *list, int fd, const struct mount_entry *entry,
		     struct error *err)
{
	const struct fs_owner owner = { .uid = entry->uid, .gid = entry->gid };

	if (!entry->uid && !entry->gid)
		return 0;
	if (!list->has_one_id)
		return fchown(fd, entry->uid, entry->gid) < 0
			       ? error_sys(err, "set the owner of '/%s'", entry->root_path)
			       : 0;
	if (fs_owner_write(fd, NULL, S_IFREG, &owner, err) < 0 && err->code != ERROR_UNSUPPORTED)
		return -1;
	return 0;
}

/* The new one lies over the directory that is open. */
static int set_mount_owner(const struct mount_list *list, const struct mount_entry *entry,
			   const struct rootfs *rootfs, struct error *err)
{
	autoclose int fd = -1;

	if (!list->has_one_id || (!entry->uid && !entry->gid))
		return 0;
	int found = fs_open_in_root(rootfs->root_fd, entry->root_path, O_RDONLY | O_DIRECTORY, 0,
				    &fd, err);
	if (found <= 0)
		return found < 0
			       ? -1
			       : error_set(err, ERROR_SYSTEM, "'/%s' went away", entry->root_path);
	return set_owner(list, fd, entry, err);
}

/* The mount point is made for it. What else is wrong with it is found when it is opened. */
static bool is_missing(const struct rootfs *rootfs, const struct mount_entry *entry)
{
	struct error ignored = ERROR_INIT;
	autoclose int fd = -1;

	return fs_open_in_root(rootfs->root_fd, entry->root_path, O_PATH, 0, &fd, &ignored) == 0;
}

/* mount(2) takes no descriptor, but a path: the working directory is one that nobody can swap. */
static int apply_new(const struct mount_list *list, const struct rootfs *rootfs,
		     const struct mount_entry *entry, struct stubs *stubs, struct error *err)
{
	bool is_new = entry->takes_target_mode && is_missing(rootfs, entry);
	autoclose int target_fd = -1;
	autofree char *options = NULL;

	if (open_target(rootfs, entry, stubs, &target_fd, err) < 0 ||
	    options_of(entry, target_fd, is_new, &options, err) < 0)
		return -1;
	if (fchdir(target_fd) < 0)
		return refuse_kind(entry, target_fd, true, err);
	if (mount(entry->source, ".", entry->source, entry->flags, options) == 0)
		return set_mount_owner(list, entry, rootfs, err);
	if (errno == EPERM && entry->may_be_outer)
		return attach_outer(rootfs, entry, target_fd, err);
	return refuse(err, "mount", entry);
}

static int apply_scratch(const struct rootfs *rootfs, const struct mount_entry *entry,
			 struct stubs *stubs, struct error *err)
{
	autoclose int target_fd = -1;

	if (open_target(rootfs, entry, stubs, &target_fd, err) < 0)
		return -1;
	if (mkdirat(rootfs->scratch_fd, entry->source, 0755) < 0)
		return refuse(err, "make", entry);
	autoclose int mount_fd =
		mount_fd_clone(rootfs->scratch_fd, entry->source, 0, rootfs->place_fd);
	if (mount_fd < 0 || mount_fd_restrict(mount_fd, entry->attributes, MOUNT_ATTR__ATIME) < 0 ||
	    mount_fd_attach(mount_fd, target_fd, "") < 0)
		return refuse(err, "mount", entry);
	return 0;
}

static int apply_link(const struct rootfs *rootfs, const struct mount_entry *entry,
		      struct error *err)
{
	if (symlinkat(entry->source, rootfs->root_fd, entry->root_path) < 0)
		return error_sys(err, "make '/%s'", entry->root_path);
	return 0;
}

static int make_dev_parent(const struct rootfs *rootfs, const struct mount_entry *entry,
			   struct error *err)
{
	autofree char *parent = path_parent(entry->root_path);

	if (strcmp(parent, "dev") != 0 && mkdirat(rootfs->root_fd, parent, 0755) < 0 &&
	    errno != EEXIST)
		return error_sys(err, "make '/%s'", parent);
	return 0;
}

/*
 * A clone of a node made here. Inside a user namespace nodes cannot be made or used: there the
 * outer one is taken ("/" still is the outer root), if it is what it should be.
 */
static int clone_device(const struct mount_list *list, const struct rootfs *rootfs,
			const struct mount_entry *entry, int *ret_fd, struct error *err)
{
	struct scratch_name name = scratch_name(list, entry);
	dev_t number = makedev(entry->major, entry->minor);
	struct stat st;

	if (mknodat(rootfs->scratch_fd, name.text, entry->mode, number) == 0) {
		*ret_fd = mount_fd_clone(rootfs->scratch_fd, name.text, 0, rootfs->place_fd);
		return *ret_fd < 0 ? refuse(err, "clone", entry) : 0;
	}
	if (errno != EPERM)
		return refuse(err, "make", entry);
	autofree char *host_path = xasprintf("/%s", entry->root_path);
	autoclose int fd = mount_fd_clone(AT_FDCWD, host_path, 0, rootfs->place_fd);
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(err, "take over", entry);
	if ((st.st_mode & S_IFMT) != (entry->mode & S_IFMT) || st.st_rdev != number)
		return error_set(err, ERROR_SYSTEM, "'%s' of this machine is not device %u:%u",
				 host_path, entry->major, entry->minor);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int apply_device(const struct mount_list *list, const struct rootfs *rootfs,
			const struct mount_entry *entry, struct error *err)
{
	autoclose int mount_fd = -1;

	if (make_dev_parent(rootfs, entry, err) < 0 ||
	    clone_device(list, rootfs, entry, &mount_fd, err) < 0)
		return -1;
	if (mknodat(rootfs->root_fd, entry->root_path, S_IFREG | 0666, 0) < 0)
		return refuse(err, "make", entry);
	if (mount_fd_attach(mount_fd, rootfs->root_fd, entry->root_path) < 0)
		return refuse(err, "mount", entry);
	return 0;
}

static int apply_readonly(const struct rootfs *rootfs, const struct mount_entry *entry,
			  struct error *err)
{
	autoclose int mount_fd = mount_fd_clone(rootfs->root_fd, entry->root_path,
						AT_SYMLINK_NOFOLLOW, rootfs->place_fd);

	if (mount_fd < 0 && errno == ENOENT)
		return 0;
	if (mount_fd < 0 || mount_fd_restrict(mount_fd, MOUNT_ATTR_RDONLY, 0) < 0 ||
	    mount_fd_attach(mount_fd, rootfs->root_fd, entry->root_path) < 0)
		return refuse(err, "make read-only", entry);
	return 0;
}

static int move_to(const struct rootfs *rootfs, int mount_fd, const struct mount_entry *entry,
		   struct error *err)
{
	if (mount_fd_attach(mount_fd, rootfs->root_fd, entry->root_path) < 0)
		return errno == ENOENT ? 0 : refuse(err, "hide", entry);
	return 0;
}

/* Reads as empty. */
static int apply_hide_file(const struct rootfs *rootfs, const struct mount_entry *entry,
			   struct error *err)
{
	autoclose int mount_fd =
		mount_fd_clone(rootfs->root_fd, "dev/null", AT_SYMLINK_NOFOLLOW, rootfs->place_fd);

	if (mount_fd < 0)
		return refuse(err, "hide", entry);
	return move_to(rootfs, mount_fd, entry, err);
}

static int apply_hide_dir(const struct rootfs *rootfs, const struct mount_entry *entry,
			  struct error *err)
{
	autoclose int mount_fd =
		mount_fd_clone(rootfs->scratch_fd, SCRATCH_EMPTY, 0, rootfs->place_fd);

	if (mount_fd < 0 ||
	    mount_fd_restrict(mount_fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			      0) < 0)
		return refuse(err, "hide", entry);
	return move_to(rootfs, mount_fd, entry, err);
}

static int write_scratch_file(const struct mount_list *list, const struct rootfs *rootfs,
			      const char *name, const struct mount_entry *entry, struct error *err)
{
	/* this process's umask is 0 */
	autoclose int fd = openat(rootfs->scratch_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  entry->mode & 0777);

	if (fd < 0)
		return error_sys(err, "make the content of '/%s'", entry->root_path);
	if (fs_write_all(fd, entry->data, entry->len, err) < 0)
		return error_wrap(err, "'/%s'", entry->root_path);
	return set_owner(list, fd, entry, err);
}

static int apply_file(const struct mount_list *list, const struct rootfs *rootfs,
		      const struct mount_entry *entry, struct stubs *stubs, struct error *err)
{
	struct scratch_name name = scratch_name(list, entry);
	autoclose int target_fd = -1;

	if (open_target(rootfs, entry, stubs, &target_fd, err) < 0)
		return entry->is_optional && err->sys == EROFS ? 0 : -1;
	if (write_scratch_file(list, rootfs, name.text, entry, err) < 0)
		return -1;
	autoclose int mount_fd = mount_fd_clone(rootfs->scratch_fd, name.text, 0, rootfs->place_fd);
	if (mount_fd < 0 || mount_fd_restrict(mount_fd, entry->attributes, 0) < 0 ||
	    mount_fd_attach(mount_fd, target_fd, "") < 0)
		return refuse_kind(entry, target_fd, false, err);
	return 0;
}

/*
 * A part of a mount, looked up as if chrooted in it and mounted by that very descriptor. The whole
 * is attached in the scratch file system first: before Linux 6.15 a detached mount has no parts.
 */
static int clone_part(const struct mount_list *list, const struct rootfs *rootfs,
		      const struct mount_entry *entry, int *ret_fd, struct error *err)
{
	struct scratch_name name = scratch_name(list, entry);
	autoclose int part_fd = -1;

	if (mkdirat(rootfs->scratch_fd, name.text, 0700) < 0 ||
	    mount_fd_attach(entry->fd, rootfs->scratch_fd, name.text) < 0)
		return refuse(err, "prepare the mount at", entry);
	int found = fs_open_in_root(entry->fd, entry->source, O_PATH, 0, &part_fd, err);
	if (found <= 0)
		return found < 0 ? -1
				 : error_set(err, ERROR_NOT_FOUND, "\"/%s\": not found",
					     entry->source);
	int fd = mount_fd_clone(part_fd, "", AT_EMPTY_PATH, rootfs->place_fd);
	if (fd < 0)
		return refuse(err, "clone the mount at", entry);
	*ret_fd = fd;
	return 0;
}

static int apply_attach(const struct mount_list *list, const struct rootfs *rootfs,
			const struct mount_entry *entry, struct stubs *stubs, struct error *err)
{
	autoclose int target_fd = -1, part_fd = -1;

	if (rootfs->place_fd >= 0 && mount_fd_follow(entry->fd, O_PATH) < 0)
		return refuse(err, "find again the mount at", entry);
	if (open_target(rootfs, entry, stubs, &target_fd, err) < 0 ||
	    (entry->source && clone_part(list, rootfs, entry, &part_fd, err) < 0))
		return -1;
	int fd = entry->source ? part_fd : entry->fd;
	if (entry->attributes && mount_fd_restrict(fd, entry->attributes, 0) < 0)
		return refuse(err, "restrict the mount at", entry);
	if (mount_fd_attach(fd, target_fd, "") < 0)
		return refuse_kind(entry, target_fd, is_directory(fd), err);
	return 0;
}

static int apply(const struct mount_list *list, const struct rootfs *rootfs,
		 const struct mount_entry *entry, struct stubs *stubs, struct error *err)
{
	switch (entry->op) {
	case MOUNT_NEW:
		return apply_new(list, rootfs, entry, stubs, err);
	case MOUNT_SCRATCH:
		return apply_scratch(rootfs, entry, stubs, err);
	case MOUNT_LINK:
		return apply_link(rootfs, entry, err);
	case MOUNT_DEVICE:
		if (apply_device(list, rootfs, entry, err) < 0)
			return entry->is_optional && err->code != ERROR_NO_SPACE ? 0 : -1;
		return 0;
	case MOUNT_READONLY:
		return apply_readonly(rootfs, entry, err);
	case MOUNT_HIDE_FILE:
		return apply_hide_file(rootfs, entry, err);
	case MOUNT_HIDE_DIR:
		return apply_hide_dir(rootfs, entry, err);
	case MOUNT_FILE:
		return apply_file(list, rootfs, entry, stubs, err);
	case MOUNT_ATTACH:
		return apply_attach(list, rootfs, entry, stubs, err);
	}
	return error_set(err, ERROR_USAGE, "unknown kind of mount %d", (int)entry->op);
}

int mounts_apply(const struct mount_list *list, const struct rootfs *rootfs, struct stubs *stubs,
		 struct error *err)
{
	if (mkdirat(rootfs->scratch_fd, SCRATCH_EMPTY, 0755) < 0)
		return error_sys(err, "make an empty directory");
	for (size_t i = 0; i < list->len; i++)
		if (apply(list, rootfs, &list->items[i], stubs, err) < 0)
			return -1;
	return 0;
}
