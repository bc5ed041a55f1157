/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_copy.h"

#include "view_state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_copy.h"
#include "base/fs_owner.h"
#include "base/path.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

enum { NAMES_MAX = 64 * 1024, VALUE_MAX = 64 * 1024 };

struct late_time {
	char *path;
	struct timespec time;
};

struct copying {
	struct snapshot_view *view;
	int root_fd;
	struct map *dirs;
	struct buf parent; /* the open directory's path */
	int parent_fd;
	struct map links; /* "device:inode" -> path of the first name, which the map frees not */
	VEC(char *) first_names;
	VEC(struct late_time) times; /* of directories, set when nothing more is made in them */
};

static void copying_release(struct copying *copying)
{
	for (size_t i = 0; i < copying->first_names.len; i++)
		free(copying->first_names.items[i]);
	for (size_t i = 0; i < copying->times.len; i++)
		free(copying->times.items[i].path);
	vec_release(&copying->first_names);
	vec_release(&copying->times);
	map_release(&copying->links);
	buf_release(&copying->parent);
	close_fd_at(&copying->parent_fd);
}
DEFINE_RELEASE(struct copying, copying_release);

static int open_below(int root_fd, const char *path, int *ret_fd, struct error *err)
{
	int found = fs_open_beneath(root_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd,
				    err);

	if (found == 0)
		return error_set(err, ERROR_CHANGED, "directory '/%s' went away", path);
	return found < 0 ? -1 : 0;
}

static int enter_parent(struct copying *copying, const char *path, struct error *err)
{
	autofree char *parent = path_parent(path);
	int fd = -1;

	if (copying->parent_fd >= 0 && strcmp(parent, copying->parent.data) == 0)
		return 0;
	if (open_below(copying->root_fd, parent, &fd, err) < 0)
		return -1;
	close_fd_at(&copying->parent_fd);
	copying->parent_fd = fd;
	buf_clear(&copying->parent);
	buf_add_text(&copying->parent, parent);
	return 0;
}

/* --- what a file or directory has besides its content -------------------------------------------
 */

static bool is_ours(const char *name)
{
	return !text_has_prefix(name, "user.") || text_has_prefix(name, "user.overlay.") ||
	       text_has_prefix(name, "user.cbuild.");
}

static int copy_attribute(int from_fd, int to_fd, const char *name, struct error *err)
{
	autofree char *value = xmalloc(VALUE_MAX);
	ssize_t len = fgetxattr(from_fd, name, value, VALUE_MAX);

	if (len < 0)
		return errno == ENODATA ? 0 : error_sys(err, "read attribute '%s'", name);
	/* no layer needs user attributes, and not every file system has them */
	if (fsetxattr(to_fd, name, value, (size_t)len, 0) < 0 && errno != ENOTSUP &&
	    errno != ENOSPC && errno != E2BIG)
		return error_sys(err, "set attribute '%s'", name);
	return 0;
}

static int copy_attributes(int from_fd, int to_fd, struct error *err)
{
	ssize_t size = flistxattr(from_fd, NULL, 0);

	if (size <= 0)
		return size < 0 && errno != ENOTSUP ? error_sys(err, "list attributes") : 0;
	autofree char *names = xmalloc(NAMES_MAX);
	size = flistxattr(from_fd, names, NAMES_MAX);
	if (size < 0)
		return error_sys(err, "list attributes");
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (!is_ours(name) && copy_attribute(from_fd, to_fd, name, err) < 0)
			return -1;
	return 0;
}

static bool is_device(const struct fs_entry *entry)
{
	return entry->type == FS_CHAR_DEVICE || entry->type == FS_BLOCK_DEVICE;
}

/* Where owners are recorded a device is a plain file, too. */
static int record_owner(int fd, const char *name, const struct fs_entry *entry, struct error *err)
{
	struct fs_owner owner = { .uid = entry->uid, .gid = entry->gid };
	mode_t mode = S_IFREG;

	if (is_device(entry)) {
		owner.device_type = entry->type == FS_CHAR_DEVICE ? S_IFCHR : S_IFBLK;
		owner.dev_major = entry->dev_major;
		owner.dev_minor = entry->dev_minor;
	} else if (entry->type == FS_SYMLINK) {
		mode = S_IFLNK;
	} else if (entry->type == FS_FIFO) {
		mode = S_IFIFO;
	} else if (entry->type == FS_SOCKET) {
		mode = S_IFSOCK;
	}
	return fs_owner_write(fd, name, mode, &owner, err);
}

static int set_owner(const struct copying *copying, int fd, const char *name,
		     const struct fs_entry *entry, struct error *err)
{
	if (copying->view->layers.format->has_recorded_owners)
		return record_owner(fd, name, entry, err);
	int result = name ? fchownat(fd, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW)
			  : fchown(fd, entry->uid, entry->gid);
	return result < 0 ? fs_owner_refuse(entry->uid, entry->gid, err) : 0;
}

static int make_node(const struct copying *copying, int dir_fd, const char *name,
		     const struct fs_entry *entry)
{
	if (copying->view->layers.format->has_recorded_owners && is_device(entry))
		return mknodat(dir_fd, name, S_IFREG | 0600, 0);
	return fs_entry_make_node(dir_fd, name, entry);
}

