/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree that somebody else made may be deeper than there are descriptors or stack: the way down is
 * kept in memory, one directory is open at a time, and the way up is "..", which must lead to where
 * we came from.
 */
#include "base/confined_open.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/strv.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/* A directory on the way: everything in it is gone but these. */
struct level {
	dev_t dev;
	ino_t inode;
	struct strv subdirs;
	size_t next;
};

struct removal {
	int fd; /* of the deepest level */
	VEC(struct level) levels;
};

static void removal_release(struct removal *removal)
{
	for (size_t i = 0; i < removal->levels.len; i++)
		strv_release(&removal->levels.items[i].subdirs);
	vec_release(&removal->levels);
	if (removal->fd >= 0)
		(void)close(removal->fd);
}
DEFINE_RELEASE(struct removal, removal_release);

static int open_subdir(int dir_fd, const char *name)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int fd = confined_open(dir_fd, name, &how);

	if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) == 0)
		fd = confined_open(dir_fd, name, &how);
	return fd;
}

/* 1 gone, 0 it is a directory. */
static int remove_file(int dir_fd, const char *name, struct error *err)
{
	int result = unlinkat(dir_fd, name, 0);

	/* a directory of ours that does not let itself be written to */
	if (result < 0 && errno == EACCES && fchmod(dir_fd, 0700) == 0)
		result = unlinkat(dir_fd, name, 0);
	if (result == 0 || errno == ENOENT)
		return 1;
	/* POSIX has EPERM for a directory */
	if (errno == EISDIR || errno == EPERM)
		return 0;
	return error_sys(err, "remove '%s'", name);
}

static int remove_dir(int dir_fd, const char *name, struct error *err)
{
	int result = unlinkat(dir_fd, name, AT_REMOVEDIR);

	if (result < 0 && errno == EACCES && fchmod(dir_fd, 0700) == 0)
		result = unlinkat(dir_fd, name, AT_REMOVEDIR);
	if (result < 0 && errno != ENOENT)
		return error_sys(err, "remove directory '%s'", name);
	return 0;
}

static int empty_level(int fd, struct level *level, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	reader.fd = -1;
	if (dir_reader_open(fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		int is_gone = type == DT_DIR ? 0 : remove_file(fd, name, err);
		if (is_gone < 0)
			return -1;
		if (!is_gone)
			strv_add(&level->subdirs, name);
	}
	return more;
}

/* Takes the descriptor over. */
static int enter(struct removal *removal, int fd, struct error *err)
{
	struct level level = { .subdirs = STRV_INIT };
	struct stat st;

	if (removal->fd >= 0)
		(void)close(removal->fd);
	removal->fd = fd;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "directory");
	level.dev = st.st_dev;
	level.inode = st.st_ino;
	vec_push(&removal->levels, level);
	return empty_level(fd, &removal->levels.items[removal->levels.len - 1], err);
}

static int go_up(struct removal *removal, struct error *err)
{
	struct level *above = &removal->levels.items[removal->levels.len - 2];
	struct stat st;
	int fd = openat(removal->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open parent directory");
	(void)close(removal->fd);
	removal->fd = fd;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "parent directory");
	if (st.st_dev != above->dev || st.st_ino != above->inode)
		return error_set(err, ERROR_CHANGED,
				 "directory was moved away while it was being removed");
	strv_release(&removal->levels.items[--removal->levels.len].subdirs);
	return remove_dir(fd, above->subdirs.items[above->next - 1], err);
}

static int remove_below(struct removal *removal, struct error *err)
{
	for (;;) {
		struct level *level = &removal->levels.items[removal->levels.len - 1];
		if (level->next == level->subdirs.len) {
			if (removal->levels.len == 1)
				return 0;
			if (go_up(removal, err) < 0)
				return -1;
			continue;
		}
		const char *name = level->subdirs.items[level->next++];
		int fd = open_subdir(removal->fd, name);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return error_sys(err, "remove directory '%s'", name);
		if (enter(removal, fd, err) < 0)
			return error_wrap(err, "%s", name);
	}
}

int fs_remove_tree(int dir_fd, const char *name, struct error *err)
{
	cleanup(removal_release) struct removal removal = { .fd = -1 };

	int is_gone = remove_file(dir_fd, name, err);
	if (is_gone)
		return is_gone < 0 ? -1 : 0;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	int fd = open_subdir(dir_fd, name);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, "remove directory '%s'", name);
	if (enter(&removal, fd, err) < 0 || remove_below(&removal, err) < 0)
		return error_wrap(err, "%s", name);
	return remove_dir(dir_fd, name, err);
}
