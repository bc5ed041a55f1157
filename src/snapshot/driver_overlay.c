/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "overlay.h"

#include "base/alloc.h"
#include "base/mount_fd.h"
#include "base/trace.h"
#include "snapshot/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

enum { MESSAGE_MAX = 512 };

/* The kernel says in the context's log what errno cannot. */
static int error_mount(int fs_fd, struct error *err, const char *what)
{
	char message[MESSAGE_MAX + 1];
	int sys = errno;
	ssize_t n = read(fs_fd, message, MESSAGE_MAX);

	errno = sys;
	if (n > 2) {
		message[n] = '\0';
		message[strcspn(message, "\n")] = '\0';
		(void)error_sys(err, "%s (%s)", what, message + 2);
	} else {
		(void)error_sys(err, "%s", what);
	}
	if (sys == EPERM || sys == EACCES)
		err->code = ERROR_PERMISSION;
	return -1;
}

/* Some file systems (overlay itself) cannot carry an upper directory. */
static int error_upper(int fs_fd, struct error *err)
{
	bool is_refused = errno == EINVAL;

	(void)error_mount(fs_fd, err, "overlay");
	if (!is_refused)
		return -1;
	err->code = ERROR_UNSUPPORTED;
	return error_wrap(err, "overlay does not work on the file system of the store");
}

/*
 * 0, or -1 with errno. By descriptor (kernel 6.13), else by its name in /proc (6.5): neither knows
 * colons, commas or a limit on the length of them all.
 */
