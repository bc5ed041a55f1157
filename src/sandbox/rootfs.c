/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs.h"

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

static int attach_at(int mount_fd, const char *host_path)
{
	return move_mount(mount_fd, "", AT_FDCWD, host_path, MOVE_MOUNT_F_EMPTY_PATH);
}

/*
 * Attached somewhere in the outer root, with which it goes: before Linux 6.15 pieces of a mount can
 * only be mounted elsewhere while it is part of the namespace. Not at "/" itself: what is mounted
 * there is taken for the outer root when that is unmounted.
 */
static int make_scratch(int *ret_fd, struct error *err)
{
	autoclose int context_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context_fd < 0)
		return refuse(err, "make a tmpfs");
	if (fsconfig(context_fd, FSCONFIG_SET_STRING, "size", "64m", 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_SET_STRING, "nr_inodes", "65536", 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refuse(err, "set up a tmpfs");
	autoclose int fd = fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	if (fd < 0 || attach_at(fd, "/proc") < 0)
		return refuse(err, "mount a tmpfs");
	*ret_fd = take_fd(&fd);
	return 0;
}

int rootfs_attach(int root_fd, bool allow_devices, struct rootfs *ret_rootfs, struct error *err)
{
	autoclose int scratch_fd = -1;
	struct mount_attr no_devices = { .attr_set = MOUNT_ATTR_NODEV };

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		if (errno == EINVAL)
			return error_set(
				err, ERROR_PERMISSION,
				"the root of this process is no mount point, as in a plain "
				"chroot (bind-mount that directory on itself first)");
		return refuse(err, "make mounts private");
	}
	if (make_scratch(&scratch_fd, err) < 0)
		return -1;
	if (!allow_devices &&
	    mount_setattr(root_fd, "", AT_EMPTY_PATH, &no_devices, sizeof(no_devices)) < 0)
		return refuse(err, "forbid devices in the root");
	if (attach_at(root_fd, "/") < 0)
		return refuse(err, "attach the root");
	*ret_rootfs = (struct rootfs){ .root_fd = root_fd, .scratch_fd = take_fd(&scratch_fd) };
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
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount_setattr(AT_FDCWD, "/", 0, &readonly, sizeof(readonly)) == 0)
		return 1;
	return errno == EBUSY ? 0 : refuse(err, "make the root read-only");
}

bool rootfs_strip(void)
{
	return umount2("/", MNT_DETACH) == 0;
}
