/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_land.h"

#include "base/alloc.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>

enum { DIR_MODE = 0755, FILE_MODE = 0644, SPECIAL_BITS = 07000 };

/* Directories that have to be made get an octal --chmod too (a quirk of BuildKit's). */
static uint32_t mode_of_made_dir(const struct copy_target *target)
{
	return target->has_mode && target->mode.is_octal ? target->mode.mode : DIR_MODE;
}

static int make_parents(struct landing *landing, const struct copy_target *target, const char *path,
			struct error *err)
{
	return landing_make_parents(landing, path, mode_of_made_dir(target), target->uid,
				    target->gid, err);
}

static void apply_target(const struct copy_target *target, struct fs_entry *entry)
{
	if (target->has_owner) {
		entry->uid = target->uid;
		entry->gid = target->gid;
	}
	if (target->has_mode && entry->type != FS_SYMLINK)
		entry->mode = mode_change_apply(&target->mode, entry->mode, entry->type == FS_DIR);
	if (entry->type == FS_SOCKET) {
		/* BuildKit's copy leaves an empty file of that name */
		entry->type = FS_FILE;
		entry->size = 0;
	}
}

/* The destination of a single file, made sense of: NAME in it, or itself. The caller's. */
static int place_file(struct landing *landing, const struct copy_target *target, const char *name,
		      char **ret_path, struct error *err)
{
	struct fs_entry there = { 0 };
	int found = landing_find(landing, target->destination, &there, err);

	if (found < 0)
		return -1;
	bool is_dir = found && there.type == FS_DIR;
	if (target->is_dir && !is_dir) {
		if (make_parents(landing, target, target->destination, err) < 0 ||
		    landing_make_dir(landing, target->destination, mode_of_made_dir(target),
				     target->uid, target->gid, err) < 0)
			return -1;
		is_dir = true;
	}
	*ret_path = is_dir ? path_join(target->destination, name) : xstrdup(target->destination);
	return 0;
}

static int land_file(struct landing *landing, const struct copy_target *target, const char *path,
		     struct fs_entry *entry, const struct landed_content *content,
		     struct error *err)
{
	struct fs_entry there = { 0 };
	int found = landing_find(landing, path, &there, err);

	if (found < 0)
		return -1;
	if (found && there.type == FS_DIR)
		return error_set(err, ERROR_SYSTEM, "cannot replace to directory '/%s' with file",
				 path);
	if (make_parents(landing, target, path, err) < 0)
		return -1;
	landing_put(landing, path, entry, content);
	return 0;
}

static int land_single(struct landing *landing, const struct copy_target *target,
		       const struct selected_match *match, const struct selected_file *file,
		       struct error *err)
{
	autofree char *path = NULL;
	struct fs_entry entry = file->entry;
	struct landed_content content = { .open = target->tree->open,
					  .context = target->tree->context,
					  .path = file->entry.path };

	if (place_file(landing, target, match->name, &path, err) < 0)
		return -1;
	apply_target(target, &entry);
	return land_file(landing, target, path, &entry, &content, err);
}

/* The first place where an inode of this match landed, to link others to it. */
static const char *first_link(struct map *links, const struct selected_file *file, const char *path)
{
	if (!file->inode || file->entry.type == FS_DIR)
		return NULL;
	autofree char *key = xasprintf("%llx:%llx", (unsigned long long)file->dev,
				       (unsigned long long)file->inode);
	const char *first = map_get(links, key);
	if (!first)
		(void)map_set(links, key, (void *)(uintptr_t)path);
	return first;
}

/* The top directory keeps mode and owner where it existed; its time is the source's. */
static int land_top_dir(struct landing *landing, const struct copy_target *target,
			const struct fs_entry *source, struct error *err)
{
	const char *path = target->destination;
	struct fs_entry there = { 0 };

	if (make_parents(landing, target, path, err) < 0)
		return -1;
	uint32_t mode = mode_of_made_dir(target) & ~(uint32_t)SPECIAL_BITS;
	if (landing_make_dir(landing, path, mode, target->uid, target->gid, err) < 0)
		return -1;
	int found = landing_find(landing, path, &there, err);
	if (found <= 0)
		return found;
	there.mtime = source->mtime;
	there.mtime_nsec = source->mtime_nsec;
	landing_put(landing, path, &there, NULL);
	return 0;
}

