/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where there is no overlay: a step works in a copy of its parents' tree, of which its changes are
 * left afterwards, in the same shape as an overlay's upper directory.
 */
#include "copy_memory.h"
#include "driver.h"
#include "tree_copy.h"

#include "base/fs.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

/* In tmp/, where it is left to whoever clears that: a read-only tree has no draft of its own. */
static int make_dir(int tmp_fd, int *ret_fd, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	fs_random_name("tree", &name);
	if (mkdirat(tmp_fd, name.data, 0755) < 0)
		return error_sys(err, "make '%s'", name.data);
	int fd = openat(tmp_fd, name.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", name.data);
	*ret_fd = fd;
	return fchmod(fd, 0755) < 0 ? error_sys(err, "mode of '%s'", name.data) : 0;
}

static int fill(const struct driver_mount *mount, int dir_fd, struct copy_memory *memory,
		struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;

	if (snapshot_view_open(mount->snapshots, mount->chain_ids, mount->n_chain_ids, &view, err) <
	    0)
		return -1;
	if (!memory)
		return tree_copy(view, dir_fd, NULL, err);
	if (copy_memory_begin(memory, mount->tmp_fd, err) < 0 ||
	    tree_copy(view, dir_fd, &memory->dirs, err) < 0)
		return -1;
	return copy_memory_end(memory, mount->tmp_fd, err);
}

static int mount_plain(const struct driver_mount *mount, int *ret_fd, struct error *err)
{
	cleanup(copy_memory_free) struct copy_memory *memory = NULL;
	autoclose int made_fd = -1;
	int dir_fd = mount->upper_fd;

	if (dir_fd < 0) {
		if (make_dir(mount->tmp_fd, &made_fd, err) < 0)
			return -1;
		dir_fd = made_fd;
	} else {
		memory = copy_memory_new();
	}
	if (fill(mount, dir_fd, memory, err) < 0)
		return -1;
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_sys(err, "tree of the step");
	if (memory)
		*mount->ret_memory = take_ptr(&memory);
	*ret_fd = fd;
	return 0;
}

static int mount_copy(const struct driver_mount *mount, int *ret_fd, struct error *err)
{
	uint64_t attributes = MOUNT_ATTR_NODEV;
	autoclose int dir_fd = -1;

	if (mount_plain(mount, &dir_fd, err) < 0)
		return -1;
	if (mount->upper_fd < 0)
		attributes |= MOUNT_ATTR_RDONLY;
	autoclose int fd = mount_fd_clone(dir_fd, "", AT_EMPTY_PATH, mount->place_fd);
	if (fd < 0 || mount_fd_restrict(fd, attributes, 0) < 0) {
		bool is_refused = errno == EPERM;
		(void)error_sys(err, "mount the tree of the step");
		if (is_refused)
			err->code = ERROR_PERMISSION;
		return -1;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int refuse_mount(const struct driver_mount *mount, int *ret_fd, struct error *err)
{
	(void)mount;
	(void)ret_fd;
	return error_set(err, ERROR_PERMISSION,
			 "nothing can be run in a tree whose owners are only recorded");
}

/* There is no barrier here; what is still running would be seen by the packing, or not at all. */
static int reduce(const struct driver_frozen *frozen, struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL;

	if (snapshot_view_open(frozen->snapshots, frozen->chain_ids, frozen->n_chain_ids, &below,
			       err) < 0)
		return -1;
	return copy_memory_reduce(frozen->memory, frozen->upper_fd, below, err);
}

static int freeze_nothing(const struct driver_frozen *frozen, struct error *err)
{
	(void)frozen;
	(void)err;
	return 0;
}

const struct snapshot_driver driver_copy = {
	.name = "copy",
	.format = { .has_named_marks = true },
	.mount = mount_copy,
	.freeze = reduce,
};

const struct snapshot_driver driver_copy_single = {
	.name = "copy-single",
	.format = { .has_named_marks = true, .has_recorded_owners = true },
	.mount = mount_copy,
	.freeze = reduce,
};

const struct snapshot_driver driver_copy_plain = {
	.name = "copy",
	.format = { .has_named_marks = true },
	.mount = mount_plain,
	.freeze = reduce,
};

const struct snapshot_driver driver_recorded = {
	.name = "recorded",
	.format = { .has_named_marks = true, .has_records = true },
	.mount = refuse_mount,
	.freeze = freeze_nothing,
};
