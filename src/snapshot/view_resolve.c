/* SPDX-License-Identifier: Apache-2.0 */
#include "dir_listing.h"
#include "view_state.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "snapshot/view.h"

#include <limits.h>
#include <string.h>

struct resolution {
	struct snapshot_view *view;
	bool follows_last;
	struct buf done; /* cleaned, and no symlink in it */
	struct buf rest; /* what is still to be looked at */
	size_t at;	 /* in rest */
	unsigned n_symlinks;
	size_t exists; /* so much of done exists, or everything (SIZE_MAX): the rest is text */
};

static void resolution_release(struct resolution *resolution)
{
	buf_release(&resolution->done);
	buf_release(&resolution->rest);
}
DEFINE_RELEASE(struct resolution, resolution_release);

static void pop(struct buf *path)
{
	const char *slash = memrchr(path->data, '/', path->len);

	buf_truncate(path, slash ? (size_t)(slash - path->data) : 0);
}

static void push(struct buf *path, const char *name)
{
	if (path->len)
		buf_add_char(path, '/');
	buf_add_text(path, name);
}

/* The next component, or NULL at the end; the caller's. */
static char *next_name(struct resolution *resolution)
{
	const char *rest = resolution->rest.data;
	size_t at = resolution->at + strspn(rest + resolution->at, "/");
	size_t len = strcspn(rest + at, "/");

	resolution->at = at + len;
	return len ? xstrndup(rest + at, len) : NULL;
}

static bool is_last(const struct resolution *resolution)
{
	const char *rest = resolution->rest.data + resolution->at;

	return rest[strspn(rest, "/")] == '\0';
}

/* Its target takes the place of the symlink in what is still to be looked at. */
static int follow(struct resolution *resolution, int dir_fd, const char *name, struct error *err)
{
	cleanup(buf_release) struct buf rest = BUF_INIT;
	char target[PATH_MAX + 1];

	if (++resolution->n_symlinks > VIEW_SYMLINKS_MAX)
		return error_set(err, ERROR_USAGE, "more than %d symlinks on the way",
				 VIEW_SYMLINKS_MAX);
	if (dir_listing_read_target(dir_fd, name, target, sizeof(target), err) < 0)
		return -1;
	buf_printf(&rest, "%s/%s", target, resolution->rest.data + resolution->at);
	buf_release(&resolution->rest);
	resolution->rest = rest;
	rest = (struct buf)BUF_INIT;
	resolution->at = 0;
	if (target[0] == '/')
		buf_clear(&resolution->done);
	return 0;
}

static int step(struct resolution *resolution, const char *name, struct error *err)
{
	const struct merged_dir *dir = NULL;
	struct stat st;
	size_t part = 0;

	int found = view_dir(resolution->view, resolution->done.data, &dir, err);
	if (found > 0)
		found = merged_find(dir, name, &st, &part, err);
	if (found < 0)
		return -1;
	if (found && S_ISLNK(st.st_mode) && (!is_last(resolution) || resolution->follows_last))
		return follow(resolution, dir->parts[part].fd, name, err);
	if (found && !S_ISDIR(st.st_mode) && !is_last(resolution))
		return error_set(err, ERROR_USAGE, "'%s' is not a directory", name);
	if (!found)
		resolution->exists = resolution->done.len;
	push(&resolution->done, name);
	return 0;
}

static int resolve(struct resolution *resolution, struct error *err)
{
	for (;;) {
		autofree char *name = next_name(resolution);
		if (!name)
			return 0;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			pop(&resolution->done);
			if (resolution->done.len <= resolution->exists)
				resolution->exists = SIZE_MAX;
			continue;
		}
		if (resolution->exists != SIZE_MAX)
			push(&resolution->done, name);
		else if (step(resolution, name, err) < 0)
			return -1;
	}
}

int snapshot_view_resolve(struct snapshot_view *view, const char *root_path, bool follow_last,
			  char **ret_path, struct error *err)
{
	cleanup(resolution_release) struct resolution resolution = {
		.view = view,
		.follows_last = follow_last,
		.done = BUF_INIT,
		.rest = BUF_INIT,
		.exists = SIZE_MAX,
	};

	buf_add_text(&resolution.rest, root_path);
	if (resolve(&resolution, err) < 0)
		return error_wrap(err, "'%s'", root_path);
	*ret_path = buf_take(&resolution.done);
	return 0;
}
