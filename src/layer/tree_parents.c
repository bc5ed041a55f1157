/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_parents.h"

#include "tree_marks.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SYMLINKS_MAX = 40, PATH_SIZE_MAX = 2 * UNPACK_PATH_MAX };

/* A path on its way to existing. */
struct way {
	struct tree *tree;
	const struct timespec *mtime;
	char *path;
	unsigned n_symlinks;
};

static int open_dir(const struct tree *tree, const char *path, int *ret_fd, struct error *err)
{
	return fs_open_in_root(tree->root_fd, path, O_RDONLY | O_DIRECTORY, 0, ret_fd, err);
}

/* What the layers below have for a directory that this one only passes through. */
static int find_meta_below(const struct tree *tree, const char *path, struct tree_meta *meta,
			   struct error *err)
{
	const struct unpack_options *options = tree->options;
	autoclose int fd = -1;
	struct stat st;

	if (!options->open_below)
		return 0;
	int found = options->open_below(options->open_below_context, path, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at '%s' in the layers below", path);
	if (tree_read_record(tree, fd, &st, err) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		*meta = (struct tree_meta){ .mode = st.st_mode & 07777,
					    .uid = st.st_uid,
					    .gid = st.st_gid,
					    .mtime = st.st_mtim };
	return 0;
}

/* The path without what symlinks on the way have put into it: what it is called beneath. */
static int find_beneath(const struct way *way, const char *path, struct fs_entry *entry,
			struct error *err)
{
	const struct unpack_options *options = way->tree->options;
	autofree char *cleaned = path_clean(path);

	if (!options->find_beneath)
		return 0;
	return options->find_beneath(options->find_beneath_context, cleaned, entry, err);
}

static int copy_symlink(const struct tree *tree, int dir_fd, const char *name,
			const struct fs_entry *entry, struct error *err)
{
	struct timespec time = { .tv_sec = (time_t)entry->mtime, .tv_nsec = entry->mtime_nsec };
	struct timespec times[2] = { time, time };

	if (symlinkat(entry->target, dir_fd, name) < 0)
		return error_sys(err, "make symlink '%s'", name);
	if (tree_set_owner(tree, dir_fd, name, entry->uid, entry->gid, err) < 0)
		return -1;
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the time of symlink '%s'", name);
	return 0;
}

static struct tree_meta meta_of(const struct fs_entry *entry)
{
	return (struct tree_meta){ .mode = entry->mode,
				   .uid = entry->uid,
				   .gid = entry->gid,
				   .mtime = { .tv_sec = (time_t)entry->mtime,
					      .tv_nsec = entry->mtime_nsec } };
}

/*
 * Makes `name` in dir_fd; its path from the root is way->path up to `len`. In place of a whiteout
 * (deleted and made again) it goes on hiding what the layers below have there.
 */
static int make_missing(struct way *way, int dir_fd, const char *name, size_t len,
			bool replaces_whiteout, const struct fs_entry *beneath, struct error *err)
{
	struct tree *tree = way->tree;
	struct tree_meta meta = { .mode = 0755, .mtime = *way->mtime };
	autofree char *path = xstrndup(way->path, len);
	struct stat st;

	if (beneath)
		meta = meta_of(beneath);
	/* behind a symlink the path is not the directory's own name any more */
	if (!way->n_symlinks && find_meta_below(tree, path, &meta, err) < 0)
		return -1;
	if (fstat(dir_fd, &st) < 0)
		return error_sys(err, "look at the directory of '%s'", path);
	if (replaces_whiteout && unlinkat(dir_fd, name, 0) < 0)
		return error_sys(err, "remove whiteout '%s'", path);
	if (mkdirat(dir_fd, name, 0700) < 0)
		return error_sys(err, "make directory '%s'", path);
	autoclose int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory '%s'", path);
	int was_gone = tree_take_mark(tree, dir_fd, name, err);
	if (was_gone < 0 ||
	    ((replaces_whiteout || was_gone) && tree_mark_opaque(tree, fd, err) < 0))
		return -1;
	if (tree_set_dir_meta(tree, fd, path, &meta, err) < 0)
		return -1;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, st.st_mtim };
	return futimens(dir_fd, times) < 0 ? error_sys(err, "set the time above '%s'", path) : 0;
}

/* The path leads on through the symlink's text: from the root, or from where the link is. */
static int follow(struct way *way, int dir_fd, const char *name, size_t start, size_t end,
		  struct error *err)
{
	char target[UNPACK_PATH_MAX];

