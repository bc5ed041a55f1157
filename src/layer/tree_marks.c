/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_marks.h"

#include "base/alloc.h"
#include "base/fs_owner.h"
#include "base/fs_record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* As the snapshots have them (snapshot/format.h). */
#define MARK_PREFIX ".wh."
#define MARK_OPAQUE ".wh..wh..opq"

static int make_mark(int dir_fd, const char *name)
{
	return mknodat(dir_fd, name, S_IFREG | 0600, 0);
}

int tree_mark_opaque(const struct tree *tree, int fd, struct error *err)
{
	if (tree->options->has_named_marks) {
		if (make_mark(fd, MARK_OPAQUE) < 0 && errno != EEXIST)
			return error_sys(err, "mark directory as opaque");
		return 0;
	}
	autofree char *name = xasprintf("%sopaque", tree->options->overlay_prefix);
	if (fsetxattr(fd, name, "y", 1, 0) < 0)
		return error_sys(err, "mark directory as opaque (%s)", name);
	return 0;
}

int tree_mark_gone(struct tree *tree, const char *name, struct error *err)
{
	struct stat st;

	if (!tree->options->has_named_marks) {
		if (mknodat(tree->fd, name, S_IFCHR, makedev(0, 0)) == 0)
			return 1;
		return errno == EEXIST ? 0 : error_sys(err, "make whiteout of '%s'", name);
	}
	int found = tree_find(tree, name, &st, err);
	if (found)
		return found < 0 ? -1 : 0;
	autofree char *mark = xasprintf(MARK_PREFIX "%s", name);
	if (make_mark(tree->fd, mark) < 0 && errno != EEXIST)
		return error_sys(err, "make whiteout of '%s'", name);
	tree->has_marks = true;
	return 1;
}

int tree_take_mark(const struct tree *tree, int dir_fd, const char *name, struct error *err)
{
	if (!tree->has_marks)
		return 0;
	autofree char *mark = xasprintf(MARK_PREFIX "%s", name);
	if (unlinkat(dir_fd, mark, 0) == 0)
		return 1;
	return errno == ENOENT || errno == ENAMETOOLONG
		       ? 0
		       : error_sys(err, "remove whiteout of '%s'", name);
}

int tree_record(int fd, uint32_t type, const struct tree_meta *meta, uint32_t dev_major,
		uint32_t dev_minor, struct error *err)
{
	const struct fs_record record = { .mode = type | meta->mode,
					  .uid = meta->uid,
					  .gid = meta->gid,
					  .dev_major = dev_major,
					  .dev_minor = dev_minor };

	return fs_record_write(fd, &record, err);
}

int tree_record_device(int fd, const char *name, const struct fs_entry *device, uint32_t uid,
		       uint32_t gid, struct error *err)
{
	const struct fs_owner owner = { .uid = uid,
					.gid = gid,
					.device_type =
						device->type == FS_CHAR_DEVICE ? S_IFCHR : S_IFBLK,
					.dev_major = device->dev_major,
					.dev_minor = device->dev_minor };

	return fs_owner_write(fd, name, S_IFREG, &owner, err);
}

int tree_read_record(const struct tree *tree, int fd, struct stat *st, struct error *err)
{
	struct fs_record record;
	struct fs_owner owner = { 0 };

	if (tree->options->has_recorded_owners) {
		if (fs_owner_read(fd, NULL, st->st_mode, &owner, err) < 0)
			return -1;
		fs_owner_apply(&owner, st);
		return 0;
	}
	if (!tree->options->has_records)
		return 0;
	int found = fs_record_read(fd, NULL, &record, err);
	if (found > 0)
		fs_record_apply(&record, st);
	return found < 0 ? -1 : 0;
}
