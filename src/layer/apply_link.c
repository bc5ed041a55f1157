/* SPDX-License-Identifier: Apache-2.0 */
#include "apply_link.h"

#include "entry_name.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/fs_record.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { COPY_SIZE = 128 * 1024, CAPABILITY_SIZE_MAX = 64 };

/* The target as a descriptor of its directory and one name in it. */
struct target {
	int dir_fd;
	const char *name;
	struct stat st;
};

#define TARGET_INIT          \
	{                    \
		.dir_fd = -1 \
	}

static void target_release(struct target *target)
{
	if (target->dir_fd >= 0)
		(void)close(target->dir_fd);
}
DEFINE_RELEASE(struct target, target_release);

static int open_parent(struct apply *apply, int *ret_fd, struct error *err)
{
	autofree char *parent = path_parent(apply->target.data);

	return fs_open_in_root(apply->tree.root_fd, parent, O_PATH | O_DIRECTORY, 0, ret_fd, err);
}

/* 1/0/-1. A whiteout is nothing. */
static int find_target(struct apply *apply, struct target *target, struct error *err)
{
	int found = open_parent(apply, &target->dir_fd, err);

	if (found <= 0)
		return found;
	target->name = path_base_name(apply->target.data);
	if (fstatat(target->dir_fd, target->name, &target->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "look at the hard link's target");
	return !tree_is_whiteout(&target->st);
}

static int copy_bytes(int from_fd, int to_fd, struct error *err)
{
	autofree char *block = xmalloc(COPY_SIZE);
	size_t len = 0;

	do {
		if (fs_read_full(from_fd, block, COPY_SIZE, &len, err) < 0 ||
		    fs_write_all(to_fd, block, len, err) < 0)
			return -1;
	} while (len == COPY_SIZE);
	return 0;
}

static int copy_record(int from_fd, int to_fd, const struct timespec times[2], struct error *err)
{
	struct fs_record record;

	int found = fs_record_read(from_fd, NULL, &record, err);
	if (found == 0)
		return error_set(err, ERROR_CORRUPT, "no owner is recorded for the link's target");
	if (found < 0 || fs_record_write(to_fd, &record, err) < 0)
		return -1;
	return futimens(to_fd, times) < 0 ? error_sys(err, "set the time") : 0;
}

static int copy_owner(int from_fd, int to_fd, struct error *err)
{
	struct fs_owner owner = { 0 };

	if (fs_owner_read(from_fd, NULL, S_IFREG, &owner, err) < 0)
		return -1;
	return fs_owner_write(to_fd, NULL, S_IFREG, &owner, err);
}

static int copy_meta(const struct tree *tree, int from_fd, int to_fd, const struct stat *st,
		     struct error *err)
{
	struct timespec times[2] = { st->st_mtim, st->st_mtim };
	char capability[CAPABILITY_SIZE_MAX];

	if (tree->options->has_records)
		return copy_record(from_fd, to_fd, times, err);
	if ((tree->options->has_recorded_owners
		     ? copy_owner(from_fd, to_fd, err)
		     : tree_set_owner(tree, to_fd, NULL, st->st_uid, st->st_gid, err)) < 0)
		return -1;
	if (fchmod(to_fd, st->st_mode & 07777) < 0)
		return error_sys(err, "set the mode");
	ssize_t len = fgetxattr(from_fd, "security.capability", capability, sizeof(capability));
	if (len > 0 && fsetxattr(to_fd, "security.capability", capability, (size_t)len, 0) < 0)
		return error_sys(err, "set the file capability");
	return futimens(to_fd, times) < 0 ? error_sys(err, "set the time") : 0;
}

/* The layer has only the second name of a file; the first is in a layer below. */
static int copy_from_below(struct apply *apply, const char *name, struct error *err)
{
	const struct unpack_options *options = apply->options;
	autoclose int from_fd = -1;
	struct stat st;
	int found = 0;

	if (options->open_below)
		found = options->open_below(options->open_below_context, apply->target.data,
					    &from_fd, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_CORRUPT, "hard link to '%.300s', which is not there",
				 apply->target.data);
	if (fstat(from_fd, &st) < 0)
		return error_sys(err, "look at '%.300s' in the layers below", apply->target.data);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CORRUPT, "hard link to '%.300s', which is no file",
				 apply->target.data);
	if (tree_clear(&apply->tree, name, err) < 0)
		return -1;
	autoclose int to_fd = openat(apply->tree.fd, name,
				     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to_fd < 0)
		return error_sys(err, "create");
	if (copy_bytes(from_fd, to_fd, err) < 0)
		return -1;
	return copy_meta(&apply->tree, from_fd, to_fd, &st, err);
}

static int link_target(struct apply *apply, const struct target *target, const char *name,
		       struct error *err)
{
	struct stat st;

	if (S_ISDIR(target->st.st_mode))
		return error_set(err, ERROR_CORRUPT, "hard link to directory '%.300s'",
				 apply->target.data);
	int found = tree_find(&apply->tree, name, &st, err);
	if (found < 0)
		return -1;
	/* already the same file, perhaps by its very name: removing that would remove the target */
	if (found && st.st_ino == target->st.st_ino && st.st_dev == target->st.st_dev)
		return 0;
	if (found && tree_clear(&apply->tree, name, err) < 0)
		return -1;
	if (linkat(target->dir_fd, target->name, apply->tree.fd, name, 0) < 0)
		return error_sys(err, "hard link to '%.300s'", apply->target.data);
	return 0;
}

/* A hard link is a name and nothing else. */
static int check_link(struct apply *apply, const struct tar_item *item, struct error *err)
{
	const void *data = NULL;
	uint64_t offset = 0;
	size_t len = 0;

	if (entry_name_clean(item->target, "hard link target", &apply->target, err) < 0)
		return -1;
	if (!apply->target.len)
		return error_set(err, ERROR_CORRUPT, "hard link to the root");
	int found = tar_reader_data(apply->reader, &data, &len, &offset, err);
	if (found < 0)
		return -1;
	if (found && len)
		return error_set(err, ERROR_CORRUPT, "hard link with content");
	return 0;
}

int apply_hard_link(struct apply *apply, const struct tar_item *item, const char *name,
		    struct error *err)
{
	cleanup(target_release) struct target target = TARGET_INIT;

	if (check_link(apply, item, err) < 0)
		return -1;
	int found = find_target(apply, &target, err);
	if (found < 0)
		return -1;
	return found ? link_target(apply, &target, name, err) : copy_from_below(apply, name, err);
}
