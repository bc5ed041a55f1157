/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay.h"
#include "snapshot.h"

#include "base/fs.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTIONS_MAX = 4095 };

struct scratch {
	int tmp_fd;
	struct buf name;
	int fd;
};

static void scratch_release(struct scratch *scratch)
{
	struct error err = ERROR_INIT;

	if (scratch->fd >= 0)
		(void)close(scratch->fd);
	if (scratch->name.len && fs_remove_tree(scratch->tmp_fd, scratch->name.data, &err) < 0)
		err.code = ERROR_NONE; /* it is swept with the lease */
	buf_release(&scratch->name);
}
DEFINE_RELEASE(struct scratch, scratch_release);

static int make_scratch(struct scratch *scratch, struct error *err)
{
	fs_random_name("mount", &scratch->name);
	if (mkdirat(scratch->tmp_fd, scratch->name.data, 0700) < 0)
		return error_sys(err, "make '%s'", scratch->name.data);
	scratch->fd = openat(scratch->tmp_fd, scratch->name.data,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (scratch->fd < 0)
		return error_sys(err, "open '%s'", scratch->name.data);
	if (mkdirat(scratch->fd, "target", 0700) < 0)
		return error_sys(err, "make mount point");
	return 0;
}

/* Links 0, 1, 2 ... to the layers, and the option that names them. */
static int link_lowers(const struct overlay *overlay, int scratch_fd, struct buf *options,
		       struct error *err)
{
	char name[24], target[PATH_MAX];

	for (size_t i = 0; i < overlay->n_lowers; i++) {
		const struct overlay_lower *lower = &overlay->lowers[i];
		(void)snprintf(name, sizeof(name), "%zu", i);
		(void)snprintf(target, sizeof(target), "/proc/self/fd/%d/%s", lower->dir_fd,
			       lower->name);
		if (faccessat(lower->dir_fd, lower->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return error_sys(err, "snapshot '%s'", lower->name);
		if (symlinkat(target, scratch_fd, name) < 0)
			return error_sys(err, "link to layer");
		buf_printf(options, "%s%s", i ? ":" : "lowerdir=", name);
	}
	return 0;
}

static void add_options(const struct overlay *overlay, struct buf *options)
{
	const struct driver_mount *mount = overlay->mount;

	buf_add_text(options, ",metacopy=off,redirect_dir=nofollow,index=off");
	if (overlay->has_user_attributes)
		buf_add_text(options, ",userxattr");
	if (mount->upper_fd >= 0)
		buf_printf(options, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d,volatile",
			   mount->upper_fd, mount->work_fd);
}

/* The names of the layers are relative to the working directory. */
static int mount_standing_in(int scratch_fd, const char *target, unsigned long flags,
			     const char *options, struct error *err)
{
	autoclose int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fchdir(scratch_fd) < 0)
		return error_sys(err, "change directory");
	int result = mount("overlay", target, "overlay", flags, options);
	int sys = errno;
	if (before < 0 || fchdir(before) < 0)
		result = chdir("/") < 0 ? -1 : result;
	errno = sys;
	if (result < 0)
		(void)error_sys(err, "mount overlay");
	if (result < 0 && (sys == EPERM || sys == EACCES))
		err->code = ERROR_PERMISSION;
	return result;
}

int overlay_mount_classic(const struct overlay *overlay, int *ret_mount_fd, struct error *err)
{
	cleanup(scratch_release) struct scratch scratch = { overlay->mount->tmp_fd, BUF_INIT, -1 };
	cleanup(buf_release) struct buf options = BUF_INIT;
	unsigned long flags = MS_NODEV;
	char target[64];

	if (make_scratch(&scratch, err) < 0 || link_lowers(overlay, scratch.fd, &options, err) < 0)
		return -1;
	add_options(overlay, &options);
	if (options.len > OPTIONS_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "so many layers (%zu) are not supported yet on this kernel",
				 overlay->n_lowers);
	if (overlay->mount->upper_fd < 0)
		flags |= MS_RDONLY;
	(void)snprintf(target, sizeof(target), "/proc/self/fd/%d/target", scratch.fd);
	if (mount_standing_in(scratch.fd, target, flags, options.data, err) < 0)
		return -1;
	int fd = mount_fd_clone(scratch.fd, "target", 0, overlay->mount->place_fd);
	if (fd < 0)
		(void)error_sys(err, "take the overlay out of its mount point");
	(void)umount2(target, MNT_DETACH);
	if (fd < 0)
		return -1;
	*ret_mount_fd = fd;
	return 0;
}

int overlay_freeze_classic(int mount_fd, struct error *err)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", mount_fd);
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY | MS_NODEV, NULL) == 0)
		return 0;
	if (errno != EBUSY)
		return error_sys(err, "make overlay read-only");
	return snapshot_error_held(err);
}
