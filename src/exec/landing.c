/* SPDX-License-Identifier: Apache-2.0 */
#include "landing.h"

#include "base/alloc.h"
#include "base/path.h"
#include "cache/content.h"

#include <stdio.h>
#include <string.h>

void landing_init(struct landing *landing, struct snapshot_view *view, int64_t now)
{
	*landing = (struct landing){ .arena = ARENA_INIT, .view = view, .now = now };
}

void landing_release(struct landing *landing)
{
	arena_release(&landing->arena);
	vec_release(&landing->entries);
	map_release(&landing->by_path);
}

static struct landed *find_landed(const struct landing *landing, const char *path)
{
	uintptr_t index = (uintptr_t)map_get(&landing->by_path, path);

	return index ? &landing->entries.items[index - 1] : NULL;
}

/* Did something land above the path below which the view has nothing, or hides what it has? */
static bool is_hidden(const struct landing *landing, const char *path)
{
	autofree char *parent = xstrdup(path);

	for (char *slash; (slash = strrchr(parent, '/')) != NULL;) {
		*slash = '\0';
		const struct landed *above = find_landed(landing, parent);
		if (above && (above->entry.type != FS_DIR || above->is_new))
			return true;
	}
	return false;
}

int landing_find(struct landing *landing, const char *path, struct fs_entry *ret_entry,
		 struct error *err)
{
	const struct landed *landed = find_landed(landing, path);

	if (landed) {
		*ret_entry = landed->entry;
		return 1;
	}
	if (is_hidden(landing, path))
		return 0;
	return snapshot_view_find(landing->view, path, ret_entry, err);
}

uint64_t landing_link_group(struct landing *landing, struct map *groups, uint64_t dev,
			    uint64_t inode)
{
	if (!inode)
		return 0;
	autofree char *key =
		xasprintf("%llx:%llx", (unsigned long long)dev, (unsigned long long)inode);
	uintptr_t group = (uintptr_t)map_get(groups, key);
	if (!group) {
		group = ++landing->n_link_groups;
		(void)map_set(groups, key, (void *)group);
	}
	return group;
}

void landing_put(struct landing *landing, const char *path, const struct fs_entry *entry,
		 const struct landed_content *content)
{
	landing_put_linked(landing, path, entry, content, 0);
}

void landing_put_linked(struct landing *landing, const char *path, const struct fs_entry *entry,
			const struct landed_content *content, uint64_t link_group)
{
	struct landed landed = { .entry = *entry, .link_group = link_group };

	landed.entry.path = arena_strdup(&landing->arena, path);
	if (entry->target)
		landed.entry.target = arena_strdup(&landing->arena, entry->target);
	if (entry->capability)
		landed.entry.capability =
			memcpy(arena_alloc(&landing->arena, entry->capability_len),
			       entry->capability, entry->capability_len);
	if (content) {
		landed.content = *content;
		if (content->path)
			landed.content.path = arena_strdup(&landing->arena, content->path);
	}
	struct landed *before = find_landed(landing, path);
	if (before) {
		landed.is_new = before->is_new;
		*before = landed;
		return;
	}
	vec_push(&landing->entries, landed);
	(void)map_set(&landing->by_path, path, (void *)(uintptr_t)landing->entries.len);
}

void landing_put_new_dir(struct landing *landing, const char *path, const struct fs_entry *entry)
{
	landing_put(landing, path, entry, NULL);
	struct landed *landed = find_landed(landing, path);
	if (landed)
		landed->is_new = true;
}

int landing_make_dir(struct landing *landing, const char *path, uint32_t mode, uint32_t uid,
		     uint32_t gid, struct error *err)
{
	struct fs_entry there = { 0 };

	if (!*path)
		return 0;
	int found = landing_find(landing, path, &there, err);
	if (found < 0)
		return -1;
	if (found && there.type == FS_DIR)
		return 0;
	if (found)
		return error_set(err, ERROR_SYSTEM, "'/%s': not a directory", path);
	struct fs_entry made = {
		.type = FS_DIR, .mode = mode, .uid = uid, .gid = gid, .mtime = landing->now
	};
	landing_put_new_dir(landing, path, &made);
	return 1;
}

int landing_make_parents(struct landing *landing, const char *path, uint32_t mode, uint32_t uid,
			 uint32_t gid, struct error *err)
{
	autofree char *parent = path_parent(path);

	for (char *c = parent; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (landing_make_dir(landing, parent, mode, uid, gid, err) < 0)
			return -1;
		*c = '/';
	}
	return landing_make_dir(landing, parent, mode, uid, gid, err) < 0 ? -1 : 0;
}

/* --- what is as it was ------------------------------------------------------------------------ */

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_header(const struct fs_entry *a, const struct fs_entry *b)
{
	return a->type == b->type && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
	       same_text(a->target, b->target) && a->capability_len == b->capability_len &&
	       (!a->capability_len || memcmp(a->capability, b->capability, a->capability_len) == 0);
}

/* 1 the same bytes, 0 not. */
static int same_content(struct landing *landing, const struct landed *landed,
			const struct fs_entry *before, struct error *err)
{
	autoclose int fd = -1;
	struct digest digest;

	if (landed->entry.size != before->size || !landed->entry.has_digest)
		return 0;
	int found = snapshot_view_open_file(landing->view, landed->entry.path, &fd, err);
	if (found <= 0)
		return found;
	if (content_hash_fd(fd, &digest, NULL, err) < 0)
		return -1;
	return digest_equal(&digest, &landed->entry.digest);
}

