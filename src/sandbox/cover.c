/* SPDX-License-Identifier: Apache-2.0 */
#include "cover.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_times(int dir_fd, const struct stat *st, struct error *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	return futimens(dir_fd, times) < 0 ? error_sys(err, "restore the times of a directory") : 0;
}

static int open_parent(int root_fd, const char *root_path, struct stubs *stubs, int *ret_fd,
		       struct error *err)
{
	const struct target_maker maker = { .stubs = stubs };
	autofree char *parent = path_parent(root_path);
	autoclose int path_fd = -1;

	if (target_open(root_fd, parent, &maker, &path_fd, err) < 0)
		return -1;
	int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '/%s'", parent);
	*ret_fd = fd;
	return 0;
}

/* 1 something is kept, 0 there was nothing. */
static int take_place(const struct cover *cover, struct error *err)
{
	int fd = cover->parent_fd;

	if (renameat2(fd, cover->aside.data, fd, cover->name, RENAME_EXCHANGE) == 0)
		return 1;
	if (errno != ENOENT)
		return error_sys(err, "cover '%s'", cover->name);
	if (renameat2(fd, cover->aside.data, fd, cover->name, RENAME_NOREPLACE) < 0)
		return error_sys(err, "put '%s'", cover->name);
	return 0;
}

int cover_put(int root_fd, const char *root_path, cover_maker *make, void *context,
	      struct stubs *stubs, struct cover *ret_cover, struct error *err)
{
	struct cover cover = { .parent_fd = -1, .aside = BUF_INIT };
	struct stat before;

	if (open_parent(root_fd, root_path, stubs, &cover.parent_fd, err) < 0)
		return -1;
	fs_random_name(".cbuild", &cover.aside);
	(void)snprintf(cover.name, sizeof(cover.name), "%s", path_base_name(root_path));
	int result = fstat(cover.parent_fd, &before);
	if (result < 0)
		(void)error_sys(err, "look at the directory of '/%s'", root_path);
	else
		result = make(context, cover.parent_fd, cover.aside.data, err);
	if (result == 0)
		result = take_place(&cover, err);
	if (result < 0) {
		struct error ignored;
		(void)!fs_remove_tree(cover.parent_fd, cover.aside.data, &ignored);
		(void)close(cover.parent_fd);
		buf_release(&cover.aside);
		return error_wrap(err, "'/%s'", root_path);
	}
	cover.has_kept = result > 0;
	*ret_cover = cover;
	return set_times(cover.parent_fd, &before, err);
}

int cover_remove(struct cover *cover, struct error *err)
{
	autoclose int fd = take_fd(&cover->parent_fd);
	struct stat now;
	int result = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &now) < 0)
		return error_sys(err, "look at the directory of '%s'", cover->name);
	if (cover->has_kept) {
		result = fs_remove_tree(fd, cover->name, err);
		if (result == 0 && renameat(fd, cover->aside.data, fd, cover->name) < 0)
			result = error_sys(err, "bring '%s' back", cover->name);
	} else {
		result = fs_remove_tree(fd, cover->name, err);
	}
	buf_release(&cover->aside);
	return result < 0 ? -1 : set_times(fd, &now, err);
}