/* In this order: a new owner takes set-id bits and capabilities away. */
static int set_meta(const struct copying *copying, int fd, const struct fs_entry *entry,
		    struct error *err)
{
	if (set_owner(copying, fd, NULL, entry, err) < 0)
		return -1;
	if (fchmod(fd, entry->mode) < 0)
		return error_sys(err, "set the mode");
	if (entry->capability_len &&
	    fsetxattr(fd, "security.capability", entry->capability, entry->capability_len, 0) < 0)
		return error_sys(err, "set the file capability");
	return 0;
}

static struct timespec time_of(const struct fs_entry *entry)
{
	return (struct timespec){ .tv_sec = entry->mtime, .tv_nsec = (long)entry->mtime_nsec };
}

/* --- the kinds of entries -----------------------------------------------------------------------
 */

static int copy_dir(struct copying *copying, const struct fs_entry *entry, const char *name,
		    struct error *err)
{
	struct stat st;
	char inode[24];

	if (mkdirat(copying->parent_fd, name, 0700) < 0)
		return error_sys(err, "make directory");
	autoclose int from_fd = -1, fd = openat(copying->parent_fd, name,
						O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory");
	int found = snapshot_view_open_file(copying->view, entry->path, &from_fd, err);
	if (found < 0 || (found && copy_attributes(from_fd, fd, err) < 0) ||
	    set_meta(copying, fd, entry, err) < 0)
		return -1;
	vec_push(&copying->times,
		 ((struct late_time){ .path = xstrdup(entry->path), .time = time_of(entry) }));
	if (!copying->dirs)
		return 0;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at directory");
	(void)snprintf(inode, sizeof(inode), "%llx", (unsigned long long)st.st_ino);
	free(map_set(copying->dirs, inode, xstrdup(entry->path)));
	return 0;
}

static int copy_file(struct copying *copying, const struct fs_entry *entry, const char *name,
		     struct error *err)
{
	struct timespec times[2] = { time_of(entry), time_of(entry) };
	autoclose int from_fd = -1;

	int found = snapshot_view_open_file(copying->view, entry->path, &from_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CHANGED, "it went away");
	autoclose int fd = openat(copying->parent_fd, name,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, "create");
	if ((entry->size && fs_copy_content(from_fd, fd, err) < 0) ||
	    copy_attributes(from_fd, fd, err) < 0 || set_meta(copying, fd, entry, err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? error_sys(err, "set the time") : 0;
}

static int copy_node(struct copying *copying, const struct fs_entry *entry, const char *name,
		     struct error *err)
{
	struct timespec times[2] = { time_of(entry), time_of(entry) };
	int dir_fd = copying->parent_fd;

	if (make_node(copying, dir_fd, name, entry) < 0)
		return error_sys(err, "make node");
	if (set_owner(copying, dir_fd, name, entry, err) < 0)
		return -1;
	if (entry->type != FS_SYMLINK &&
	    fchmodat(dir_fd, name, entry->mode, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the mode");
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the time");
	return 0;
}

/* 1 it is another name of what was copied already, 0 not. */
static int link_to_first(struct copying *copying, const struct fs_entry *entry, const char *name,
			 uint64_t dev, uint64_t inode, struct error *err)
{
	char key[48];
	autoclose int dir_fd = -1;

	if (entry->type == FS_DIR)
		return 0;
	(void)snprintf(key, sizeof(key), "%llx:%llx", (unsigned long long)dev,
		       (unsigned long long)inode);
	const char *first = map_get(&copying->links, key);
	if (!first) {
		char *path = xstrdup(entry->path);
		vec_push(&copying->first_names, path);
		(void)map_set(&copying->links, key, path);
		return 0;
	}
	autofree char *parent = path_parent(first);
	if (open_below(copying->root_fd, parent, &dir_fd, err) < 0)
		return -1;
	if (linkat(dir_fd, path_base_name(first), copying->parent_fd, name, 0) < 0)
		return error_sys(err, "make hard link to '/%s'", first);
	return 1;
}

static int copy_entry(struct copying *copying, const struct fs_entry *entry, uint64_t dev,
		      uint64_t inode, struct error *err)
{
	const char *name = path_base_name(entry->path);

	if (enter_parent(copying, entry->path, err) < 0)
		return -1;
	int linked = link_to_first(copying, entry, name, dev, inode, err);
	if (linked)
		return linked < 0 ? -1 : 0;
	if (entry->type == FS_DIR)
		return copy_dir(copying, entry, name, err);
	if (entry->type == FS_FILE)
		return copy_file(copying, entry, name, err);
	return copy_node(copying, entry, name, err);
}

static int visit(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		 struct error *err)
{
	if (!*entry->path)
		return 0;
	if (copy_entry(context, entry, dev, inode, err) < 0)
		return error_wrap(err, "copy '/%s'", entry->path);
	return 0;
}

static int set_late_times(struct copying *copying, struct error *err)
{
	for (size_t i = copying->times.len; i-- > 0;) {
		const struct late_time *late = &copying->times.items[i];
		const struct timespec times[2] = { late->time, late->time };
		autoclose int fd = -1;
		if (open_below(copying->root_fd, late->path, &fd, err) < 0)
			return -1;
		if (futimens(fd, times) < 0)
			return error_sys(err, "set the time of '/%s'", late->path);
	}
	return 0;
}

int tree_copy(struct snapshot_view *view, int to_fd, struct map *dirs, struct error *err)
{
	cleanup(copying_release) struct copying copying = {
		.view = view, .root_fd = to_fd, .dirs = dirs, .parent = BUF_INIT, .parent_fd = -1
	};

	if (snapshot_view_walk(view, "", visit, &copying, err) < 0)
		return -1;
	return set_late_times(&copying, err);
}