/*
 * BuildKit reads a layer off the file system, so an entry that equals what was there before is not
 * in it; a directory's time makes no difference. A layer's tar holds whole seconds, so where one
 * side has no nanoseconds only the content can tell.
 */
static int is_unchanged(struct landing *landing, const struct landed *landed, struct error *err)
{
	struct fs_entry before = { 0 };

	if (is_hidden(landing, landed->entry.path))
		return 0;
	int found = snapshot_view_find(landing->view, landed->entry.path, &before, err);
	if (found <= 0)
		return found;
	if (!same_header(&landed->entry, &before))
		return 0;
	if (landed->entry.type == FS_DIR)
		return 1;
	if (landed->entry.mtime != before.mtime)
		return 0;
	bool is_exact = landed->entry.mtime_nsec == before.mtime_nsec && before.mtime_nsec;
	if (!is_exact && landed->entry.mtime_nsec && before.mtime_nsec)
		return 0;
	if (landed->entry.type != FS_FILE || (is_exact && landed->entry.size == before.size))
		return 1;
	return same_content(landing, landed, &before, err);
}

/* --- the list --------------------------------------------------------------------------------- */

static int compare_landed(const void *a, const void *b)
{
	const struct landed *left = a, *right = b;

	return path_compare(left->entry.path, right->entry.path);
}

/* 1/0/-1. A directory that was there is only changed itself: no name was put into its parent. */
static int puts_name(struct landing *landing, const struct fs_entry *entry, struct error *err)
{
	struct fs_entry before = { 0 };

	if (entry->type != FS_DIR)
		return 1;
	int found = snapshot_view_find(landing->view, entry->path, &before, err);
	return found < 0 ? -1 : !found || before.type != FS_DIR;
}

static int add_existing_parents(struct landing *landing, const char *path, bool is_direct,
				struct error *err)
{
	autofree char *parent = path_parent(path);

	for (; *parent; is_direct = false) {
		struct landed *landed = find_landed(landing, parent);
		struct fs_entry entry = { 0 };
		if (landed && !landed->is_existing_parent)
			return 0;
		int found = landed ? 1 : snapshot_view_find(landing->view, parent, &entry, err);
		if (found < 0)
			return -1;
		if (found && !landed) {
			landing_put(landing, parent, &entry, NULL);
			landed = find_landed(landing, parent);
		}
		if (landed) {
			landed->is_existing_parent = true;
			/* a name was put into it: it changed now */
			if (is_direct) {
				landed->entry.mtime = landing->now;
				landed->entry.mtime_nsec = 0;
			}
		}
		char *slash = strrchr(parent, '/');
		*(slash ? slash : parent) = '\0';
	}
	return 0;
}

/* A directory that stayed as it was is named again for what changed in it. */
static void name_dirs_above(struct landing *landing, const char *path)
{
	autofree char *above = xstrdup(path);

	for (char *slash; (slash = strrchr(above, '/')) != NULL;) {
		*slash = '\0';
		struct landed *landed = find_landed(landing, above);
		if (landed)
			landed->is_dropped = false;
	}
}

/* The first of the names of an inode has the content, the others are links to it. */
static void link_names(const struct landing *landing, struct landed *entries, size_t n)
{
	if (!landing->n_link_groups)
		return;
	autofree const struct landed **firsts =
		xcalloc(landing->n_link_groups + 1, sizeof(const struct landed *));
	for (size_t i = 0; i < n; i++) {
		struct landed *landed = &entries[i];
		if (!landed->link_group)
			continue;
		if (!firsts[landed->link_group]) {
			firsts[landed->link_group] = landed;
			continue;
		}
		landed->entry.type = FS_HARDLINK;
		landed->entry.target = firsts[landed->link_group]->entry.path;
		landed->content = (struct landed_content){ 0 };
	}
}

int landing_finish(struct landing *landing, struct landed **ret_entries, size_t *ret_n,
		   struct error *err)
{
	size_t n_landed = landing->entries.len;

	for (size_t i = 0; i < n_landed; i++) {
		int unchanged = is_unchanged(landing, &landing->entries.items[i], err);
		if (unchanged < 0)
			return -1;
		landing->entries.items[i].is_dropped = unchanged > 0;
	}
	for (size_t i = 0; i < n_landed; i++)
		if (!landing->entries.items[i].is_dropped)
			name_dirs_above(landing, landing->entries.items[i].entry.path);
	for (size_t i = 0; i < n_landed; i++) {
		const struct fs_entry *entry = &landing->entries.items[i].entry;
		if (landing->entries.items[i].is_dropped)
			continue;
		int puts = puts_name(landing, entry, err);
		if (puts < 0 || add_existing_parents(landing, entry->path, puts > 0, err) < 0)
			return -1;
	}
	struct landed *entries = xcalloc(landing->entries.len, sizeof(*entries));
	size_t n = 0;
	for (size_t i = 0; i < landing->entries.len; i++)
		if (!landing->entries.items[i].is_dropped && *landing->entries.items[i].entry.path)
			entries[n++] = landing->entries.items[i];
	qsort(entries, n, sizeof(*entries), compare_landed);
	link_names(landing, entries, n);
	*ret_entries = entries;
	*ret_n = n;
	return 0;
}
