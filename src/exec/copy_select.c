/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_select.h"

#include "missing.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/pattern.h"
#include "base/vec.h"
#include "cache/content.h"
#include "context/ignore.h"

#include <stdio.h>
#include <string.h>

void selection_release(struct selection *selection)
{
	arena_release(&selection->arena);
	free(selection->files);
	free(selection->matches);
	*selection = (struct selection)SELECTION_INIT;
}

struct selecting {
	const struct copy_tree *tree;
	struct selection *selection;
	const struct ignore *excludes; /* or NULL */
	struct pattern *includes;      /* --parents: what is taken of a directory; or NULL */
	bool has_included;	       /* it matched something */
	const char *included;	       /* the directory that it matched last, whose all is taken */
	bool hashes;
	const char *top; /* the match being walked */
	/* directories above where the walk is that are not taken, in case something in them is */
	VEC(struct selected_file) held;
	struct arena held_arena;
};

static const char *below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (!len)
		return path;
	return path[len] == '/' ? path + len + 1 : path + len;
}

static int hash_file(const struct copy_tree *tree, struct fs_entry *entry, struct error *err)
{
	autoclose int fd = -1;

	int found = tree->open(tree->context, entry->path, &fd, err);
	if (found == 0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away while it was read",
				 entry->path);
	if (found < 0 || content_hash_fd(fd, &entry->digest, &entry->size, err) < 0)
		return error_wrap(err, "hash '/%s'", entry->path);
	entry->has_digest = true;
	return 0;
}

static int add_file(struct selecting *selecting, const struct fs_entry *entry, uint64_t dev,
		    uint64_t inode, struct error *err)
{
	struct selection *selection = selecting->selection;
	struct arena *arena = &selection->arena;

	if (selection->n_files == selection->files_size) {
		selection->files_size = selection->files_size ? selection->files_size * 2 : 64;
		selection->files = xrealloc(selection->files, selection->files_size,
					    sizeof(*selection->files));
	}
	struct selected_file *file = &selection->files[selection->n_files];
	*file = (struct selected_file){ .entry = *entry, .dev = dev, .inode = inode };
	file->entry.path = arena_strdup(arena, entry->path);
	file->relative = below(file->entry.path, selecting->top);
	if (entry->target)
		file->entry.target = arena_strdup(arena, entry->target);
	if (selecting->tree->is_context) {
		file->entry.uid = file->entry.gid = 0;
		file->entry.capability = NULL;
		file->entry.capability_len = 0;
	} else if (entry->capability) {
		file->entry.capability = memcpy(arena_alloc(arena, entry->capability_len),
						entry->capability, entry->capability_len);
	}
	if (file->entry.type == FS_FILE && !file->entry.has_digest && selecting->hashes &&
	    hash_file(selecting->tree, &file->entry, err) < 0)
		return -1;
	selection->n_files++;
	return 0;
}

/* 1/0/-1. What --parents names is taken with all that is below. */
static int is_included(struct selecting *selecting, const struct fs_entry *entry,
		       const char *relative, struct error *err)
{
	if (!selecting->includes ||
	    (selecting->included && path_is_within(entry->path, selecting->included)))
		return 1;
	int matches = pattern_match(selecting->includes, relative, err);
	if (matches <= 0)
		return matches;
	selecting->has_included = true;
	selecting->included = arena_strdup(&selecting->held_arena, entry->path);
	return 1;
}

/* 1/0/-1. */
static int is_taken(struct selecting *selecting, const struct fs_entry *entry, const char *relative,
		    struct error *err)
{
	int taken = is_included(selecting, entry, relative, err);

	if (taken <= 0 || !selecting->excludes)
		return taken;
	int excluded = ignore_match(selecting->excludes, relative, err);
	return excluded < 0 ? -1 : !excluded;
}

/* Keeps the directories above the path only. */
static void drop_held(struct selecting *selecting, const char *path)
{
	while (selecting->held.len &&
	       !path_is_within(path, selecting->held.items[selecting->held.len - 1].entry.path))
		selecting->held.len--;
}

static void hold_dir(struct selecting *selecting, const struct fs_entry *entry, uint64_t dev,
		     uint64_t inode)
{
	struct selected_file held = { .entry = *entry, .dev = dev, .inode = inode };

	held.entry.path = arena_strdup(&selecting->held_arena, entry->path);
	vec_push(&selecting->held, held);
}

/* Something in them is selected: they come along, as they are in the source. */
static int add_held(struct selecting *selecting, struct error *err)
{
	for (size_t i = 0; i < selecting->held.len; i++) {
		const struct selected_file *held = &selecting->held.items[i];
		if (add_file(selecting, &held->entry, held->dev, held->inode, err) < 0)
			return -1;
	}
	selecting->held.len = 0;
	return 0;
}

