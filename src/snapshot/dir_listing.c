/* SPDX-License-Identifier: Apache-2.0 */
#include "dir_listing.h"

#include "attribute.h"

#include "base/dir.h"
#include "base/text.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

struct raw_name {
	const char *name;
	size_t part;
	unsigned char type;
	bool is_mark; /* ".wh." stood before it */
};

typedef VEC(struct raw_name) raw_names;

void dir_listing_release(struct dir_listing *listing)
{
	arena_release(&listing->arena);
	listing->items = NULL;
	listing->n = 0;
}

static int read_names(const struct merged_dir *dir, size_t part, struct arena *arena,
		      raw_names *names, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader;
	struct raw_name raw = { .part = part };
	const char *name = NULL;
	int more;

	reader.fd = -1;
	if (dir_reader_open(dir->parts[part].fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &raw.type, err)) > 0) {
		raw.is_mark = dir->format->has_named_marks && text_has_prefix(name, MARK_PREFIX);
		if (raw.is_mark && strcmp(name, MARK_OPAQUE) == 0)
			continue;
		raw.name = arena_strdup(arena, name + (raw.is_mark ? strlen(MARK_PREFIX) : 0));
		vec_push(names, raw);
	}
	return more;
}

static int compare_names(const void *a, const void *b)
{
	const struct raw_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (int)x->is_mark - (int)y->is_mark;
}

int dir_listing_read_target(int dir_fd, const char *name, char *target, size_t size,
			    struct error *err)
{
	ssize_t n = readlinkat(dir_fd, name, target, size);

	if (n < 0)
		return error_sys(err, "symlink '%s'", name);
	if ((size_t)n >= size)
		return error_set(err, ERROR_CORRUPT, "target of symlink '%s' is too long", name);
	target[n] = '\0';
	return 0;
}

static int read_details(const struct snapshot_format *format, int dir_fd, struct arena *arena,
			struct dir_listing_item *item, struct error *err)
{
	unsigned char capability[CAPABILITY_SIZE_MAX];
	char target[PATH_MAX + 1];

	if (S_ISLNK(item->st.st_mode)) {
		if (dir_listing_read_target(dir_fd, item->name, target, sizeof(target), err) < 0)
			return -1;
		item->target = arena_strdup(arena, target);
	}
	if (!S_ISREG(item->st.st_mode))
		return 0;
	int len = format_read_capability(format, dir_fd, item->name, capability, err);
	if (len < 0)
		return -1;
	if (len) {
		void *copy = arena_alloc(arena, (size_t)len);
		memcpy(copy, capability, (size_t)len);
		item->capability = copy;
		item->capability_len = (size_t)len;
	}
	return 0;
}

/* Fills *item from a name's topmost occurrence; 1, 0 it is a whiteout, -1. */
static int read_item(const struct merged_dir *dir, const struct raw_name *raw,
		     enum dir_listing_detail detail, struct arena *arena,
		     struct dir_listing_item *item, struct error *err)
{
	int fd = dir->parts[raw->part].fd;

	item->name = raw->name;
	item->st.st_mode = (mode_t)DTTOIF(raw->type);
	if (raw->is_mark) {
		item->st = (struct stat){ .st_mode = S_IFCHR };
		return detail == LISTING_RAW;
	}
	if (detail == LISTING_NAMES && raw->type != DT_CHR && raw->type != DT_UNKNOWN &&
	    !(dir->format->has_records && raw->type == DT_REG))
		return 1;
	int found = format_stat(dir->format, fd, raw->name, &item->st, err);
	if (found <= 0)
		return found < 0 ? -1
				 : error_set(err, ERROR_CHANGED, "'%s' was removed meanwhile",
					     raw->name);
	if (detail != LISTING_RAW && merged_is_whiteout(&item->st))
		return 0;
	if (detail == LISTING_NAMES)
		return 1;
	return read_details(dir->format, fd, arena, item, err) < 0 ? -1 : 1;
}

/* Occurrences of one name stand side by side, the topmost first. */
static size_t count_same(const raw_names *names, size_t first)
{
	size_t i = first + 1;

	while (i < names->len && strcmp(names->items[i].name, names->items[first].name) == 0)
		i++;
	return i - first;
}

static void keep_layers(const struct merged_dir *dir, const struct raw_name *raw, size_t n,
			struct arena *arena, struct dir_listing_item *item)
{
	size_t *layers = arena_array(arena, n, sizeof(*layers));

	for (size_t i = 0; i < n; i++)
		layers[i] = dir->parts[raw[i].part].layer;
	item->layers = layers;
	item->n_layers = n;
}

static int read_items(const struct merged_dir *dir, const raw_names *names,
		      enum dir_listing_detail detail, struct dir_listing *listing,
		      struct error *err)
{
	for (size_t i = 0, n; i < names->len; i += n) {
		struct dir_listing_item *item = &listing->items[listing->n];
		n = count_same(names, i);
		int is_there = read_item(dir, &names->items[i], detail, &listing->arena, item, err);
		if (is_there < 0)
			return -1;
		if (!is_there) {
			*item = (struct dir_listing_item){ 0 };
			continue;
		}
		keep_layers(dir, &names->items[i], n, &listing->arena, item);
		listing->n++;
	}
	return 0;
}

static int gather(const struct merged_dir *dir, enum dir_listing_detail detail, raw_names *names,
		  struct dir_listing *listing, struct error *err)
{
	for (size_t part = 0; part < dir->n; part++)
		if (read_names(dir, part, &listing->arena, names, err) < 0)
			return -1;
	if (names->len)
		qsort(names->items, names->len, sizeof(*names->items), compare_names);
	listing->items = arena_array(&listing->arena, names->len + 1, sizeof(*listing->items));
	return read_items(dir, names, detail, listing, err);
}

int dir_listing_read(const struct merged_dir *dir, enum dir_listing_detail detail,
		     struct dir_listing *ret_listing, struct error *err)
{
	struct dir_listing listing = LISTING_INIT;
	raw_names names = VEC_INIT;

	int result = gather(dir, detail, &names, &listing, err);
	vec_release(&names);
	if (result < 0) {
		dir_listing_release(&listing);
		return -1;
	}
	*ret_listing = listing;
	return 0;
}

void dir_listing_entry(const struct dir_listing_item *item, const char *path,
		       struct fs_entry *ret_entry)
{
	*ret_entry = (struct fs_entry){ .path = path };
	fs_entry_from_stat(&item->st, ret_entry);
	ret_entry->target = item->target;
	ret_entry->capability = item->capability;
	ret_entry->capability_len = item->capability_len;
}
