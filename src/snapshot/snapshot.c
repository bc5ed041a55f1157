/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/snapshot.h"

#include "state.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int open_flavour(const struct snapshots *snapshots, const struct snapshot_driver *driver,
			struct error *err)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	int root_fd = snapshots->root_fd, fd = -1;

	buf_add_text(&path, "snapshots/");
	flavour_add_name(driver, &path);
	int found = fs_open_beneath(root_fd, path.data, O_RDONLY | O_DIRECTORY, 0, &fd, err);
	if (!found) {
		if (fs_make_dirs(root_fd, path.data, 0700, err) < 0)
			return -1;
		found = fs_open_beneath(root_fd, path.data, O_RDONLY | O_DIRECTORY, 0, &fd, err);
	}
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "'%s' of the store", path.data);
	*snapshots->flavour = (struct flavour){ .driver = driver, .dir_fd = fd };
	return 0;
}

int snapshots_settle(const struct snapshots *snapshots, struct error *err)
{
	const struct snapshot_driver *driver = NULL;

	if (snapshots->flavour->driver)
		return 0;
	return driver_choose(snapshots, &driver, err) < 0 ? -1
							  : open_flavour(snapshots, driver, err);
}

int snapshots_open(int root_fd, int tmp_fd, struct snapshots **ret_snapshots, struct error *err)
{
	struct snapshots *snapshots = xcalloc(1, sizeof(*snapshots));

	(void)err;
	*snapshots = (struct snapshots){ .root_fd = root_fd, .tmp_fd = tmp_fd };
	snapshots->flavour = xcalloc(1, sizeof(*snapshots->flavour));
	snapshots->flavour->dir_fd = -1;
	*ret_snapshots = snapshots;
	return 0;
}

void snapshots_close(struct snapshots *snapshots)
{
	if (!snapshots)
		return;
	if (snapshots->flavour->dir_fd >= 0)
		(void)close(snapshots->flavour->dir_fd);
	free(snapshots->flavour);
	free(snapshots);
}

void snapshots_prefer(struct snapshots *snapshots, enum snapshot_kind kind)
{
	snapshots->kind = kind;
}

void snapshots_set_tmp(struct snapshots *snapshots, snapshots_tmp *tmp, void *context)
{
	snapshots->tmp = tmp;
	snapshots->tmp_context = context;
}

int snapshots_tmp_fd(const struct snapshots *snapshots, struct error *err)
{
	int fd = snapshots->tmp_fd;

	errno = ENOENT;
	if (fd < 0 && snapshots->tmp)
		fd = snapshots->tmp(snapshots->tmp_context);
	return fd < 0 ? error_sys(err, "no folder in 'tmp' of the store") : fd;
}

const struct snapshot_format *snapshots_format(const struct snapshots *snapshots)
{
	return &snapshots->flavour->driver->format;
}

int snapshot_open(const struct snapshots *snapshots, const struct digest *chain_id, int *ret_fd,
		  struct error *err)
{
	struct digest_text name = digest_hex(chain_id);

	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	int fd = openat(snapshots->flavour->dir_fd, name.text,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open snapshot '%s'", name.text);
	*ret_fd = fd;
	return 1;
}

int snapshot_find(const struct snapshots *snapshots, const struct digest *chain_id,
		  struct error *err)
{
	struct digest_text name = digest_hex(chain_id);
	struct stat st;

	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	if (fstatat(snapshots->flavour->dir_fd, name.text, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "snapshot '%s'", name.text);
	return 1;
}

int snapshot_mount(const struct snapshots *snapshots, const struct digest *chain_ids,
		   size_t n_chain_ids, int *ret_mount_fd, struct error *err)
{
	int tmp_fd = snapshots_tmp_fd(snapshots, err);

	if (tmp_fd < 0 || snapshots_settle(snapshots, err) < 0)
		return -1;
	const struct driver_mount mount = {
		.snapshots = snapshots,
		.dir_fd = snapshots->flavour->dir_fd,
		.chain_ids = chain_ids,
		.n_chain_ids = n_chain_ids,
		.tmp_fd = tmp_fd,
		.place_fd = mount_fd_place(tmp_fd),
		.upper_fd = -1,
		.work_fd = -1,
	};

	return snapshots->flavour->driver->mount(&mount, ret_mount_fd, err);
}

int snapshot_list(const struct snapshots *snapshots, snapshot_visitor *visit, void *context,
		  struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	struct error ignored = ERROR_INIT;
	const char *name = NULL;
	unsigned char type = 0;
	struct digest chain_id;
	int more;

	if (snapshots_settle(snapshots, err) < 0 ||
	    dir_reader_open(snapshots->flavour->dir_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		autofree char *text = xasprintf("sha256:%s", name);
		if (digest_parse(text, &chain_id, &ignored) < 0)
			continue;
		if (visit(context, &chain_id, err) < 0)
			return -1;
	}
	return more;
}

/*
 * Out of sight in one go first, so that no half of one is ever found; but on a full disk there may
 * be no room for a folder to put it.
 */
/* 1 moved to tmp_fd under `name`, 0 there is nothing, -1. */
static int move_away(struct snapshots *snapshots, const struct digest *chain_id, int tmp_fd,
		     struct buf *name, struct error *err)
{
	struct digest_text hex = digest_hex(chain_id);

	fs_random_name("removed", name);
	if (renameat(snapshots->flavour->dir_fd, hex.text, tmp_fd, name->data) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "remove snapshot '%s'", hex.text);
	return 1;
}

int snapshot_remove(struct snapshots *snapshots, const struct digest *chain_id, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	int tmp_fd = snapshots_tmp_fd(snapshots, err);
	if (tmp_fd < 0)
		return fs_remove_tree(snapshots->flavour->dir_fd, digest_hex(chain_id).text, err);
	int moved = move_away(snapshots, chain_id, tmp_fd, &name, err);
	return moved <= 0 ? moved : fs_remove_tree(tmp_fd, name.data, err);
}

int snapshot_set_aside(struct snapshots *snapshots, const struct digest *chain_id,
		       struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	int tmp_fd = snapshots_tmp_fd(snapshots, err);
	/* a disk too full for a folder in tmp/ */
	if (tmp_fd < 0)
		return fs_remove_tree(snapshots->flavour->dir_fd, digest_hex(chain_id).text, err);
	return move_away(snapshots, chain_id, tmp_fd, &name, err) < 0 ? -1 : 0;
}
