/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs.h"

#include "base/mount_fd.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

void rootfs_release(struct rootfs *rootfs)
{
	close_fd_at(&rootfs->scratch_fd);
	*rootfs = (struct rootfs)ROOTFS_INIT;
}

static int refuse(struct error *err, const char *what)
{
	bool is_refused = errno == EPERM || errno == EACCES;

	(void)error_sys(err, "%s", what);
	if (is_refused)
		err->code = ERROR_PERMISSION;
	return -1;
}

/*
 * Attached somewhere in the outer root, with which it goes: before Linux 6.15 pieces of a mount can
 * only be mounted elsewhere while it is part of the namespace. Not at "/" itself: what is mounted
 * there is taken for the outer root when that is unmounted. Without the calls for that it is from
 * the beginning, and /proc is needed.
 */
static int make_scratch(int place_fd, int *ret_fd, struct error *err)
{
	autoclose int fd =
		mount_fd_new("tmpfs", "size=64m,nr_inodes=65536", MOUNT_ATTR_NOSUID, place_fd);

	if (fd < 0 || (place_fd < 0 && mount_fd_attach(fd, AT_FDCWD, "/proc") < 0))
		return refuse(err, "mount a tmpfs");
	*ret_fd = take_fd(&fd);
	return 0;
}

int rootfs_attach(int root_fd, int place_fd, bool allow_devices, struct rootfs *ret_rootfs,
		  struct error *err)
{
	autoclose int scratch_fd = -1;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		if (errno == EINVAL)
			return error_set(
				err, ERROR_PERMISSION,
				"the root of this process is no mount point, as in a plain "
				"chroot (bind-mount that directory on itself first)");
		return refuse(err, "make mounts private");
	}
	if (place_fd >= 0 &&
	    (mount_fd_follow(root_fd, O_PATH) < 0 || mount_fd_follow(place_fd, O_PATH) < 0))
		return refuse(err, "find the root again");
	if (make_scratch(place_fd, &scratch_fd, err) < 0)
		return -1;
	if (!allow_devices && mount_fd_restrict(root_fd, MOUNT_ATTR_NODEV, 0) < 0)
		return refuse(err, "forbid devices in the root");
	if (mount_fd_attach(root_fd, AT_FDCWD, "/") < 0)
		return refuse(err, "attach the root");
	*ret_rootfs = (struct rootfs){ .root_fd = root_fd, .scratch_fd = scratch_fd };
	ret_rootfs->place_fd = place_fd < 0 ? -1 : scratch_fd;
	scratch_fd = -1;
	return 0;
}

/* Above the root there must be nothing: "/.." of a root with something mounted over it leads there.
 */
static int prove_alone(const struct rootfs *rootfs, struct error *err)
{
	struct stat root, above;

	if (fstat(rootfs->root_fd, &root) < 0 || stat("/..", &above) < 0)
		return error_sys(err, "look at the root");
	if (root.st_dev != above.st_dev || root.st_ino != above.st_ino)
		return error_set(err, ERROR_SYSTEM, "not confined: the outer root is still there");
	return 0;
}

/* pivot_root(".", ".") puts the old root on top of the new one, from where it is unmounted. */
int rootfs_enter(const struct rootfs *rootfs, struct error *err)
{
	if (fchdir(rootfs->root_fd) < 0)
		return error_sys(err, "enter the root");
	if (sys_pivot_root(".", ".") < 0)
		return refuse(err, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return error_sys(err, "unmount the outer root");
	if (chdir("/") < 0)
		return error_sys(err, "change to the root");
	return prove_alone(rootfs, err);
}

int rootfs_seal(struct error *err)
{
	autoclose int root_fd = open("/", O_PATH | O_CLOEXEC);

	if (root_fd < 0)
		return error_sys(err, "open the root");
	if (mount_fd_restrict_one(root_fd, MOUNT_ATTR_RDONLY, 0) == 0)
		return 1;
	return errno == EBUSY ? 0 : refuse(err, "make the root read-only");
}

bool rootfs_strip(void)
{
	return umount2("/", MNT_DETACH) == 0;
}
