/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/view.h"

#include "attribute.h"
#include "dir_listing.h"
#include "state.h"
#include "view_state.h"

#include "base/alloc.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

void snapshot_view_free(struct snapshot_view *view)
{
	if (!view)
		return;
	merged_dir_release(&view->dir);
	for (size_t i = 0; i < view->layers.n; i++)
		if (view->fds[i] >= 0)
			(void)close(view->fds[i]);
	arena_release(&view->arena);
	free(view->fds);
	free(view->path);
	free(view);
}

static struct snapshot_view *new_view(size_t n, const struct snapshot_format *format)
{
	struct snapshot_view *view = xcalloc(1, sizeof(*view));

	view->fds = xcalloc(n + 1, sizeof(*view->fds));
	for (size_t i = 0; i < n; i++)
		view->fds[i] = -1;
	view->layers = (struct layers){ view->fds, n, format };
	return view;
}

int snapshot_view_open(const struct snapshots *snapshots, const struct digest *chain_ids,
		       size_t n_chain_ids, struct snapshot_view **ret_view, struct error *err)
{
	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	cleanup(snapshot_view_free) struct snapshot_view *view =
		new_view(n_chain_ids, &snapshots->flavour->driver->format);
	for (size_t i = 0; i < n_chain_ids; i++) {
		int found = snapshot_open(snapshots, &chain_ids[i], &view->fds[i], err);
		if (found < 0)
			return -1;
		if (!found)
			return error_set(err, ERROR_NOT_FOUND, "snapshot '%s' is not there",
					 digest_hex(&chain_ids[i]).text);
	}
	*ret_view = take_ptr(&view);
	return 0;
}

static int view_of(const struct snapshot_format *format, const int *dir_fds, size_t n,
		   struct snapshot_view **ret_view, struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = new_view(n, format);

	for (size_t i = 0; i < n; i++) {
		view->fds[i] = fcntl(dir_fds[i], F_DUPFD_CLOEXEC, 0);
		if (view->fds[i] < 0)
			return error_sys(err, "layer directory");
	}
	*ret_view = take_ptr(&view);
	return 0;
}

int snapshot_view_of_dirs(const struct snapshots *snapshots, const int *dir_fds, size_t n,
			  struct snapshot_view **ret_view, struct error *err)
{
	if (!snapshots)
		return view_of(&driver_for_process()->format, dir_fds, n, ret_view, err);
	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	return view_of(&snapshots->flavour->driver->format, dir_fds, n, ret_view, err);
}

int snapshot_view_of_plain(const struct snapshot_format *like, int dir_fd,
			   struct snapshot_view **ret_view, struct error *err)
{
	static const struct snapshot_format plain = { .attribute_prefix = NULL };
	static const struct snapshot_format recorded = { .has_records = true };
	static const struct snapshot_format recorded_owners = { .has_recorded_owners = true };

	return view_of(like->has_records	   ? &recorded
		       : like->has_recorded_owners ? &recorded_owners
						   : &plain,
		       &dir_fd, 1, ret_view, err);
}

/* Goes back to the root unless the remembered directory is one on the way. */
static int start_on_the_way(struct snapshot_view *view, const char *root_path, struct error *err)
{
	struct merged_dir root = MERGED_DIR_INIT;

	if (view->path && path_is_within(root_path, view->path))
		return 0;
	if (merged_open_root(&view->layers, &root, err) < 0)
		return -1;
	merged_dir_release(&view->dir);
	free(view->path);
	view->dir = root;
	view->path = xstrdup("");
	return 0;
}

int view_dir(struct snapshot_view *view, const char *root_path, const struct merged_dir **ret_dir,
	     struct error *err)
{
	if (start_on_the_way(view, root_path, err) < 0)
		return -1;
	while (strcmp(view->path, root_path) != 0) {
		struct merged_dir child = MERGED_DIR_INIT;
		size_t len = strlen(view->path);
		const char *name = root_path + len + (len ? 1 : 0);
		size_t name_len = strcspn(name, "/");
		autofree char *one = xstrndup(name, name_len);
		int found = merged_open_child(&view->layers, &view->dir, one, &child, err);
		if (found <= 0)
			return found < 0 ? error_wrap(err, "'%s'", root_path) : 0;
		merged_dir_release(&view->dir);
		free(view->path);
		view->dir = child;
		view->path = xstrndup(root_path, (size_t)(name - root_path) + name_len);
	}
	*ret_dir = &view->dir;
	return 1;
}

