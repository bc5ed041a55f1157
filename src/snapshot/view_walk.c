/* SPDX-License-Identifier: Apache-2.0 */
#include "dir_listing.h"
#include "view_state.h"

#include "base/buf.h"
#include "base/path.h"
#include "base/vec.h"
#include "snapshot/view.h"

#include <string.h>

/* A directory on the way down: what is in it, and how far we are. */
struct frame {
	struct dir_listing listing;
	size_t next;
	size_t path_len;
};

struct walk {
	struct snapshot_view *view;
	VEC(struct frame) frames;
	struct buf path;
	snapshot_view_item_visitor *visit;
	void *context;
};

static void walk_release(struct walk *walk)
{
	for (size_t i = 0; i < walk->frames.len; i++)
		dir_listing_release(&walk->frames.items[i].listing);
	vec_release(&walk->frames);
	buf_release(&walk->path);
}
DEFINE_RELEASE(struct walk, walk_release);

static int enter(struct walk *walk, const struct merged_dir *dir, struct error *err)
{
	struct frame frame = { .listing = LISTING_INIT, .path_len = walk->path.len };

	if (dir_listing_read(dir, LISTING_ENTRIES, &frame.listing, err) < 0)
		return error_wrap(err, "'%s'", walk->path.data);
	vec_push(&walk->frames, frame);
	return 0;
}

static int enter_item(struct walk *walk, const struct dir_listing_item *item, struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir dir = MERGED_DIR_INIT;

	int found = merged_open_path(&walk->view->layers, walk->path.data, item->layers,
				     item->n_layers, &dir, err);
	if (!found)
		return error_set(err, ERROR_CHANGED, "directory '%s' was removed meanwhile",
				 walk->path.data);
	return found < 0 ? -1 : enter(walk, &dir, err);
}

static int visit_entry(const struct walk *walk, const struct fs_entry *entry, const struct stat *st,
		       size_t layer, struct error *err)
{
	struct snapshot_view_item item = {
		.entry = entry,
		.dev = st->st_dev,
		.inode = st->st_ino,
		.n_names = st->st_nlink,
		.layer = layer,
	};

	return walk->visit(walk->context, &item, err) < 0 ? -1 : 0;
}

static int visit_next(struct walk *walk, struct error *err)
{
	struct frame *frame = &walk->frames.items[walk->frames.len - 1];
	const struct dir_listing_item *item = &frame->listing.items[frame->next++];
	struct fs_entry entry;

	buf_truncate(&walk->path, frame->path_len);
	if (frame->path_len)
		buf_add_char(&walk->path, '/');
	buf_add_text(&walk->path, item->name);
	dir_listing_entry(item, walk->path.data, &entry);
	if (visit_entry(walk, &entry, &item->st, item->layers[0], err) < 0)
		return -1;
	return entry.type == FS_DIR ? enter_item(walk, item, err) : 0;
}

static int walk_down(struct walk *walk, struct error *err)
{
	while (walk->frames.len) {
		struct frame *frame = &walk->frames.items[walk->frames.len - 1];
		if (frame->next < frame->listing.n) {
			if (visit_next(walk, err) < 0)
				return -1;
			continue;
		}
		dir_listing_release(&frame->listing);
		walk->frames.len--;
	}
	return 0;
}

/* The top is found as any other path is; its device and inode are its topmost part's. */
static int visit_top(struct walk *walk, const char *root_path, enum fs_type *ret_type,
		     struct error *err)
{
	const struct merged_dir *dir = NULL;
	struct stat st = { 0 };
	struct fs_entry entry;
	size_t part = 0, n = walk->view->layers.n;
	size_t layer = n ? n - 1 : 0;

	int found = snapshot_view_find(walk->view, root_path, &entry, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no '%s'", root_path);
	if (!*root_path && n)
		(void)fstat(walk->view->fds[layer], &st);
	else if (*root_path && view_stat(walk->view, root_path, &st, &dir, &part, err) < 0)
		return -1;
	*ret_type = entry.type;
	return visit_entry(walk, &entry, &st, dir ? dir->parts[part].layer : layer, err);
}

int snapshot_view_walk_items(struct snapshot_view *view, const char *root_path,
			     snapshot_view_item_visitor *visit, void *context, struct error *err)
{
	cleanup(walk_release) struct walk walk = { view, VEC_INIT, BUF_INIT, visit, context };
	const struct merged_dir *dir = NULL;
	enum fs_type type = FS_FILE;

	if (visit_top(&walk, root_path, &type, err) < 0)
		return -1;
	if (type != FS_DIR)
		return 0;
	int found = view_dir(view, root_path, &dir, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_CHANGED, "directory '%s' was removed meanwhile",
				 root_path);
	buf_add_text(&walk.path, root_path);
	return enter(&walk, dir, err) < 0 ? -1 : walk_down(&walk, err);
}

struct visiting {
	snapshot_view_visitor *visit;
	void *context;
};

static int visit_plainly(void *context, const struct snapshot_view_item *item, struct error *err)
{
	const struct visiting *visiting = context;

	return visiting->visit(visiting->context, item->entry, item->dev, item->inode, err);
}

int snapshot_view_walk(struct snapshot_view *view, const char *root_path,
		       snapshot_view_visitor *visit, void *context, struct error *err)
{
	struct visiting visiting = { visit, context };

	return snapshot_view_walk_items(view, root_path, visit_plainly, &visiting, err);
}
