/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay.h"
#include "state.h"

#include "base/fs.h"
#include "base/mount_fd.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define MAGIC_XFS   0x58465342
#define MAGIC_BTRFS 0x9123683E

/* 1 surely, 0 surely not, -1 somebody has to try. */
static int knows_overlay(int root_fd)
{
	struct statfs fs;

	if (fstatfs(root_fd, &fs) < 0)
		return -1;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case MAGIC_XFS:
	case MAGIC_BTRFS:
		return 1;
	case OVERLAYFS_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
		return 0;
	default:
		return -1;
	}
}

static int make_dir(int dir_fd, const char *name, int *ret_fd, struct error *err)
{
	if (mkdirat(dir_fd, name, 0700) < 0)
		return error_sys(err, "make '%s'", name);
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", name);
	*ret_fd = fd;
	return 0;
}

/* An overlay with an upper, and in it the mark that a whiteout is and the one for directories. */
static int try_in(const struct snapshots *snapshots, const struct snapshot_driver *driver,
		  int tmp_fd, int dir_fd, struct error *err)
{
	autoclose int upper_fd = -1, work_fd = -1;
	int mount_fd = -1;

	if (make_dir(dir_fd, "upper", &upper_fd, err) < 0 ||
	    make_dir(dir_fd, "work", &work_fd, err) < 0)
		return -1;
	const struct driver_mount mount = { .snapshots = snapshots,
					    .dir_fd = -1,
					    .tmp_fd = tmp_fd,
					    .place_fd = mount_fd_place(tmp_fd),
					    .upper_fd = upper_fd,
					    .work_fd = work_fd };
	struct error refusal = ERROR_INIT;
	if (driver->mount(&mount, &mount_fd, &refusal) < 0) {
		trace("snapshot", "no overlay here: %s", refusal.text);
		return 0;
	}
	/* overlay puts up with an upper that has no attributes, and then copies no directory up */
	bool has_marks = mknodat(upper_fd, "gone", S_IFCHR, 0) == 0 &&
			 overlay_can_mark(upper_fd, driver->format.attribute_prefix);
	mount_fd_close(mount_fd);
	trace("snapshot", "overlay works%s", has_marks ? "" : ", but its marks cannot be made");
	return has_marks;
}

static int try_overlay(const struct snapshots *snapshots, const struct snapshot_driver *driver,
		       struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	autoclose int dir_fd = -1;

	int tmp_fd = snapshots_tmp_fd(snapshots, err);
	if (tmp_fd < 0)
		return -1;
	fs_random_name("overlay", &name);
	if (make_dir(tmp_fd, name.data, &dir_fd, err) < 0)
		return -1;
	int works = try_in(snapshots, driver, tmp_fd, dir_fd, err);
	struct error ignored;
	if (fs_remove_tree(tmp_fd, name.data, works < 0 ? &ignored : err) < 0)
		return -1;
	return works;
}

int driver_choose(const struct snapshots *snapshots, const struct snapshot_driver **ret_driver,
		  struct error *err)
{
	const struct snapshot_driver *overlay = driver_for_process(), *copy = &driver_copy;
	int works = 1;

	switch (snapshots->kind) {
	case SNAPSHOTS_COPY:
		*ret_driver = &driver_copy;
		return 0;
	case SNAPSHOTS_COPY_PLAIN:
		*ret_driver = &driver_copy_plain;
		return 0;
	case SNAPSHOTS_RECORDED:
		*ret_driver = &driver_recorded;
		return 0;
	case SNAPSHOTS_SINGLE_ID:
		overlay = &driver_overlay_single;
		copy = &driver_copy_single;
		break;
	case SNAPSHOTS_AUTO:
		break;
	}
	works = knows_overlay(snapshots->root_fd);
	if (works < 0)
		works = try_overlay(snapshots, overlay, err);
	if (works < 0)
		return -1;
	*ret_driver = works ? overlay : copy;
	return 0;
}

int snapshots_probe(int dir_fd, enum snapshot_kind kind, const char **ret_name, struct error *err)
{
	const struct snapshots there = { .root_fd = dir_fd, .tmp_fd = dir_fd, .kind = kind };
	const struct snapshot_driver *driver = NULL;

	if (driver_choose(&there, &driver, err) < 0)
		return -1;
	*ret_name = driver->name;
	return 0;
}
