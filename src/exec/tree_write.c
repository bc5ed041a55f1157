/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_write.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_copy.h"
#include "base/fs_owner.h"
#include "base/map.h"
#include "cache/content.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };

struct writing {
	const struct copy_tree *tree;
	int dir_fd;
	bool records_owners;
	struct map links; /* "dev:inode" -> the path that has it */
	struct arena arena;
};

static void writing_release(struct writing *writing)
{
	map_release(&writing->links);
	arena_release(&writing->arena);
}
DEFINE_RELEASE(struct writing, writing_release);

/* What was copied must be what the key was made of. */
static int check_content(int fd, const struct fs_entry *entry, struct error *err)
{
	struct digest digest;

	if (!entry->has_digest)
		return 0;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind");
	if (content_hash_fd(fd, &digest, NULL, err) < 0)
		return -1;
	if (!digest_equal(&digest, &entry->digest))
		return error_set(err, ERROR_CHANGED, "'/%s' changed while it was read",
				 entry->path);
	return 0;
}

static int write_file(struct writing *writing, const struct fs_entry *entry, const char *path,
		      struct error *err)
{
	const struct copy_tree *tree = writing->tree;
	autoclose int from_fd = -1;
	autoclose int to_fd = openat(writing->dir_fd, path, OPEN_FLAGS, 0600);

	if (to_fd < 0)
		return error_sys(err, "create '%s'", path);
	int found = tree->open(tree->context, entry->path, &from_fd, err);
	if (found == 0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away while it was read",
				 entry->path);
	if (found < 0 || fs_copy_content(from_fd, to_fd, err) < 0 ||
	    check_content(to_fd, entry, err) < 0)
		return -1;
	if (fs_owner_set(writing->records_owners, to_fd, NULL, entry->uid, entry->gid, err) < 0)
		return error_wrap(err, "'%s'", path);
	if (fchmod(to_fd, entry->mode) < 0)
		return error_sys(err, "set the mode of '%s'", path);
	if (entry->capability && fsetxattr(to_fd, "security.capability", entry->capability,
					   entry->capability_len, 0) < 0)
		return error_sys(err, "set the file capability of '%s'", path);
	return 0;
}

static int make_node(const struct writing *writing, const struct fs_entry *entry, const char *path)
{
	if (entry->type == FS_DIR)
		return mkdirat(writing->dir_fd, path, 0700);
	if (entry->type == FS_SOCKET) /* as COPY has it: an empty file */
		return mknodat(writing->dir_fd, path, S_IFREG | 0600, 0);
	return fs_entry_make_node(writing->dir_fd, path, entry);
}

static int write_node(const struct writing *writing, const struct fs_entry *entry, const char *path,
		      struct error *err)
{
	if (make_node(writing, entry, path) < 0)
		return error_sys(err, "make '%s'", path);
	if (fs_owner_set(writing->records_owners, writing->dir_fd, path, entry->uid, entry->gid,
			 err) < 0)
		return -1;
	/* a directory's mode may lock us out: last */
	if (entry->type != FS_SYMLINK && entry->type != FS_DIR &&
	    fchmodat(writing->dir_fd, path, entry->mode, 0) < 0)
		return error_sys(err, "set the mode of '%s'", path);
	return 0;
}

/* 1 it was another name of something written before. */
static int link_to_first(struct writing *writing, const struct selected_file *file,
			 const char *path, struct error *err)
{
	if (!file->inode || file->entry.type == FS_DIR)
		return 0;
	autofree char *key = xasprintf("%llx:%llx", (unsigned long long)file->dev,
				       (unsigned long long)file->inode);
	const char *first = map_get(&writing->links, key);
	if (!first) {
		(void)map_set(&writing->links, key, arena_strdup(&writing->arena, path));
		return 0;
	}
	if (linkat(writing->dir_fd, first, writing->dir_fd, path, 0) < 0)
		return error_sys(err, "link '%s'", path);
	return 1;
}

static char *place_of(const struct selected_file *file, const char *name)
{
	return *file->relative ? xasprintf("%s/%s", name, file->relative) : xstrdup(name);
}

static int write_one(struct writing *writing, const struct selected_file *file, const char *name,
		     struct error *err)
{
	const struct fs_entry *entry = &file->entry;
	struct timespec times[2] = { { entry->mtime, entry->mtime_nsec },
				     { entry->mtime, entry->mtime_nsec } };
	autofree char *path = place_of(file, name);

	int linked = link_to_first(writing, file, path, err);
	if (linked)
		return linked < 0 ? -1 : 0;
	if ((entry->type == FS_FILE ? write_file(writing, entry, path, err)
				    : write_node(writing, entry, path, err)) < 0)
		return -1;
	if (utimensat(writing->dir_fd, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the time of '%s'", path);
	return 0;
}

/* Modes and times of directories, deepest first: nothing is made in them any more. */
static int finish_dir(const struct writing *writing, const struct selected_file *file,
		      const char *name, struct error *err)
{
	const struct fs_entry *entry = &file->entry;
	struct timespec times[2] = { { entry->mtime, entry->mtime_nsec },
				     { entry->mtime, entry->mtime_nsec } };
	autofree char *path = place_of(file, name);

	if (fchmodat(writing->dir_fd, path, entry->mode, 0) < 0 ||
	    utimensat(writing->dir_fd, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set mode and time of '%s'", path);
	return 0;
}

int tree_write(const struct copy_tree *tree, const struct selection *selection, bool records_owners,
	       int dir_fd, const char *name, struct error *err)
{
	cleanup(writing_release) struct writing writing = { .tree = tree,
							    .dir_fd = dir_fd,
							    .records_owners = records_owners };
	const struct selected_match *match = &selection->matches[0];

	for (size_t i = match->first; i < match->end; i++)
		if (write_one(&writing, &selection->files[i], name, err) < 0)
			return -1;
	for (size_t i = match->end; i-- > match->first;)
		if (selection->files[i].entry.type == FS_DIR &&
		    finish_dir(&writing, &selection->files[i], name, err) < 0)
			return -1;
	return 0;
}
