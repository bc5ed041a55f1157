/* SPDX-License-Identifier: Apache-2.0 */
#include "chroot_mounts.h"

#include "base/fs.h"
#include "base/path.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_MODE = 01777, MODE_MASK = 07777 };

bool chroot_mounts_is_own_file(const struct sandbox_mount *mount)
{
	return mount->kind == SANDBOX_MOUNT_FILE && text_has_prefix(mount->root_path, "dev/");
}

int chroot_mounts_check(const struct sandbox_spec *spec, struct error *err)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct sandbox_mount *mount = &spec->mounts[i];
		bool is_own = chroot_mounts_is_own_file(mount);
		if (mount->kind == SANDBOX_MOUNT_FD)
			return error_set(err, ERROR_PERMISSION,
					 "'/%s' cannot be mounted in a chroot: it needs namespaces "
					 "(--isolation=root or rootless)",
					 mount->root_path);
		if (mount->size)
			return error_set(err, ERROR_PERMISSION,
					 "a tmpfs with a size ('/%s') is not possible in a chroot, "
					 "where it is a directory: it needs namespaces "
					 "(--isolation=root or rootless)",
					 mount->root_path);
		if (!is_own && (path_is_within(mount->root_path, "dev") ||
				path_is_within(mount->root_path, "sys")))
			return error_set(err, ERROR_PERMISSION,
					 "'/%s' is no place for a mount in a chroot",
					 mount->root_path);
	}
	return 0;
}

/* --- what is put there -------------------------------------------------------------------------
 */

static int make_file(const struct sandbox_mount *mount, int parent_fd, const char *name,
		     struct error *err)
{
	autoclose int fd =
		openat(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, "make '%s'", name);
	if (fs_write_all(fd, mount->data, mount->len, err) < 0)
		return -1;
	if (fchown(fd, mount->uid, mount->gid) < 0 || fchmod(fd, mount->mode & MODE_MASK) < 0)
		return error_sys(err, "set owner and mode of '%s'", name);
	return 0;
}

/* With the mode of the directory that it covers; where there was none, everybody's. */
static int make_dir(const struct sandbox_mount *mount, int parent_fd, const char *name,
		    struct error *err)
{
	struct stat st;
	int found = fstatat(parent_fd, path_base_name(mount->root_path), &st, AT_SYMLINK_NOFOLLOW);
	mode_t mode = found == 0 && S_ISDIR(st.st_mode) ? st.st_mode & MODE_MASK : NEW_MODE;

	if (mkdirat(parent_fd, name, 0700) < 0 || fchmodat(parent_fd, name, mode, 0) < 0)
		return error_sys(err, "make '%s'", name);
	return 0;
}

static int make(void *context, int parent_fd, const char *name, struct error *err)
{
	const struct placed *placed = context;
	const struct sandbox_mount *mount = placed->mount;

	if (mount->kind == SANDBOX_MOUNT_FILE)
		return make_file(mount, parent_fd, name, err);
	if (mount->kind == SANDBOX_MOUNT_TMPFS)
		return make_dir(mount, parent_fd, name, err);
	if (renameat2(mount->fd, mount->sub_path, parent_fd, name, RENAME_NOREPLACE) < 0)
		return error_sys(err, "bring '/%s' into place", mount->root_path);
	return 0;
}

static int note_identity(struct placed *placed, struct error *err)
{
	struct stat st;

	if (fstatat(placed->cover.parent_fd, placed->cover.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "look at '/%s'", placed->mount->root_path);
	placed->dev = st.st_dev;
	placed->ino = st.st_ino;
	return 0;
}

int chroot_mounts_put(const struct sandbox_spec *spec, struct stubs *stubs,
		      struct chroot_mounts *mounts, struct error *err)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct sandbox_mount *mount = &spec->mounts[i];
		struct placed placed = { .mount = mount };
		if (chroot_mounts_is_own_file(mount))
			continue;
		if (cover_put(spec->root_mount_fd, mount->root_path, make, &placed, stubs,
			      &placed.cover, err) < 0)
			return -1;
		int result = note_identity(&placed, err);
		vec_push(mounts, placed);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* --- afterwards --------------------------------------------------------------------------------
 */

/* Only the thing itself: a step may have put something else in its place. */
static int give_back(const struct placed *placed, struct error *err)
{
	const struct sandbox_mount *mount = placed->mount;
	const struct cover *cover = &placed->cover;
	struct stat st;

	if (mount->kind != SANDBOX_MOUNT_PLACED || !mount->is_kept || cover->parent_fd < 0)
		return 0;
	if (fstatat(cover->parent_fd, cover->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "look at '/%s'", mount->root_path);
	if (st.st_dev != placed->dev || st.st_ino != placed->ino)
		return 0;
	if (renameat2(cover->parent_fd, cover->name, mount->fd, mount->sub_path, RENAME_NOREPLACE) <
	    0)
		return error_sys(err, "bring '/%s' back", mount->root_path);
	return 0;
}

int chroot_mounts_remove(struct chroot_mounts *mounts, struct error *err)
{
	struct error ignored;
	int result = 0;

	while (mounts->len) {
		struct placed *placed = &mounts->items[--mounts->len];
		if (give_back(placed, result < 0 ? &ignored : err) < 0)
			result = -1;
		if (cover_remove(&placed->cover, result < 0 ? &ignored : err) < 0)
			result = -1;
	}
	vec_release(mounts);
	return result;
}
