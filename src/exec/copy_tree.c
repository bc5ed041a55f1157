/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_tree.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "context/listing.h"
#include "context/owner_list.h"
#include "exec/exec.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* --- a merged view ---------------------------------------------------------------------------- */

static int view_find(void *context, const char *path, struct fs_entry *ret_entry, struct error *err)
{
	return snapshot_view_find(context, path, ret_entry, err);
}

static int view_resolve(void *context, const char *path, char **ret_path, struct error *err)
{
	return snapshot_view_resolve(context, path, true, ret_path, err);
}

static int view_walk(void *context, const char *path, snapshot_view_visitor *visit, void *arg,
		     struct error *err)
{
	return snapshot_view_walk(context, path, visit, arg, err);
}

static int view_open(void *context, const char *path, int *ret_fd, struct error *err)
{
	return snapshot_view_open_file(context, path, ret_fd, err);
}

static int view_list(void *context, const char *path, struct strv *names, struct error *err)
{
	return snapshot_view_list(context, path, names, err);
}

struct copy_tree copy_tree_of_view(struct snapshot_view *view)
{
	return (struct copy_tree){ .find = view_find,
				   .resolve = view_resolve,
				   .walk = view_walk,
				   .open = view_open,
				   .list = view_list,
				   .context = view };
}

/* --- a build context -------------------------------------------------------------------------- */

/* The listing knows no owners: those of an archive are the files' own, or beside them. */
static void add_owner(const struct exec_context *context, struct fs_entry *entry)
{
	struct stat st;

	if (!context->keeps_owners || fstatat(context->dir_fd, *entry->path ? entry->path : ".",
					      &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	entry->uid = st.st_uid;
	entry->gid = st.st_gid;
	if (context->owners)
		owner_list_find(context->owners, st.st_ino, &entry->uid, &entry->gid);
}

static int listing_tree_find(void *context, const char *path, struct fs_entry *ret_entry,
			     struct error *err)
{
	const struct exec_context *build_context = context;
	size_t i;

	(void)err;
	if (!listing_find(build_context->listing, path, &i))
		return 0;
	*ret_entry = listing_entry(build_context->listing, i);
	add_owner(build_context, ret_entry);
	return 1;
}

static int listing_tree_resolve(void *context, const char *path, char **ret_path, struct error *err)
{
	const struct exec_context *build_context = context;

	return listing_resolve(build_context->listing, path, ret_path, err);
}

/* Links are told by the first entry of the same file: its number stands for an inode. */
static int listing_tree_walk(void *context, const char *path, snapshot_view_visitor *visit,
			     void *arg, struct error *err)
{
	const struct exec_context *build_context = context;
	size_t first, last;

	listing_range(build_context->listing, path, &first, &last);
	for (size_t i = first; i < last; i++) {
		struct fs_entry entry = listing_entry(build_context->listing, i);
		add_owner(build_context, &entry);
		uint64_t inode = listing_first_link(build_context->listing, i) + 1;
		if (visit(arg, &entry, 0, inode, err) < 0)
			return -1;
	}
	return 0;
}

/* Beneath the context and through no symlink: the listing resolved them. */
static int listing_tree_open(void *context, const char *path, int *ret_fd, struct error *err)
{
	const struct exec_context *build_context = context;

	return fs_open_beneath(build_context->dir_fd, path,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, ret_fd, err);
}

struct copy_tree copy_tree_of_context(const struct exec_context *context)
{
	return (struct copy_tree){
		.find = listing_tree_find,
		.resolve = listing_tree_resolve,
		.walk = listing_tree_walk,
		.open = listing_tree_open,
		.context = (void *)(uintptr_t)context,
		.is_context = !context->keeps_owners,
	};
}
