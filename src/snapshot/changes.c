/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/changes.h"

#include "attribute.h"
#include "changes_compare.h"
#include "dir_listing.h"
#include "view_state.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"

#include <stdio.h>
#include <string.h>

/* What became of a name. */
enum fate {
	FATE_NOTHING,
	FATE_WRITTEN,	/* new or changed */
	FATE_GONE,	/* was there below, and is not any more */
	FATE_UNCHANGED, /* a directory that was copied up, perhaps because something in it changed
			 */
};

struct item {
	struct dir_listing_item entry; /* of the upper, or just a name */
	enum fate fate;
};

/* A directory of the upper on the way down. */
struct frame {
	struct dir_listing listing;
	struct arena arena;	/* names of what is gone, the list of layers */
	VEC(struct item) items; /* by name */
	size_t next, path_len;
	bool hides_below;    /* it is opaque, or in a directory that is */
	const size_t *below; /* layers that this directory has below it, topmost first */
	size_t n_below;
	struct dir_listing_item entry; /* its own, until it is listed; strings are its parent's */
	bool is_listed;
};

struct reading {
	struct layers upper;
	struct snapshot_view *below;
	VEC(struct frame) frames;
	struct buf path;
	struct map links; /* inode -> path of its first name */
	struct changes *changes;
	VEC(struct fs_entry) entries;
};

static const size_t THE_UPPER = 0;

static void frame_release(struct frame *frame)
{
	dir_listing_release(&frame->listing);
	arena_release(&frame->arena);
	vec_release(&frame->items);
}

static void reading_release(struct reading *reading)
{
	for (size_t i = 0; i < reading->frames.len; i++)
		frame_release(&reading->frames.items[i]);
	vec_release(&reading->frames);
	vec_release(&reading->entries);
	map_release(&reading->links);
	buf_release(&reading->path);
}
DEFINE_RELEASE(struct reading, reading_release);

void changes_release(struct changes *changes)
{
	arena_release(&changes->arena);
	*changes = (struct changes)CHANGES_INIT;
}

/* --- what a directory holds --------------------------------------------------------------------
 */

/* No layer holds a socket, even where the snapshot of one does: it never was there. */
static bool is_in_layers(mode_t mode)
{
	return !S_ISSOCK(mode);
}

static int judge(const struct dir_listing_item *entry, const struct merged_dir *upper,
		 const struct merged_dir *below, enum fate *ret_fate, struct error *err)
{
	bool is_there = !merged_is_whiteout(&entry->st) && is_in_layers(entry->st.st_mode);
	struct stat st;
	size_t part = 0;

	int was_there = merged_find(below, entry->name, &st, &part, err);
	if (was_there < 0)
		return -1;
	was_there = was_there && is_in_layers(st.st_mode);
	*ret_fate = FATE_WRITTEN;
	if (!is_there)
		*ret_fate = was_there ? FATE_GONE : FATE_NOTHING;
	if (!is_there || !was_there)
		return 0;
	const struct place here = { upper->parts[0].fd, entry->name, upper->format };
	const struct place there = { below->parts[part].fd, entry->name, below->format };
	int is_same = changes_is_same(&here, entry, &there, &st, err);
	if (is_same < 0)
		return -1;
	if (is_same)
		*ret_fate = S_ISDIR(entry->st.st_mode) ? FATE_UNCHANGED : FATE_NOTHING;
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->entry.name, y->entry.name);
}