static int land_nested_dir(struct landing *landing, const char *path, const struct fs_entry *entry,
			   struct error *err)
{
	struct fs_entry there = { 0 };
	int found = landing_find(landing, path, &there, err);

	if (found < 0)
		return -1;
	if (found && there.type != FS_DIR)
		return error_set(err, ERROR_SYSTEM, "cannot copy to non-directory: '/%s'", path);
	landing_put(landing, path, entry, NULL);
	return 0;
}

static int land_nested(struct landing *landing, const struct copy_target *target,
		       const struct selected_file *file, struct map *links, struct arena *arena,
		       struct error *err)
{
	autofree char *joined = path_join(target->destination, file->relative);
	const char *path = arena_strdup(arena, joined);
	struct fs_entry entry = file->entry;

	apply_target(target, &entry);
	if (entry.type == FS_DIR)
		return land_nested_dir(landing, path, &entry, err);
	const char *first = first_link(links, file, path);
	struct landed_content content = { .open = target->tree->open,
					  .context = target->tree->context,
					  .path = file->entry.path };
	if (first) {
		entry.type = FS_HARDLINK;
		entry.target = first;
		return land_file(landing, target, path, &entry, NULL, err);
	}
	return land_file(landing, target, path, &entry, &content, err);
}

int copy_land_match(struct landing *landing, const struct copy_target *target,
		    const struct selection *selection, const struct selected_match *match,
		    struct error *err)
{
	if (!match->is_dir)
		return land_single(landing, target, match, &selection->files[match->first], err);

	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct map links = MAP_INIT;
	int result = land_top_dir(landing, target, &selection->files[match->first].entry, err);
	for (size_t i = match->first + 1; result == 0 && i < match->end; i++)
		result = land_nested(landing, target, &selection->files[i], &links, &arena, err);
	map_release(&links);
	return result;
}

int copy_land_inline(struct landing *landing, const struct copy_target *target, const char *name,
		     const void *data, size_t len, struct error *err)
{
	autofree char *path = NULL;
	struct fs_entry entry = { .type = FS_FILE,
				  .mode = FILE_MODE,
				  .size = len,
				  .mtime = landing->now,
				  .has_digest = true };
	struct landed_content content = { .data = data, .len = len };

	entry.digest = digest_of(data, len);
	if (place_file(landing, target, name, &path, err) < 0)
		return -1;
	apply_target(target, &entry);
	return land_file(landing, target, path, &entry, &content, err);
}

struct archive_landing {
	struct landing *landing;
	const struct copy_target *target;
	const struct landed_content *content;
	struct map links;
};

static int visit_archive(void *context, const struct fs_entry *source, uint64_t dev, uint64_t inode,
			 struct error *err)
{
	struct archive_landing *archive = context;
	struct landing *landing = archive->landing;
	struct landed_content content = *archive->content;
	struct fs_entry entry = *source;

	if (!*source->path)
		return 0;
	autofree char *joined = path_join(archive->target->destination, source->path);
	const char *path = arena_strdup(&landing->arena, joined);
	content.path = source->path;
	if (make_parents(landing, archive->target, path, err) < 0)
		return -1;
	struct selected_file file = { .entry = entry, .dev = dev, .inode = inode };
	const char *first = first_link(&archive->links, &file, path);
	if (first) {
		entry.type = FS_HARDLINK;
		entry.target = first;
	}
	landing_put(landing, path, &entry, entry.type == FS_FILE ? &content : NULL);
	return 0;
}

int copy_land_archive(struct landing *landing, const struct copy_target *target,
		      struct snapshot_view *archive, const struct landed_content *content,
		      struct error *err)
{
	struct archive_landing context = { .landing = landing,
					   .target = target,
					   .content = content };

	if (make_parents(landing, target, target->destination, err) < 0 ||
	    landing_make_dir(landing, target->destination, DIR_MODE, target->uid, target->gid,
			     err) < 0)
		return -1;
	int result = snapshot_view_walk(archive, "", visit_archive, &context, err);
	map_release(&context.links);
	return result;
}
