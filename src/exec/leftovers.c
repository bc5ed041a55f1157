/* SPDX-License-Identifier: Apache-2.0 */
#include "leftovers.h"

#include "base/alloc.h"
#include "base/path.h"
#include "image/rootfs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { INODE_TEXT_SIZE = 40 };

static void leftover_release(struct leftover *leftover)
{
	for (size_t i = 0; i < LEFTOVER_PATHS_MAX; i++)
		free(leftover->paths[i].path);
}

void leftovers_release(struct leftovers *leftovers)
{
	for (size_t i = 0; i < 2 * leftovers->n_layers; i++)
		leftover_release(&leftovers->found[i]);
	snapshot_view_free(leftovers->view);
	free(leftovers->found);
	free(leftovers->sizes);
	map_release(&leftovers->links);
	free(leftovers->absent);
}

/* How many of the layers below are steps', not a base image's. */
static size_t count_made(const struct step_job *job)
{
	const struct exec_env *env = job->env;
	size_t n = 0;

	for (struct tree_ref t = job->step->parent; t.kind == TREE_STEP; n++) {
		if (!env->results[t.index].has_layer)
			break;
		t = env->plan->steps[t.index].parent;
	}
	return n;
}

/* Layers without a snapshot are empty ones: there is nothing in them to be left. */
static void name_layers(struct leftovers *leftovers, const struct layer_ref *layers,
			const struct digest *chain_ids)
{
	size_t at = 0;

	for (size_t i = 0; i < leftovers->n_layers; i++) {
		while (!digest_equal(&layers[at].chain_id, &chain_ids[i]))
			at++;
		for (size_t kind = 0; kind < 2; kind++) {
			leftovers->found[2 * i + kind].diff_id = layers[at].diff_id;
			leftovers->found[2 * i + kind].is_rewritten = kind == 1;
		}
	}
}

int leftovers_begin(const struct step_job *job, struct leftovers *ret_leftovers, struct error *err)
{
	const struct image_env *env = &job->env->image_env;
	size_t n_made = count_made(job);
	const struct layer_ref *made = job->parents + (job->n_parents - n_made);
	autofree struct digest *chain_ids = NULL;
	struct leftovers leftovers = { .n_layers = 0 };

	size_t n = n_made ? rootfs_chain_ids(env, made, n_made, &chain_ids) : 0;
	if (n && snapshot_view_open(env->snapshots, chain_ids, n, &leftovers.view, err) < 0)
		return -1;
	leftovers.n_layers = n;
	leftovers.found = xcalloc(2 * n + 1, sizeof(*leftovers.found));
	leftovers.sizes = xcalloc(n + 1, sizeof(*leftovers.sizes));
	name_layers(&leftovers, made, chain_ids);
	*ret_leftovers = leftovers;
	return 0;
}

/* Content with several names is gone when all of them are. */
static bool is_last_name(struct leftovers *leftovers, const struct snapshot_view_item *item)
{
	char inode[INODE_TEXT_SIZE];

	if (item->n_names < 2)
		return true;
	(void)snprintf(inode, sizeof(inode), "%" PRIx64 ":%" PRIx64, item->dev, item->inode);
	uintptr_t n_gone = (uintptr_t)map_get(&leftovers->links, inode) + 1;
	(void)map_set(&leftovers->links, inode, (void *)n_gone);
	return n_gone == item->n_names;
}

static int visit_hidden(void *context, const struct snapshot_view_item *item, struct error *err)
{
	struct leftovers *leftovers = context;

	(void)err;
	if (item->entry->type == FS_FILE && is_last_name(leftovers, item))
		leftovers->sizes[item->layer] += item->entry->size;
	return 0;
}

static void keep_path(struct leftover *leftover, const char *path, uint64_t size)
{
	struct leftover_path *paths = leftover->paths;
	size_t at = LEFTOVER_PATHS_MAX;

	while (at && (!paths[at - 1].path || paths[at - 1].size < size))
		at--;
	if (at == LEFTOVER_PATHS_MAX)
		return;
	free(paths[LEFTOVER_PATHS_MAX - 1].path);
	memmove(&paths[at + 1], &paths[at], (LEFTOVER_PATHS_MAX - 1 - at) * sizeof(*paths));
	paths[at] = (struct leftover_path){ .path = xasprintf("/%s", path), .size = size };
}

static void note_hidden(struct leftovers *leftovers, const char *path, bool is_rewritten)
{
	for (size_t i = 0; i < leftovers->n_layers; i++) {
		struct leftover *leftover = &leftovers->found[2 * i + is_rewritten];
		uint64_t size = leftovers->sizes[i];
		if (!size)
			continue;
		leftovers->sizes[i] = 0;
		leftover->size += size;
		leftover->n_paths++;
		keep_path(leftover, path, size);
	}
}

int leftovers_add(struct leftovers *leftovers, const struct fs_entry *entry, struct error *err)
{
	struct fs_entry below = { 0 };

	if (!leftovers->view || !*entry->path ||
	    (leftovers->absent && path_is_within(entry->path, leftovers->absent)))
		return 0;
	int found = snapshot_view_find(leftovers->view, entry->path, &below, err);
	if (found < 0)
		return -1;
	if (!found && entry->type == FS_DIR) {
		free(leftovers->absent);
		leftovers->absent = xstrdup(entry->path);
	}
	if (!found || (below.type == FS_DIR && entry->type == FS_DIR))
		return 0;
	if (snapshot_view_walk_items(leftovers->view, entry->path, visit_hidden, leftovers, err) <
	    0)
		return -1;
	bool is_file = entry->type == FS_FILE || entry->type == FS_HARDLINK;
	note_hidden(leftovers, entry->path, is_file && below.type == FS_FILE);
	return 0;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct leftover *one = a, *other = b;

	return one->size < other->size ? 1 : one->size > other->size ? -1 : 0;
}

void leftovers_finish(struct leftovers *leftovers, struct step_result *result)
{
	size_t n_found = 2 * leftovers->n_layers, n = 0;

	step_result_release(result);
	qsort(leftovers->found, n_found, sizeof(*leftovers->found), compare_sizes);
	while (n < n_found && n < LEFTOVERS_MAX && leftovers->found[n].size >= LEFTOVER_SIZE_MIN)
		n++;
	if (!n)
		return;
	result->leftovers = xcalloc(n, sizeof(*result->leftovers));
	result->n_leftovers = n;
	for (size_t i = 0; i < n; i++) {
		result->leftovers[i] = leftovers->found[i];
		memset(leftovers->found[i].paths, 0, sizeof(leftovers->found[i].paths));
	}
}