int view_stat(struct snapshot_view *view, const char *root_path, struct stat *ret_st,
	      const struct merged_dir **ret_dir, size_t *ret_part, struct error *err)
{
	autofree char *parent = path_parent(root_path);

	int found = view_dir(view, parent, ret_dir, err);
	if (found <= 0)
		return found;
	return merged_find(*ret_dir, path_base_name(root_path), ret_st, ret_part, err);
}

/* The empty tree is a directory too. */
static int find_root(struct snapshot_view *view, struct dir_listing_item *item, struct error *err)
{
	item->st.st_mode = S_IFDIR | 0755;
	if (!view->layers.n)
		return 0;
	return format_stat(view->layers.format, view->fds[view->layers.n - 1], NULL, &item->st,
			   err) < 0
		       ? -1
		       : 0;
}

static int find_details(struct snapshot_view *view, int dir_fd, struct dir_listing_item *item,
			struct error *err)
{
	unsigned char capability[CAPABILITY_SIZE_MAX];
	char target[PATH_MAX + 1];

	if (S_ISLNK(item->st.st_mode)) {
		if (dir_listing_read_target(dir_fd, item->name, target, sizeof(target), err) < 0)
			return -1;
		item->target = arena_strdup(&view->arena, target);
	}
	if (!S_ISREG(item->st.st_mode))
		return 0;
	int len = format_read_capability(view->layers.format, dir_fd, item->name, capability, err);
	if (len <= 0)
		return len;
	void *copy = arena_alloc(&view->arena, (size_t)len);
	memcpy(copy, capability, (size_t)len);
	item->capability = copy;
	item->capability_len = (size_t)len;
	return 0;
}

int snapshot_view_find(struct snapshot_view *view, const char *root_path,
		       struct fs_entry *ret_entry, struct error *err)
{
	const struct merged_dir *dir = NULL;
	struct dir_listing_item item = { .name = path_base_name(root_path) };
	size_t part = 0;

	if (!*root_path) {
		if (find_root(view, &item, err) < 0)
			return -1;
	} else {
		int found = view_stat(view, root_path, &item.st, &dir, &part, err);
		if (found <= 0)
			return found;
		if (find_details(view, dir->parts[part].fd, &item, err) < 0)
			return -1;
	}
	dir_listing_entry(&item, arena_strdup(&view->arena, root_path), ret_entry);
	return 1;
}

int snapshot_view_open_file(struct snapshot_view *view, const char *root_path, int *ret_fd,
			    struct error *err)
{
	const struct merged_dir *dir = NULL;
	struct stat st;
	size_t part = 0;

	if (!*root_path) {
		int found = view_dir(view, "", &dir, err);
		if (found < 0 || !dir->n)
			return found < 0 ? -1 : 0;
		root_path = ".";
	} else {
		int found = view_stat(view, root_path, &st, &dir, &part, err);
		if (found <= 0)
			return found;
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			return error_set(err, ERROR_USAGE,
					 "'%s' is neither a regular file nor a directory",
					 root_path);
	}
	int fd = openat(dir->parts[part].fd, path_base_name(root_path),
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", root_path);
	*ret_fd = fd;
	return 1;
}

int snapshot_view_list(struct snapshot_view *view, const char *root_path, struct strv *names,
		       struct error *err)
{
	cleanup(dir_listing_release) struct dir_listing listing = LISTING_INIT;
	const struct merged_dir *dir = NULL;

	int found = view_dir(view, root_path, &dir, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no directory '%s'", root_path);
	if (dir_listing_read(dir, LISTING_NAMES, &listing, err) < 0)
		return error_wrap(err, "'%s'", root_path);
	for (size_t i = 0; i < listing.n; i++)
		strv_add(names, listing.items[i].name);
	return 0;
}
