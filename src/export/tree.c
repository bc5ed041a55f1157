/* SPDX-License-Identifier: Apache-2.0 */
/* The flattened root file systems of a set of images: read, and written as a tar. */
#include "forest.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "export/export.h"
#include "image/rootfs.h"
#include "layer/pack.h"

#include <string.h>

static void tree_release(struct tree *tree)
{
	vec_release(&tree->entries);
	map_release(&tree->links);
	snapshot_view_free(tree->view);
	arena_release(&tree->arena);
}

static int visit(void *context, const struct fs_entry *source, uint64_t dev, uint64_t inode,
		 struct error *err)
{
	struct tree *tree = context;
	struct fs_entry entry = *source;

	(void)err;
	if (!*source->path || source->type == FS_SOCKET)
		return 0;
	entry.path = arena_printf(&tree->arena, "%s%s", tree->folder, source->path);
	if (source->target)
		entry.target = arena_strdup(&tree->arena, source->target);
	if (source->capability)
		entry.capability = memcpy(arena_alloc(&tree->arena, source->capability_len),
					  source->capability, source->capability_len);
	if (tree->has_epoch) {
		entry.mtime = tree->epoch;
		entry.mtime_nsec = 0;
	}
	if (inode && entry.type != FS_DIR) {
		autofree char *key =
			xasprintf("%llx:%llx", (unsigned long long)dev, (unsigned long long)inode);
		const char *first = map_get(&tree->links, key);
		if (first) {
			entry.type = FS_HARDLINK;
			entry.target = first;
		} else {
			(void)map_set(&tree->links, key, (void *)(uintptr_t)entry.path);
		}
	}
	vec_push(&tree->entries, entry);
	return 0;
}

static int read_tree(const struct image_env *env, const struct image *image,
		     struct job_channel *channel, struct tree *tree, struct error *err)
{
	autofree struct digest *chain_ids = NULL;
	size_t n = image->manifest->n_layers;
	size_t n_chain_ids = rootfs_chain_ids(env, image->layers, n, &chain_ids);

	if (rootfs_ensure(env, image->layers, n, channel, err) < 0 ||
	    snapshot_view_open(env->snapshots, chain_ids, n_chain_ids, &tree->view, err) < 0)
		return -1;
	return snapshot_view_walk(tree->view, "", visit, tree, err);
}

/* --- those of a set --------------------------------------------------------------------------- */

void forest_release(struct forest *forest)
{
	for (size_t i = 0; i < forest->len; i++)
		tree_release(&forest->trees[i]);
	free(forest->trees);
}
/* "linux/arm/v7" has the folder "linux_arm_v7". */
static const char *folder_name(struct tree *tree, const struct image *image)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	platform_format(&image->config->platform, &name);
	for (char *c = name.data; *c; c++)
		*c = *c == '/' ? '_' : *c;
	return arena_printf(&tree->arena, "%s/", name.data);
}

/* The folder itself, as BuildKit makes it: without an epoch it is of the year 1970. */
static void add_folder(struct tree *tree)
{
	struct fs_entry entry = {
		.path = arena_strndup(&tree->arena, tree->folder, strlen(tree->folder) - 1),
		.type = FS_DIR,
		.mode = 0755,
		.mtime = tree->has_epoch ? tree->epoch : 0,
	};

	vec_push(&tree->entries, entry);
}

/* Directories may be in several; anything else would be written over. */
static int check_doubles(const struct forest *forest, const struct image_set *set,
			 struct error *err)
{
	cleanup(map_release) struct map owners = MAP_INIT;

	for (size_t i = 0; i < forest->len; i++)
		for (size_t k = 0; k < forest->trees[i].entries.len; k++) {
			const struct fs_entry *entry = &forest->trees[i].entries.items[k];
			const struct image *before =
				entry->type == FS_DIR
					? NULL
					: map_set(&owners, entry->path, set->items[i]);
			if (!before)
				continue;
			cleanup(buf_release) struct buf first = BUF_INIT, second = BUF_INIT;
			platform_format(&before->config->platform, &first);
			platform_format(&set->items[i]->config->platform, &second);
			return error_set(err, ERROR_USAGE,
					 "cannot overwrite %s from %s with %s when split option is "
					 "disabled",
					 entry->path, first.data, second.data);
		}
	return 0;
}

int forest_read(const struct image_env *env, const struct tree_options *options,
		struct job_channel *channel, struct forest *forest, struct error *err)
{
	const struct image_set *set = options->set;

	if (rootfs_enter_isolation(env, err) < 0)
		return -1;
	forest->trees = xcalloc(set->len, sizeof(*forest->trees));
	for (size_t i = 0; i < set->len; i++) {
		struct tree *tree = &forest->trees[forest->len++];
		tree->folder = options->is_split ? folder_name(tree, set->items[i]) : "";
		tree->has_epoch = options->has_epoch;
		tree->epoch = options->epoch;
		if (options->is_split)
			add_folder(tree);
		if (read_tree(env, set->items[i], channel, tree, err) < 0)
			return -1;
	}
	return options->is_split ? 0 : check_doubles(forest, set, err);
}

/* --- as a tar --------------------------------------------------------------------------------- */

static int next_entry(void *context, const struct fs_entry **ret_entry, struct error *err)
{
	struct forest *forest = context;

	(void)err;
	for (; forest->current < forest->len; forest->current++) {
		struct tree *tree = &forest->trees[forest->current];
		if (tree->next == tree->entries.len)
			continue;
		*ret_entry = &tree->entries.items[tree->next++];
		return 1;
	}
	return 0;
}

/* A file is in one tree alone: by its folder, or because doubles were refused. */
static int open_entry(void *context, const struct fs_entry *entry, int *ret_fd, struct error *err)
{
	const struct forest *forest = context;

	for (size_t i = 0; i < forest->len; i++) {
		const struct tree *tree = &forest->trees[i];
		if (!text_has_prefix(entry->path, tree->folder))
			continue;
		int found = snapshot_view_open_file(tree->view, entry->path + strlen(tree->folder),
						    ret_fd, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	return error_set(err, ERROR_CHANGED, "'/%s' went away", entry->path);
}

static int write_to_fd(void *context, const void *data, size_t len, struct error *err)
{
	return fs_write_all(*(const int *)context, data, len, err);
}

int export_tree_tar(const struct image_env *env, const struct tree_options *tree_options,
		    int out_fd, struct job_channel *channel, struct error *err)
{
	cleanup(forest_release) struct forest forest = { 0 };
	struct pack_source source = { .next = next_entry, .open = open_entry, .context = &forest };
	struct pack_sink sink = { .write = write_to_fd, .context = &out_fd };
	struct pack_options options = { .compression = LAYER_UNCOMPRESSED };
	struct pack_result result;

	if (forest_read(env, tree_options, channel, &forest, err) < 0)
		return -1;
	return layer_pack(&source, &sink, &options, NULL, &result, err);
}
