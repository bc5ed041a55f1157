/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_clock.h"
#include "copy_memory.h"
#include "format.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "base/trace.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { CLOCK_STEP_NS = 50 * 1000 * 1000 };

/* A directory on the way down. */
struct level {
	struct strv names; /* sorted */
	size_t next, path_len;
	struct stat before;
	bool is_known; /* it is the one that was put here */
};

struct reduction {
	const struct copy_memory *memory;
	int root_fd;
	struct snapshot_view *below;
	struct buf path;
	bool is_trusted;
	struct map links; /* inodes of several names that were not touched: one name is removed */
	VEC(struct level) levels;
};

static void reduction_release(struct reduction *reduction)
{
	for (size_t i = 0; i < reduction->levels.len; i++)
		strv_release(&reduction->levels.items[i].names);
	vec_release(&reduction->levels);
	map_release(&reduction->links);
	buf_release(&reduction->path);
}
DEFINE_RELEASE(struct reduction, reduction_release);

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

static bool is_untouched(const struct reduction *reduction, const struct stat *st)
{
	const struct copy_memory *memory = reduction->memory;

	return reduction->is_trusted && !is_before(st->st_ctim, memory->first) &&
	       !is_before(memory->last, st->st_ctim);
}

/* Removing one name of a file changes the time of all others. */
static bool is_untouched_file(struct reduction *reduction, const struct stat *st)
{
	char inode[24];

	(void)snprintf(inode, sizeof(inode), "%llx", (unsigned long long)st->st_ino);
	if (map_has(&reduction->links, inode))
		return true;
	if (!is_untouched(reduction, st))
		return false;
	if (st->st_nlink > 1)
		(void)map_set(&reduction->links, inode, reduction);
	return true;
}