static int set_dir(int fs_fd, const char *key, int dir_fd)
{
	char name[32];

	if (fsconfig(fs_fd, FSCONFIG_SET_FD, key, NULL, dir_fd) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", dir_fd);
	return fsconfig(fs_fd, FSCONFIG_SET_STRING, key, name, 0);
}

/* 1 all set, 0 this kernel does not take layers one by one. */
static int set_lowers(int fs_fd, const struct overlay *overlay, struct error *err)
{
	for (size_t i = 0; i < overlay->n_lowers; i++) {
		const struct overlay_lower *lower = &overlay->lowers[i];
		autoclose int fd = openat(lower->dir_fd, lower->name,
					  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return error_sys(err, "snapshot '%s'", lower->name);
		if (set_dir(fs_fd, "lowerdir+", fd) == 0)
			continue;
		if (i == 0 && errno == EINVAL)
			return 0;
		return error_mount(fs_fd, err, "overlay layer");
	}
	return 1;
}

static int set_options(int fs_fd, const struct overlay *overlay, struct error *err)
{
	/* nothing but whiteouts and opaque marks; "off" would still follow redirects made elsewhere
	 */
	static const char *const options[][2] = {
		{ "metacopy", "off" },
		{ "redirect_dir", "nofollow" },
		{ "index", "off" },
	};
	const struct driver_mount *mount = overlay->mount;

	for (size_t i = 0; i < countof(options); i++)
		if (fsconfig(fs_fd, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) < 0)
			return error_mount(fs_fd, err, "overlay option");
	if (overlay->has_user_attributes &&
	    fsconfig(fs_fd, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		return error_mount(fs_fd, err, "overlay option userxattr");
	if (mount->upper_fd < 0)
		return 0;
	if (set_dir(fs_fd, "upperdir", mount->upper_fd) < 0 ||
	    set_dir(fs_fd, "workdir", mount->work_fd) < 0)
		return error_upper(fs_fd, err);
	/* a crash throws the upper away anyhow; without this each freeze syncs the file system */
	if (fsconfig(fs_fd, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return error_mount(fs_fd, err, "overlay option volatile");
	return 0;
}

/* 1 mounted, 0 this kernel needs the classic way. */
static int mount_new(const struct overlay *overlay, int *ret_mount_fd, struct error *err)
{
	unsigned attributes = MOUNT_ATTR_NODEV;

	if (overlay->mount->place_fd >= 0)
		return 0;
	autoclose int fs_fd = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return error_mount(fs_fd, err, "overlay");
	int taken = set_lowers(fs_fd, overlay, err);
	if (taken <= 0)
		return taken;
	if (set_options(fs_fd, overlay, err) < 0)
		return -1;
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_upper(fs_fd, err);
	if (overlay->mount->upper_fd < 0)
		attributes |= MOUNT_ATTR_RDONLY;
	int fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, attributes);
	if (fd < 0)
		return error_mount(fs_fd, err, "mount overlay");
	*ret_mount_fd = fd;
	return 1;
}

static int make_empty(int tmp_fd, const char *name, struct error *err)
{
	if (mkdirat(tmp_fd, name, 0755) == 0) {
		if (fchmodat(tmp_fd, name, 0755, 0) < 0)
			return error_sys(err, "mode of '%s'", name);
	} else if (errno != EEXIST) {
		return error_sys(err, "make '%s'", name);
	}
	return 0;
}

/* An overlay wants a layer below its upper, and two where it has none. */
static int add_empty_lowers(const struct driver_mount *mount, struct overlay_lower *lowers,
			    size_t *n_lowers, struct error *err)
{
	static const char *const names[] = { "empty.1", "empty.2" };
	size_t needed = mount->upper_fd < 0 ? 2 : 1;

	for (size_t i = 0; *n_lowers < needed; i++) {
		struct overlay_lower *lower = &lowers[(*n_lowers)++];
		if (make_empty(mount->tmp_fd, names[i], err) < 0)
			return -1;
		lower->dir_fd = mount->tmp_fd;
		(void)snprintf(lower->name, sizeof(lower->name), "%s", names[i]);
	}
	return 0;
}

static int mount_overlay(const struct driver_mount *mount, bool has_user_attributes,
			 int *ret_mount_fd, struct error *err)
{
	size_t n = mount->n_chain_ids;

	if (n > OVERLAY_LOWERS_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a root of %zu layers is not supported yet (at most %d)", n,
				 OVERLAY_LOWERS_MAX);
	autofree struct overlay_lower *lowers = xcalloc(n + 2, sizeof(*lowers));
	for (size_t i = 0; i < n; i++) {
		lowers[i].dir_fd = mount->dir_fd;
		(void)snprintf(lowers[i].name, sizeof(lowers[i].name), "%s",
			       digest_hex(&mount->chain_ids[n - 1 - i]).text);
	}
	struct overlay overlay = { mount, lowers, n, has_user_attributes };
	if (add_empty_lowers(mount, lowers, &overlay.n_lowers, err) < 0)
		return -1;
	int mounted = mount_new(&overlay, ret_mount_fd, err);
	if (mounted)
		return mounted < 0 ? -1 : 0;
	trace("snapshot", "mounting the classic way");
	return overlay_mount_classic(&overlay, ret_mount_fd, err);
}

static int mount_trusted(const struct driver_mount *mount, int *ret_mount_fd, struct error *err)
{
	return mount_overlay(mount, false, ret_mount_fd, err);
}

static int mount_user(const struct driver_mount *mount, int *ret_mount_fd, struct error *err)
{
	return mount_overlay(mount, true, ret_mount_fd, err);
}

bool overlay_can_mark(int dir_fd, const char *attribute_prefix)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%sopaque", attribute_prefix);
	return fsetxattr(dir_fd, name, "y", 1, 0) == 0;
}

static int make_readonly(int mount_fd, struct error *err)
{
	autoclose int fs_fd = fspick(mount_fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

	if (fs_fd < 0 && (errno == ENOSYS || errno == EPERM))
		return overlay_freeze_classic(mount_fd, err);
	if (fs_fd < 0)
		return error_sys(err, "overlay");
	if (fsconfig(fs_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return error_mount(fs_fd, err, "overlay option ro");
	if (fsconfig(fs_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) == 0)
		return 0;
	if (errno != EBUSY)
		return error_mount(fs_fd, err, "make overlay read-only");
	return snapshot_error_held(err);
}

/* A layer is read only where that is so, not where a call says so. */
static int freeze(const struct driver_frozen *frozen, struct error *err)
{
	struct statvfs fs;

	if (make_readonly(frozen->mount_fd, err) < 0)
		return -1;
	if (fstatvfs(frozen->mount_fd, &fs) < 0)
		return error_sys(err, "look at the overlay");
	return fs.f_flag & ST_RDONLY
		       ? 0
		       : error_set(err, ERROR_SYSTEM, "not frozen: the overlay can be written");
}

const struct snapshot_driver driver_overlay_trusted = {
	.name = "overlay-trusted",
	.format = { .attribute_prefix = "trusted.overlay." },
	.has_barrier = true,
	.mount = mount_trusted,
	.freeze = freeze,
};

const struct snapshot_driver driver_overlay_single = {
	.name = "overlay-single",
	.format = { .attribute_prefix = "user.overlay.", .has_recorded_owners = true },
	.mount = mount_user,
	.freeze = freeze,
};

const struct snapshot_driver driver_overlay_user = {
	.name = "overlay-user",
	.format = { .attribute_prefix = "user.overlay." },
	.has_barrier = true,
	.mount = mount_user,
	.freeze = freeze,
};