static int visit_file(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		      struct error *err)
{
	struct selecting *selecting = context;
	const char *relative = below(entry->path, selecting->top);

	if ((selecting->excludes || selecting->includes) && *relative) {
		drop_held(selecting, entry->path);
		int taken = is_taken(selecting, entry, relative, err);
		if (taken == 0 && entry->type == FS_DIR)
			hold_dir(selecting, entry, dev, inode);
		if (taken <= 0)
			return taken;
		if (add_held(selecting, err) < 0)
			return -1;
	}
	return add_file(selecting, entry, dev, inode, err);
}

static int refuse_missing(const struct copy_tree *tree, const char *path, struct error *err)
{
	(void)error_set(err, ERROR_NOT_FOUND, "\"/%s\": not found", path);
	missing_suggest(tree, path, err);
	return -1;
}

/* Where the path leads, and what is there. */
static int find_named(const struct copy_tree *tree, const char *path, char **ret_resolved,
		      struct fs_entry *ret_entry, struct error *err)
{
	if (tree->resolve(tree->context, path, ret_resolved, err) < 0)
		return -1;
	int found = tree->find(tree->context, *ret_resolved, ret_entry, err);
	if (found == 0)
		return refuse_missing(tree, path, err);
	return found < 0 ? -1 : 0;
}

/* `path` is what the source names; links to follow are followed here. */
static int add_match(struct selecting *selecting, size_t source, const char *path,
		     struct error *err)
{
	const struct copy_tree *tree = selecting->tree;
	struct selection *selection = selecting->selection;
	autofree char *resolved = NULL;
	struct fs_entry entry = { 0 };

	if (find_named(tree, path, &resolved, &entry, err) < 0)
		return -1;
	if (selection->n_matches == selection->matches_size) {
		selection->matches_size = selection->matches_size ? selection->matches_size * 2 : 8;
		selection->matches = xrealloc(selection->matches, selection->matches_size,
					      sizeof(*selection->matches));
	}
	struct selected_match match = {
		.source = source,
		.name = arena_strdup(&selection->arena, path_base_name(path)),
		.is_dir = entry.type == FS_DIR,
		.first = selection->n_files,
	};
	/* --parents takes what lies in directories */
	if (selecting->includes && !match.is_dir)
		return 0;
	selecting->top = resolved;
	selecting->included = NULL;
	int result = match.is_dir ? tree->walk(tree->context, resolved, visit_file, selecting, err)
				  : add_file(selecting, &entry, 0, 0, err);
	selecting->top = NULL;
	selecting->held.len = 0;
	match.end = selection->n_files;
	selection->matches[selection->n_matches++] = match;
	return result;
}

struct globbing {
	struct pattern *pattern;
	struct strv matches;
};

static int visit_glob(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		      struct error *err)
{
	struct globbing *globbing = context;
	const struct strv *matches = &globbing->matches;

	(void)dev;
	(void)inode;
	/* what lies in a matched directory belongs to it */
	if (matches->len && path_is_within(entry->path, matches->items[matches->len - 1]))
		return 0;
	int is_match = *entry->path ? pattern_match(globbing->pattern, entry->path, err) : 0;
	if (is_match > 0)
		strv_add(&globbing->matches, entry->path);
	return is_match < 0 ? -1 : 0;
}

static int add_glob(struct selecting *selecting, size_t source, const char *pattern,
		    struct error *err)
{
	const struct copy_tree *tree = selecting->tree;
	cleanup(pattern_free) struct pattern *compiled = NULL;
	autofree char *prefix = xstrndup(pattern, pattern_literal_dir_len(pattern));
	autofree char *resolved = NULL;
	struct fs_entry entry = { 0 };

	if (tree->resolve(tree->context, prefix, &resolved, err) < 0)
		return -1;
	int found = tree->find(tree->context, resolved, &entry, err);
	/* that nothing matches is fine, a directory that is not there is not */
	if (found == 0)
		return refuse_missing(tree, prefix, err);
	if (found < 0 || entry.type != FS_DIR)
		return found < 0 ? -1 : 0;
	/* symlinks before the wildcard were followed: the pattern goes on from where they led */
	autofree char *rest = path_join(resolved, pattern + strlen(prefix) + (*prefix ? 1 : 0));
	if (pattern_compile(rest, PATTERN_GLOB, &compiled, err) < 0)
		return -1;
	struct globbing globbing = { .pattern = compiled, .matches = STRV_INIT };
	int result = tree->walk(tree->context, resolved, visit_glob, &globbing, err);
	for (size_t i = 0; result == 0 && i < globbing.matches.len; i++)
		result = add_match(selecting, source, globbing.matches.items[i], err);
	strv_release(&globbing.matches);
	return result;
}