	if (++way->n_symlinks > SYMLINKS_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d symlinks on the way to '%.200s'",
				 SYMLINKS_MAX, way->path);
	ssize_t len = readlinkat(dir_fd, name, target, sizeof(target) - 1);
	if (len < 0)
		return error_sys(err, "read symlink '%s'", name);
	target[len] = '\0';
	if (start + (size_t)len + strlen(way->path + end) + 2 > PATH_SIZE_MAX)
		return error_set(err, ERROR_CORRUPT, "the path behind symlink '%s' is too long",
				 name);
	char *path = xasprintf("%.*s%s%s", target[0] == '/' ? 0 : (int)start, way->path, target,
			       way->path + end);
	free(way->path);
	way->path = path;
	return 0;
}

/* What is missing here may stand beneath. 1: look again. */
static int make_as_beneath(struct way *way, int dir_fd, const char *name, size_t start, size_t end,
			   struct error *err)
{
	autofree char *path = xstrndup(way->path, end);
	struct fs_entry beneath = { 0 };
	int found = find_beneath(way, path, &beneath, err);

	if (found < 0)
		return -1;
	if (!found || beneath.type == FS_DIR)
		return make_missing(way, dir_fd, name, end, false, found ? &beneath : NULL, err);
	if (beneath.type != FS_SYMLINK)
		return error_set(err, ERROR_CORRUPT, "'%s' is no directory", path);
	if (copy_symlink(way->tree, dir_fd, name, &beneath, err) < 0)
		return -1;
	return follow(way, dir_fd, name, start, end, err) < 0 ? -1 : 1;
}

/* What stands in the way at way->path[start..end), in a directory that exists. 1: look again. */
static int clear_way(struct way *way, int dir_fd, size_t start, size_t end, struct error *err)
{
	autofree char *name = xstrndup(way->path + start, end - start);
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return error_sys(err, "look at '%s'", name);
		return make_as_beneath(way, dir_fd, name, start, end, err);
	}
	if (S_ISLNK(st.st_mode))
		return follow(way, dir_fd, name, start, end, err) < 0 ? -1 : 1;
	if (way->tree->options->mode != UNPACK_OVERLAY_LOWER || !tree_is_whiteout(&st))
		return error_set(err, ERROR_CORRUPT, "'%.*s' is no directory", (int)end, way->path);
	return make_missing(way, dir_fd, name, end, true, NULL, err);
}

/* Walks to the first component that is no directory and does something about it. */
static int walk(struct way *way, struct error *err)
{
	autoclose int dir_fd = -1;
	size_t start = 0;

	if (open_dir(way->tree, "", &dir_fd, err) <= 0)
		return error_wrap(err, "root");
	while (way->path[start]) {
		size_t end = start + strcspn(way->path + start, "/");
		autofree char *prefix = xstrndup(way->path, end);
		autoclose int fd = -1;
		int found = end == start ? 1 : open_dir(way->tree, prefix, &fd, err);
		if (found < 0)
			return -1;
		if (!found) {
			int answer = clear_way(way, dir_fd, start, end, err);
			if (answer)
				return answer < 0 ? -1 : 0;
			continue;
		}
		if (fd >= 0) {
			(void)close(dir_fd);
			dir_fd = take_fd(&fd);
		}
		start = way->path[end] ? end + 1 : end;
	}
	return 0;
}

int tree_open_parents(struct tree *tree, const char *dir_path, const struct timespec *mtime,
		      int *ret_fd, struct error *err)
{
	int found = open_dir(tree, dir_path, ret_fd, err);

	if (found)
		return found < 0 ? -1 : 0;
	struct way way = { .tree = tree, .mtime = mtime, .path = xstrdup(dir_path) };
	/* each walk follows one dangling symlink, or makes all that is missing */
	for (unsigned i = 0; !found && i <= SYMLINKS_MAX + 1; i++) {
		if (walk(&way, err) < 0) {
			found = -1;
			break;
		}
		found = open_dir(tree, way.path, ret_fd, err);
	}
	if (!found)
		(void)error_set(err, ERROR_CORRUPT, "'%.200s' cannot be made", dir_path);
	free(way.path);
	return found > 0 ? 0 : -1;
}
