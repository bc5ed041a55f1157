/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include "attribute.h"

#include "base/alloc.h"
#include "base/confined_open.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/fs_record.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

int format_is_marked(const struct snapshot_format *format, int dir_fd, const char *path,
		     struct error *err)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	if (!format->has_named_marks)
		return 0;
	const char *name = path_base_name(path);
	autofree char *mark = xasprintf("%.*s" MARK_PREFIX "%s", (int)(name - path), path, name);
	autoclose int fd = confined_open(dir_fd, mark, &how);
	if (fd >= 0)
		return 1;
	/* a name that has no room for the mark never had one */
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
		return 0;
	return error_sys(err, "look for the mark of '%s'", path);
}

int format_is_opaque(const struct snapshot_format *format, int dir_fd, struct error *err)
{
	struct stat st;

	if (!format->has_named_marks)
		return format->attribute_prefix
			       ? attribute_is_opaque(dir_fd, format->attribute_prefix, err)
			       : 0;
	if (fstatat(dir_fd, MARK_OPAQUE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_sys(err, "look for an opaque mark");
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* The root of a layer need not have been said anything of. */
static int apply_record(int dir_fd, const char *name, struct stat *st, struct error *err)
{
	struct fs_record record = { .mode = S_IFDIR | 0755 };

	if (S_ISLNK(st->st_mode)) {
		st->st_uid = st->st_gid = 0;
		return fs_record_read_link(dir_fd, name, &st->st_uid, &st->st_gid, err) < 0 ? -1
											    : 1;
	}
	int found = fs_record_read(dir_fd, name, &record, err);
	if (found < 0)
		return -1;
	if (!found && name)
		return error_set(err, ERROR_CORRUPT, "no owner is recorded for '%s'", name);
	fs_record_apply(&record, st);
	return 1;
}

/* What nothing is recorded of is root's. */
static int apply_owner(int dir_fd, const char *name, struct stat *st, struct error *err)
{
	struct fs_owner owner = { 0 };

	int found = fs_owner_read(dir_fd, name, st->st_mode, &owner, err);
	fs_owner_apply(&owner, st);
	return found < 0 ? -1 : 0;
}

int format_stat(const struct snapshot_format *format, int dir_fd, const char *name,
		struct stat *ret_st, struct error *err)
{
	struct stat st;

	if (fstatat(dir_fd, name ? name : "", &st,
		    AT_SYMLINK_NOFOLLOW | (name ? 0 : AT_EMPTY_PATH)) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "stat '%s'", name ? name : ".");
	if (format->has_records && apply_record(dir_fd, name, &st, err) < 0)
		return -1;
	if (format->has_recorded_owners && !is_whiteout(&st) &&
	    apply_owner(dir_fd, name, &st, err) < 0)
		return -1;
	*ret_st = st;
	return 1;
}

int format_read_capability(const struct snapshot_format *format, int dir_fd, const char *name,
			   unsigned char *capability, struct error *err)
{
	struct fs_record record;

	if (!format->has_records)
		return attribute_read_capability(dir_fd, name, capability, err);
	int found = fs_record_read(dir_fd, name, &record, err);
	if (found <= 0)
		return found;
	memcpy(capability, record.capability, record.capability_len);
	return (int)record.capability_len;
}