static int add_named(struct selecting *selecting, size_t source, const char *path,
		     struct error *err)
{
	return pattern_has_wildcards(path) ? add_glob(selecting, source, path, err)
					   : add_match(selecting, source, path, err);
}

char *copy_parents_split(const char *source, char **ret_pattern)
{
	const char *pivot = strstr(source, "/./");
	autofree char *above = pivot ? xstrndup(source, (size_t)(pivot - source)) : NULL;

	*ret_pattern = path_clean(pivot ? pivot + strlen("/./") : source);
	return path_clean(above ? above : "");
}

/*
 * --parents: the paths below the pivot are kept. What is named without wildcards must be there;
 * no symlink is followed below the pivot.
 */
static int add_with_parents(struct selecting *selecting, size_t source, const char *text,
			    struct error *err)
{
	cleanup(pattern_free) struct pattern *includes = NULL;
	autofree char *pattern = NULL;
	autofree char *above = copy_parents_split(text, &pattern);
	autofree char *whole = path_join(above, pattern);

	if (*pattern && pattern_compile(pattern, PATTERN_DEEP, &includes, err) < 0)
		return -1;
	selecting->includes = includes;
	selecting->has_included = false;
	int result = includes ? add_named(selecting, source, above, err) : 0;
	selecting->includes = NULL;
	if (result == 0 && !selecting->has_included && !pattern_has_wildcards(whole))
		return refuse_missing(selecting->tree, whole, err);
	return result;
}

static int add_source(struct selecting *selecting, const struct copy_step *copy, size_t source,
		      struct error *err)
{
	const char *text = copy->sources[source].path;

	if (copy->parents)
		return add_with_parents(selecting, source, text, err);
	autofree char *path = path_clean(text);
	return add_named(selecting, source, path, err);
}

int copy_select(const struct copy_tree *tree, const struct copy_step *copy, bool hashes,
		struct selection *ret_selection, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;
	cleanup(ignore_free) struct ignore *excludes = NULL;
	struct selecting selecting = { .tree = tree, .selection = &selection, .hashes = hashes };

	if (copy->excludes.len &&
	    ignore_of_patterns(copy->excludes.items, copy->excludes.len, &excludes, err) < 0)
		return -1;
	selecting.excludes = excludes;
	int result = 0;
	for (size_t i = 0; result == 0 && i < copy->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH &&
		    (result = add_source(&selecting, copy, i, err)) < 0)
			(void)error_place(err, copy->sources[i].at);
	vec_release(&selecting.held);
	arena_release(&selecting.held_arena);
	if (result < 0)
		return -1;
	*ret_selection = selection;
	selection = (struct selection)SELECTION_INIT;
	return 0;
}

int copy_select_path(const struct copy_tree *tree, const char *path,
		     struct selection *ret_selection, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;
	struct selecting selecting = { .tree = tree, .selection = &selection };
	autofree char *cleaned = path_clean(path ? path : "");

	if (add_match(&selecting, 0, cleaned, err) < 0)
		return -1;
	*ret_selection = selection;
	selection = (struct selection)SELECTION_INIT;
	return 0;
}

int copy_check_path(const struct copy_tree *tree, const char *path, struct error *err)
{
	autofree char *resolved = NULL;
	struct fs_entry entry = { 0 };

	return find_named(tree, path, &resolved, &entry, err);
}

static void add_file_to_key(const struct selected_file *file, struct cache_key *key)
{
	const struct fs_entry *entry = &file->entry;
	cleanup(buf_release) struct buf text = BUF_INIT;

	buf_printf(&text, "%d %o %u:%u %u:%u %zu:", entry->type, entry->mode, entry->uid,
		   entry->gid, entry->dev_major, entry->dev_minor,
		   entry->target ? strlen(entry->target) : 0);
	if (entry->target)
		buf_add_text(&text, entry->target);
	if (entry->type == FS_FILE)
		buf_add(&text, entry->digest.bytes, DIGEST_SIZE);
	if (entry->capability)
		buf_add(&text, entry->capability, entry->capability_len);
	cache_key_add_bulk(key, file->relative, text.data, text.len);
}

void selection_add_to_key(const struct selection *selection, struct cache_key *key)
{
	for (size_t i = 0; i < selection->n_matches; i++) {
		const struct selected_match *match = &selection->matches[i];
		cache_key_add_number(key, "source", match->source);
		/* the name of a directory does not arrive anywhere, that of a file may */
		cache_key_add_text(key, "match", match->is_dir ? "" : match->name);
		for (size_t j = match->first; j < match->end; j++)
			add_file_to_key(&selection->files[j], key);
	}
}