static int open_dir(const struct reduction *reduction, int *ret_fd, struct error *err)
{
	const char *path = reduction->path.len ? reduction->path.data : ".";
	int found =
		fs_open_beneath(reduction->root_fd, path, O_RDONLY | O_DIRECTORY, 0, ret_fd, err);

	if (found == 0)
		return error_set(err, ERROR_CHANGED, "directory '/%s' went away", path);
	return found < 0 ? -1 : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(int dir_fd, struct strv *names, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	reader.fd = -1;
	if (dir_reader_open(dir_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		if (text_has_prefix(name, MARK_PREFIX))
			return error_set(err, ERROR_UNSUPPORTED,
					 "a step that makes a file named '%s' is not supported yet "
					 "where the store cannot have overlays: the name means a "
					 "deletion in layers",
					 name);
		strv_add(names, name);
	}
	if (names->len)
		qsort(names->items, names->len, sizeof(*names->items), compare_names);
	return more;
}

/* --- marks --------------------------------------------------------------------------------------
 */

static int make_mark(int dir_fd, const char *name, struct error *err)
{
	if (mknodat(dir_fd, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return error_sys(err, "make mark '%s'", name);
	return 0;
}

static int mark_gone(const struct reduction *reduction, int dir_fd, const struct strv *names,
		     struct error *err)
{
	cleanup(strv_release) struct strv below = STRV_INIT;
	size_t at = 0;

	if (snapshot_view_list(reduction->below, reduction->path.data, &below, err) < 0)
		return -1;
	for (size_t i = 0; i < below.len; i++) {
		while (at < names->len && strcmp(names->items[at], below.items[i]) < 0)
			at++;
		if (at < names->len && strcmp(names->items[at], below.items[i]) == 0)
			continue;
		autofree char *mark = xasprintf(MARK_PREFIX "%s", below.items[i]);
		if (make_mark(dir_fd, mark, err) < 0)
			return -1;
	}
	return 0;
}

/* Another directory than the one that was here hides what that one had. */
static int mark_opaque(const struct reduction *reduction, int dir_fd, struct error *err)
{
	struct fs_entry entry;
	int found = snapshot_view_find(reduction->below, reduction->path.data, &entry, err);

	if (found <= 0 || entry.type != FS_DIR)
		return found < 0 ? -1 : 0;
	return make_mark(dir_fd, MARK_OPAQUE, err);
}

/* --- the walk -----------------------------------------------------------------------------------
 */

static bool is_where_it_was(const struct reduction *reduction, const struct stat *st)
{
	char inode[24];

	if (!reduction->path.len)
		return true;
	(void)snprintf(inode, sizeof(inode), "%llx", (unsigned long long)st->st_ino);
	const char *path = map_get(&reduction->memory->dirs, inode);
	return path && strcmp(path, reduction->path.data) == 0;
}

static int enter(struct reduction *reduction, bool is_parent_known, bool is_parent_hidden,
		 struct error *err)
{
	struct level level = { .names = STRV_INIT, .path_len = reduction->path.len };
	autoclose int fd = -1;

	if (open_dir(reduction, &fd, err) < 0)
		return -1;
	if (fstat(fd, &level.before) < 0)
		return error_sys(err, "look at '/%s'", reduction->path.data);
	level.is_known = is_parent_known && is_where_it_was(reduction, &level.before);
	vec_push(&reduction->levels, level);
	struct level *top = &reduction->levels.items[reduction->levels.len - 1];
	if (read_names(fd, &top->names, err) < 0)
		return -1;
	if (!top->is_known)
		return is_parent_hidden ? 0 : mark_opaque(reduction, fd, err);
	if (is_untouched(reduction, &top->before))
		return 0;
	return mark_gone(reduction, fd, &top->names, err);
}

static int step(struct reduction *reduction, struct error *err)
{
	struct level *level = &reduction->levels.items[reduction->levels.len - 1];
	const char *name = level->names.items[level->next++];
	bool is_known = level->is_known;
	autoclose int fd = -1;
	struct stat st;

	buf_truncate(&reduction->path, level->path_len);
	if (open_dir(reduction, &fd, err) < 0)
		return -1;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "look at '%s'", name);
	if (S_ISDIR(st.st_mode)) {
		if (level->path_len)
			buf_add_char(&reduction->path, '/');
		buf_add_text(&reduction->path, name);
		return enter(reduction, is_known, !is_known, err);
	}
	if (is_known && is_untouched_file(reduction, &st) && unlinkat(fd, name, 0) < 0)
		return error_sys(err, "remove '%s'", name);
	return 0;
}

static int is_as_below(const struct reduction *reduction, const struct stat *st, struct error *err)
{
	struct fs_entry entry;
	int found = snapshot_view_find(reduction->below, reduction->path.data, &entry, err);

	if (found <= 0)
		return found;
	return entry.type == FS_DIR && entry.mode == (st->st_mode & 07777) &&
	       entry.uid == st->st_uid && entry.gid == st->st_gid &&
	       entry.mtime == st->st_mtim.tv_sec &&
	       entry.mtime_nsec == (uint32_t)st->st_mtim.tv_nsec;
}

/* Puts its time back, and removes it if nothing speaks for it any more. */
static int leave(struct reduction *reduction, struct error *err)
{
	struct level level = reduction->levels.items[reduction->levels.len - 1];
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, level.before.st_mtim };
	autoclose int fd = -1;

	buf_truncate(&reduction->path, level.path_len);
	reduction->levels.len--;
	strv_release(&level.names);
	if (open_dir(reduction, &fd, err) < 0)
		return -1;
	if (futimens(fd, times) < 0)
		return error_sys(err, "set the time of '/%s'", reduction->path.data);
	if (!level.is_known || !level.path_len)
		return 0;
	int is_same = is_as_below(reduction, &level.before, err);
	if (is_same <= 0)
		return is_same;
	autofree char *path = xstrdup(reduction->path.data);
	buf_truncate(&reduction->path, (size_t)(path_base_name(path) - path));
	if (reduction->path.len)
		buf_truncate(&reduction->path, reduction->path.len - 1);
	(void)close(take_fd(&fd));
	if (open_dir(reduction, &fd, err) < 0)
		return -1;
	if (unlinkat(fd, path_base_name(path), AT_REMOVEDIR) < 0 && errno != ENOTEMPTY &&
	    errno != EEXIST)
		return error_sys(err, "remove directory '/%s'", path);
	return 0;
}

int copy_memory_reduce(const struct copy_memory *memory, int root_fd, struct snapshot_view *below,
		       struct error *err)
{
	cleanup(reduction_release) struct reduction reduction = {
		.memory = memory, .root_fd = root_fd, .below = below, .path = BUF_INIT
	};
	int64_t step_ns = copy_clock_read() - memory->clock;

	/* a clock that was set may have gone over the same time twice */
	reduction.is_trusted =
		memory->is_trusted && step_ns < CLOCK_STEP_NS && step_ns > -CLOCK_STEP_NS;
	if (!reduction.is_trusted)
		trace("snapshot", "change times tell nothing: every file is compared");
	if (enter(&reduction, true, false, err) < 0)
		return -1;
	while (reduction.levels.len) {
		const struct level *level = &reduction.levels.items[reduction.levels.len - 1];
		int result = level->next < level->names.len ? step(&reduction, err)
							    : leave(&reduction, err);
		if (result < 0)
			return error_wrap(err, "changes of the step");
	}
	return 0;
}