static bool has_name(const struct dir_listing *listing, const char *name)
{
	size_t low = 0, high = listing->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(listing->items[middle].name, name);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* An opaque directory takes away everything that it does not have itself. */
static int add_hidden(struct frame *frame, const struct merged_dir *below, struct error *err)
{
	cleanup(dir_listing_release) struct dir_listing hidden = LISTING_INIT;

	if (dir_listing_read(below, LISTING_NAMES, &hidden, err) < 0)
		return -1;
	for (size_t i = 0; i < hidden.n; i++) {
		struct item gone = { .fate = FATE_GONE };
		if (has_name(&frame->listing, hidden.items[i].name) ||
		    !is_in_layers(hidden.items[i].st.st_mode))
			continue;
		gone.entry.name = arena_strdup(&frame->arena, hidden.items[i].name);
		vec_push(&frame->items, gone);
	}
	if (frame->items.len)
		qsort(frame->items.items, frame->items.len, sizeof(*frame->items.items),
		      compare_items);
	return 0;
}

static int judge_items(struct frame *frame, const struct merged_dir *upper,
		       const struct merged_dir *below, struct error *err)
{
	if (dir_listing_read(upper, LISTING_RAW, &frame->listing, err) < 0)
		return -1;
	for (size_t i = 0; i < frame->listing.n; i++) {
		struct item item = { .entry = frame->listing.items[i] };
		if (judge(&item.entry, upper, below, &item.fate, err) < 0)
			return -1;
		vec_push(&frame->items, item);
	}
	return frame->hides_below && frame->items.len + below->n ? add_hidden(frame, below, err)
								 : 0;
}

static void keep_layers(struct frame *frame, const struct merged_dir *below)
{
	size_t *layers = arena_array(&frame->arena, below->n + 1, sizeof(*layers));

	for (size_t i = 0; i < below->n; i++)
		layers[i] = below->parts[i].layer;
	frame->below = layers;
	frame->n_below = below->n;
}

/* The frame is on the stack from here on, so that whatever happens it is released. */
static int enter(struct reading *reading, const struct frame *start, const struct merged_dir *upper,
		 const struct merged_dir *below, struct error *err)
{
	vec_push(&reading->frames, *start);
	struct frame *frame = &reading->frames.items[reading->frames.len - 1];
	frame->path_len = reading->path.len;
	keep_layers(frame, below);
	if (judge_items(frame, upper, below, err) < 0)
		return error_wrap(err, "'%s'", reading->path.data);
	return 0;
}

static int enter_item(struct reading *reading, const struct frame *parent, const struct item *item,
		      struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir upper = MERGED_DIR_INIT;
	cleanup(merged_dir_release) struct merged_dir below = MERGED_DIR_INIT;
	struct frame frame = {
		.hides_below = parent->hides_below,
		.entry = item->entry,
		.is_listed = item->fate == FATE_WRITTEN,
	};
	const char *path = reading->path.data;

	int found = merged_open_path(&reading->upper, path, &THE_UPPER, 1, &upper, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_CHANGED, "directory '%s' was removed meanwhile", path);
	if (merged_open_path(&reading->below->layers, path, parent->below, parent->n_below, &below,
			     err) < 0)
		return -1;
	if (!frame.hides_below && below.n) {
		int is_opaque = format_is_opaque(reading->upper.format, upper.parts[0].fd, err);
		if (is_opaque < 0)
			return -1;
		frame.hides_below = is_opaque > 0;
	}
	return enter(reading, &frame, &upper, &below, err);
}

/* --- what is listed ----------------------------------------------------------------------------
 */

static void keep_strings(struct reading *reading, const struct dir_listing_item *item,
			 struct fs_entry *entry)
{
	struct arena *arena = &reading->changes->arena;

	if (item->target)
		entry->target = arena_strdup(arena, item->target);
	if (item->capability) {
		void *copy = arena_alloc(arena, item->capability_len);
		memcpy(copy, item->capability, item->capability_len);
		entry->capability = copy;
	}
}

/* Another name of what is listed already is a link to it, whatever it is. */
static void link_to_first(struct reading *reading, const struct stat *st, struct fs_entry *entry)
{
	char inode[24];

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return;
	(void)snprintf(inode, sizeof(inode), "%llx", (unsigned long long)st->st_ino);
	const char *first = map_get(&reading->links, inode);
	if (!first) {
		union {
			const char *path;
			void *value;
		} first_name = { .path = entry->path };
		(void)map_set(&reading->links, inode, first_name.value);
		return;
	}
	entry->type = FS_HARDLINK;
	entry->target = first;
	entry->size = 0;
	entry->capability = NULL;
	entry->capability_len = 0;
}

static void list_entry(struct reading *reading, const struct dir_listing_item *item,
		       size_t path_len)
{
	const char *path = arena_strndup(&reading->changes->arena, reading->path.data, path_len);
	struct fs_entry entry;

	dir_listing_entry(item, path, &entry);
	keep_strings(reading, item, &entry);
	link_to_first(reading, &item->st, &entry);
	vec_push(&reading->entries, entry);
}

/* Directories above what is listed are listed before it; the root never is. */
static void list_parents(struct reading *reading)
{
	for (size_t i = 1; i < reading->frames.len; i++) {
		struct frame *frame = &reading->frames.items[i];
		if (!frame->is_listed)
			list_entry(reading, &frame->entry, frame->path_len);
		frame->is_listed = true;
	}
}

static void list_gone(struct reading *reading)
{
	struct fs_entry entry = {
		.path = arena_strdup(&reading->changes->arena, reading->path.data),
		.type = FS_WHITEOUT,
	};

	vec_push(&reading->entries, entry);
}

static int take_next(struct reading *reading, struct error *err)
{
	struct frame *frame = &reading->frames.items[reading->frames.len - 1];
	const struct item item = frame->items.items[frame->next++];

	buf_truncate(&reading->path, frame->path_len);
	if (frame->path_len)
		buf_add_char(&reading->path, '/');
	buf_add_text(&reading->path, item.entry.name);
	if (item.fate == FATE_WRITTEN || item.fate == FATE_GONE)
		list_parents(reading);
	if (item.fate == FATE_GONE)
		list_gone(reading);
	if (item.fate == FATE_WRITTEN)
		list_entry(reading, &item.entry, reading->path.len);
	if (item.fate == FATE_UNCHANGED ||
	    (item.fate == FATE_WRITTEN && S_ISDIR(item.entry.st.st_mode)))
		return enter_item(reading, frame, &item, err);
	return 0;
}

static int read_down(struct reading *reading, struct error *err)
{
	while (reading->frames.len) {
		struct frame *frame = &reading->frames.items[reading->frames.len - 1];
		if (frame->next < frame->items.len) {
			if (take_next(reading, err) < 0)
				return -1;
			continue;
		}
		frame_release(frame);
		reading->frames.len--;
	}
	return 0;
}

static int enter_root(struct reading *reading, struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir upper = MERGED_DIR_INIT;
	cleanup(merged_dir_release) struct merged_dir below = MERGED_DIR_INIT;
	const struct frame frame = { .is_listed = true };

	if (merged_open_root(&reading->upper, &upper, err) < 0 ||
	    merged_open_root(&reading->below->layers, &below, err) < 0)
		return -1;
	return enter(reading, &frame, &upper, &below, err);
}

int changes_read(int upper_fd, struct snapshot_view *below, struct changes *ret_changes,
		 struct error *err)
{
	struct changes changes = { .upper_fd = upper_fd };
	cleanup(reading_release) struct reading reading = {
		.upper = { &upper_fd, 1, below->layers.format },
		.below = below,
		.path = BUF_INIT,
		.changes = &changes,
	};

	if (enter_root(&reading, err) < 0 || read_down(&reading, err) < 0) {
		changes_release(&changes);
		return -1;
	}
	changes.len = reading.entries.len;
	changes.items = arena_array(&changes.arena, changes.len + 1, sizeof(*changes.items));
	if (changes.len)
		memcpy(changes.items, reading.entries.items, changes.len * sizeof(*changes.items));
	*ret_changes = changes;
	return 0;
}
