/* SPDX-License-Identifier: Apache-2.0 */
/* The flattened root file systems of a set of images, as files. */
#include "forest.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 256 * 1024 };

/* The directory that holds `path` below the destination, opened without following anything. */
static int open_parent(int dir_fd, const char *path, int *ret_fd, struct error *err)
{
	autofree char *parent = path_parent(path);
	int found = fs_open_beneath(dir_fd, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, ret_fd,
				    err);

	if (found == 0)
		return error_set(err, ERROR_SYSTEM, "'%s' is in the way", parent);
	return found < 0 ? -1 : 0;
}

static int write_file(const struct tree *tree, const struct fs_entry *entry, int parent_fd,
		      const char *name, struct error *err)
{
	autofree char *block = xmalloc(BLOCK);
	autoclose int in_fd = -1;

	if (snapshot_view_open_file(tree->view, entry->path + strlen(tree->folder), &in_fd, err) <=
	    0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away", entry->path);
	autoclose int out_fd =
		openat(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out_fd < 0)
		return error_sys(err, "create '%s'", entry->path);
	for (size_t n = 1; n;)
		if (fs_read_full(in_fd, block, BLOCK, &n, err) < 0 ||
		    fs_write_all(out_fd, block, n, err) < 0)
			return error_wrap(err, "'%s'", entry->path);
	if (fchmod(out_fd, entry->mode) < 0)
		return error_sys(err, "mode of '%s'", entry->path);
	return 0;
}

static int write_dir(int parent_fd, const char *name, const struct fs_entry *entry,
		     struct error *err)
{
	struct stat st;

	if (mkdirat(parent_fd, name, 0755) == 0)
		return 0;
	if (errno != EEXIST || fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "make directory '%s'", entry->path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_SYSTEM, "'%s' is there and no directory", entry->path);
	return 0;
}

static int write_link(int dir_fd, int parent_fd, const char *name, const struct fs_entry *entry,
		      struct error *err)
{
	if (entry->type == FS_SYMLINK && symlinkat(entry->target, parent_fd, name) < 0)
		return error_sys(err, "link '%s'", entry->path);
	if (entry->type == FS_HARDLINK && linkat(dir_fd, entry->target, parent_fd, name, 0) < 0)
		return error_sys(err, "link '%s'", entry->path);
	return 0;
}

static int write_node(int parent_fd, const char *name, const struct fs_entry *entry,
		      struct error *err)
{
	mode_t type = entry->type == FS_FIFO	      ? S_IFIFO
		      : entry->type == FS_CHAR_DEVICE ? S_IFCHR
						      : S_IFBLK;
	if (mknodat(parent_fd, name, type | entry->mode,
		    (dev_t)((uint64_t)entry->dev_major << 8 | entry->dev_minor)) < 0)
		return error_sys(err, "make '%s'", entry->path);
	return 0;
}

static int write_entry(const struct tree *tree, int dir_fd, const struct fs_entry *entry,
		       struct error *err)
{
	autoclose int parent_fd = -1;
	const char *name = path_base_name(entry->path);

	if (open_parent(dir_fd, entry->path, &parent_fd, err) < 0)
		return -1;
	if (entry->type == FS_DIR)
		return write_dir(parent_fd, name, entry, err);
	if (unlinkat(parent_fd, name, 0) < 0 && errno != ENOENT)
		return error_sys(err, "replace '%s'", entry->path);
	int result = entry->type == FS_FILE ? write_file(tree, entry, parent_fd, name, err)
		     : entry->type == FS_SYMLINK || entry->type == FS_HARDLINK
			     ? write_link(dir_fd, parent_fd, name, entry, err)
			     : write_node(parent_fd, name, entry, err);
	return result;
}

/* Backwards, so that a directory's mode and time are set after everything in it is there. */
static int finish_entries(const struct tree *tree, int dir_fd, struct error *err)
{
	for (size_t i = tree->entries.len; i-- > 0;) {
		const struct fs_entry *entry = &tree->entries.items[i];
		autoclose int parent_fd = -1;
		struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
					     { .tv_sec = entry->mtime,
					       .tv_nsec = (long)entry->mtime_nsec } };
		const char *name = path_base_name(entry->path);
		if (open_parent(dir_fd, entry->path, &parent_fd, err) < 0)
			return -1;
		if (entry->type == FS_DIR && fchmodat(parent_fd, name, entry->mode, 0) < 0)
			return error_sys(err, "mode of '%s'", entry->path);
		if (utimensat(parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
			return error_sys(err, "time of '%s'", entry->path);
	}
	return 0;
}

int export_tree_dir(const struct image_env *env, const struct tree_options *options,
		    const char *host_path, struct job_channel *channel, struct error *err)
{
	cleanup(forest_release) struct forest forest = { 0 };
	autoclose int dir_fd = -1;

	if (fs_make_dirs(AT_FDCWD, host_path, 0755, err) < 0)
		return -1;
	if (forest_read(env, options, channel, &forest, err) < 0 ||
	    fs_open_dir(host_path, false, &dir_fd, err) < 0)
		return -1;
	for (size_t i = 0; i < forest.len; i++) {
		const struct tree *tree = &forest.trees[i];
		for (size_t k = 0; k < tree->entries.len; k++)
			if (write_entry(tree, dir_fd, &tree->entries.items[k], err) < 0)
				return -1;
		if (finish_entries(tree, dir_fd, err) < 0)
			return -1;
	}
	return 0;
}
