/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_land.h"

#include "base/alloc.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>

enum { DIR_MODE = 0755, FILE_MODE = 0644, PERMISSIONS = 0777, BUILDKIT_UMASK = 022 };

/*
 * Directories that have to be made get an octal --chmod too (a quirk of BuildKit's), by mkdir():
 * without the special bits, and less the umask.
 */
static uint32_t mode_of_made_dir(const struct copy_target *target)
{
	if (!target->has_mode || !target->mode.is_octal)
		return DIR_MODE;
	return target->mode.mode & PERMISSIONS & ~(uint32_t)BUILDKIT_UMASK;
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
		     uint64_t link_group, struct error *err)
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
	landing_put_linked(landing, path, entry, content, link_group);
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
	return land_file(landing, target, path, &entry, &content, 0, err);
}

/* The top directory keeps mode and owner where it existed; its time is the source's. */
static int land_top_dir(struct landing *landing, const struct copy_target *target,
			const struct fs_entry *source, struct error *err)
{
	const char *path = target->destination;
	struct fs_entry there = { 0 };

	if (make_parents(landing, target, path, err) < 0)
		return -1;
	if (landing_make_dir(landing, path, mode_of_made_dir(target), target->uid, target->gid,
			     err) < 0)
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
	if (found)
		landing_put(landing, path, entry, NULL);
	else
		landing_put_new_dir(landing, path, entry);
	return 0;
}

static int land_nested(struct landing *landing, const struct copy_target *target,
		       const struct selected_file *file, struct map *groups, struct error *err)
{
	autofree char *path = path_join(target->destination, file->relative);
	struct fs_entry entry = file->entry;

	apply_target(target, &entry);
	if (entry.type == FS_DIR)
		return land_nested_dir(landing, path, &entry, err);
	struct landed_content content = { .open = target->tree->open,
					  .context = target->tree->context,
					  .path = file->entry.path };
	/* BuildKit's copy keeps the links of regular files only */
	uint64_t group = file->entry.type == FS_FILE
				 ? landing_link_group(landing, groups, file->dev, file->inode)
				 : 0;
	return land_file(landing, target, path, &entry, &content, group, err);
}

int copy_land_match(struct landing *landing, const struct copy_target *target,
		    const struct selection *selection, const struct selected_match *match,
		    struct error *err)
{
	if (!match->is_dir)
		return land_single(landing, target, match, &selection->files[match->first], err);

	struct map groups = MAP_INIT;
	int result = land_top_dir(landing, target, &selection->files[match->first].entry, err);
	for (size_t i = match->first + 1; result == 0 && i < match->end; i++)
		result = land_nested(landing, target, &selection->files[i], &groups, err);
	map_release(&groups);
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
	return land_file(landing, target, path, &entry, &content, 0, err);
}

/* An archive is unpacked without --chmod, the way to it included. */
static int make_archive_parents(struct landing *landing, const struct copy_target *target,
				const char *path, struct error *err)
{
	return landing_make_parents(landing, path, DIR_MODE, target->uid, target->gid, err);
}

struct archive_landing {
	struct landing *landing;
	const struct copy_target *target;
	const struct landed_content *content;
	struct map groups;
};

static int visit_archive(void *context, const struct fs_entry *source, uint64_t dev, uint64_t inode,
			 struct error *err)
{
	struct archive_landing *archive = context;
	struct landing *landing = archive->landing;
	struct landed_content content = *archive->content;

	if (!*source->path)
		return 0;
	autofree char *path = path_join(archive->target->destination, source->path);
	content.path = source->path;
	if (make_archive_parents(landing, archive->target, path, err) < 0)
		return -1;
	uint64_t group = source->type == FS_DIR
				 ? 0
				 : landing_link_group(landing, &archive->groups, dev, inode);
	landing_put_linked(landing, path, source, source->type == FS_FILE ? &content : NULL, group);
	return 0;
}

int copy_land_archive(struct landing *landing, const struct copy_target *target,
		      struct snapshot_view *archive, const struct landed_content *content,
		      struct error *err)
{
	struct archive_landing context = { .landing = landing,
					   .target = target,
					   .content = content };

	if (make_archive_parents(landing, target, target->destination, err) < 0 ||
	    landing_make_dir(landing, target->destination, DIR_MODE, target->uid, target->gid,
			     err) < 0)
		return -1;
	int result = snapshot_view_walk(archive, "", visit_archive, &context, err);
	map_release(&context.groups);
	return result;
}
