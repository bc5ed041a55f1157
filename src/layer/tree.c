/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "tree_marks.h"
#include "tree_parents.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/fs_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Without more than these bits nothing can be made in a directory, unless one is root. */
enum { USABLE_MODE = 0700, LATE_MODES_SIZE_MAX = 8 * 1024 * 1024 };

struct late_mode {
	dev_t dev;
	ino_t ino;
	mode_t mode;
	uint32_t path_len; /* with its NUL */
};

void tree_init(struct tree *tree, int root_fd, const struct unpack_options *options)
{
	*tree = (struct tree){ .root_fd = root_fd,
			       .options = options,
			       .fd = -1,
			       .path = BUF_INIT,
			       .modes = BUF_INIT };
}

void tree_release(struct tree *tree)
{
	if (tree->fd >= 0)
		(void)close(tree->fd);
	tree->fd = -1;
	buf_release(&tree->path);
	buf_release(&tree->modes);
}

int tree_leave(struct tree *tree, struct error *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, tree->time };

	if (tree->fd < 0)
		return 0;
	int result = futimens(tree->fd, times);
	if (result < 0)
		(void)error_sys(err, "set the time of directory '%s'", tree->path.data);
	(void)close(tree->fd);
	tree->fd = -1;
	return result;
}

int tree_enter(struct tree *tree, const char *dir_path, const struct timespec *mtime,
	       struct error *err)
{
	struct stat st;

	if (tree->fd >= 0 && !tree->is_stale && strcmp(tree->path.data, dir_path) == 0)
		return 0;
	if (tree_leave(tree, err) < 0)
		return -1;
	autoclose int fd = -1;
	if (tree_open_parents(tree, dir_path, mtime, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at directory '%s'", dir_path);
	tree->fd = take_fd(&fd);
	tree->time = st.st_mtim;
	tree->is_stale = false;
	buf_clear(&tree->path);
	buf_add_text(&tree->path, dir_path);
	return 0;
}

int tree_clear(struct tree *tree, const char *name, struct error *err)
{
	tree->is_stale = true;
	return fs_remove_tree(tree->fd, name, err);
}

int tree_find(const struct tree *tree, const char *name, struct stat *ret_st, struct error *err)
{
	if (fstatat(tree->fd, name, ret_st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_sys(err, "look at '%s'", name);
}

bool tree_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/*
 * In place of something that was no directory: that hid what the layers below have under this
 * name, and a directory must go on hiding it.
 */
static int replace_by_dir(struct tree *tree, const char *name, bool *is_opaque, struct error *err)
{
	struct stat st;

	int found = tree_find(tree, name, &st, err);
	if (found < 0)
		return -1;
	if (found && S_ISDIR(st.st_mode))
		return 0;
	if (found && tree_clear(tree, name, err) < 0)
		return -1;
	*is_opaque = found && tree->options->mode == UNPACK_OVERLAY_LOWER;
	if (mkdirat(tree->fd, name, USABLE_MODE) < 0)
		return error_sys(err, "make directory '%s'", name);
	return 0;
}

int tree_make_dir(struct tree *tree, const char *name, int *ret_fd, struct error *err)
{
	bool is_opaque = false;

	if (mkdirat(tree->fd, name, USABLE_MODE) < 0) {
		if (errno != EEXIST)
			return error_sys(err, "make directory '%s'", name);
		if (replace_by_dir(tree, name, &is_opaque, err) < 0)
			return -1;
	}
	autoclose int fd = openat(tree->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory '%s'", name);
	int was_gone = tree_take_mark(tree, tree->fd, name, err);
	if (was_gone < 0 || ((is_opaque || was_gone) && tree_mark_opaque(tree, fd, err) < 0))
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The directory may have been replaced, and its path may lead elsewhere: only that very one. */
static int set_late_mode(struct tree *tree, const struct late_mode *late, const char *path,
			 struct error *err)
{
	autoclose int fd = -1;
	struct stat st;

	int found = fs_open_in_root(tree->root_fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at directory '%s'", path);
	if (st.st_ino == late->ino && st.st_dev == late->dev && fchmod(fd, late->mode) < 0)
		return error_sys(err, "set the mode of directory '%s'", path);
	return 0;
}

/* Last first, so that none is behind one that locks us out. */
static int set_late_modes(struct tree *tree, struct error *err)
{
	size_t end = tree->modes.len;

	while (end) {
		struct late_mode late;
		memcpy(&late, tree->modes.data + end - sizeof(late), sizeof(late));
		const char *path = tree->modes.data + end - sizeof(late) - late.path_len;
		if (set_late_mode(tree, &late, path, err) < 0)
			return -1;
		end -= sizeof(late) + late.path_len;
	}
	buf_clear(&tree->modes);
	return 0;
}

static int add_late_mode(struct tree *tree, int fd, const char *path, mode_t mode,
			 struct error *err)
{
	struct late_mode late = { .mode = mode, .path_len = (uint32_t)strlen(path) + 1 };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at directory '%s'", path);
	late.dev = st.st_dev;
	late.ino = st.st_ino;
	/* a layer with so many of them waits for no end: memory is bounded */
	if (tree->modes.len > LATE_MODES_SIZE_MAX && set_late_modes(tree, err) < 0)
		return -1;
	buf_add(&tree->modes, path, late.path_len);
	buf_add(&tree->modes, &late, sizeof(late));
	return 0;
}

int tree_set_owner(const struct tree *tree, int fd, const char *name, uint32_t uid, uint32_t gid,
		   struct error *err)
{
	const struct unpack_options *options = tree->options;

	if (options->has_records)
		return name ? fs_record_write_link(fd, name, uid, gid, err) : 0;
	if (options->set_owner)
		return options->set_owner(options->set_owner_context, fd, name, uid, gid, err);
	if (options->has_recorded_owners)
		return fs_owner_set(true, fd, name, uid, gid, err);
	int result =
		name ? fchownat(fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) : fchown(fd, uid, gid);
	return result < 0 ? fs_owner_refuse(uid, gid, err) : 0;
}

int tree_set_dir_meta(struct tree *tree, int fd, const char *path, const struct tree_meta *meta,
		      struct error *err)
{
	struct timespec times[2] = { meta->mtime, meta->mtime };
	bool is_late = (meta->mode & USABLE_MODE) != USABLE_MODE;

	if (tree->options->has_records) {
		if (tree_record(fd, S_IFDIR, meta, 0, 0, err) < 0)
			return error_wrap(err, "directory '%s'", path);
		return futimens(fd, times) < 0
			       ? error_sys(err, "set the time of directory '%s'", path)
			       : 0;
	}
	if (tree_set_owner(tree, fd, NULL, meta->uid, meta->gid, err) < 0)
		return error_wrap(err, "directory '%s'", path);
	if (fchmod(fd, meta->mode | USABLE_MODE) < 0)
		return error_sys(err, "set the mode of directory '%s'", path);
	if (is_late && add_late_mode(tree, fd, path, meta->mode, err) < 0)
		return -1;
	if (futimens(fd, times) < 0)
		return error_sys(err, "set the time of directory '%s'", path);
	return 0;
}

int tree_finish(struct tree *tree, struct error *err)
{
	if (tree_leave(tree, err) < 0)
		return -1;
	return set_late_modes(tree, err);
}
