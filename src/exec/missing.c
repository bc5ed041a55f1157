/* SPDX-License-Identifier: Apache-2.0 */
#include "missing.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "context/ignore.h"
#include "image/rootfs.h"

#include <dirent.h>
#include <string.h>

/* Whoever has more in a directory gets no suggestion; everything is near to a shorter name. */
enum { NAMES_MAX = 10000, NAME_MIN = 3 };

static bool is_ignored(const struct exec_context *context, const char *path)
{
	struct error ignored = ERROR_INIT;

	return context->ignore && ignore_match(context->ignore, path, &ignored) > 0;
}

/* The deepest directory above the path that is there, as a stream; and how long its path is. */
static DIR *open_nearest_dir(const struct exec_context *context, const char *path, size_t *ret_len)
{
	struct error ignored = ERROR_INIT;
	size_t len = strlen(path);

	for (;;) {
		autoclose int fd = -1;
		const char *slash = memrchr(path, '/', len);
		len = slash ? (size_t)(slash - path) : 0;
		autofree char *dir = len ? xstrndup(path, len) : xstrdup(".");
		if (fs_open_in_root(context->dir_fd, dir, O_RDONLY | O_DIRECTORY, 0, &fd,
				    &ignored) > 0) {
			DIR *stream = fdopendir(fd);
			if (stream)
				(void)take_fd(&fd);
			*ret_len = len;
			return stream;
		}
		if (!len)
			return NULL;
	}
}

/* What lies beside the part of the path that is not there; only what a COPY could name. */
static void read_names(const struct exec_context *context, const char *dir, DIR *stream,
		       struct strv *names)
{
	for (struct dirent *entry; (entry = readdir(stream)) && names->len < NAMES_MAX;) {
		autofree char *path = path_join(dir, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !is_ignored(context, path))
			strv_add(names, entry->d_name);
	}
}

/* path is `dir` (so long) and something below it that is not there; `names` are what is. */
static char *find_nearest(const char *path, size_t dir_len, const struct strv *names)
{
	const char *name = path + dir_len + (dir_len > 0);
	autofree char *dir = xstrndup(path, dir_len);
	autofree char *missing = xstrndup(name, strcspn(name, "/"));
	size_t n = names->len < NAMES_MAX ? names->len : NAMES_MAX;

	if (strlen(missing) < NAME_MIN)
		return NULL;
	const char *near = text_nearest(missing, (const char *const *)names->items, n);
	return near ? path_join(dir, near) : NULL;
}

static void add_nearest(const char *nearest, struct error *err)
{
	struct error cause = *err;

	(void)error_set(err, cause.code, "%.1500s (did you mean %.400s?)", cause.text, nearest);
	err->at = cause.at;
}

static void suggest(const struct exec_context *context, const char *path, struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;
	size_t len = 0;
	DIR *stream = open_nearest_dir(context, path, &len);

	if (!stream)
		return;
	autofree char *dir = xstrndup(path, len);
	read_names(context, dir, stream, &names);
	(void)closedir(stream);
	autofree char *nearest = find_nearest(path, len, &names);
	if (nearest)
		add_nearest(nearest, err);
}

/* --- a stage or an image ---------------------------------------------------------------------- */

/* 1/0: does it lead somewhere, and where? */
static bool leads(const struct copy_tree *tree, const char *path, char **ret_resolved,
		  enum fs_type *ret_type)
{
	autofree char *resolved = NULL;
	struct fs_entry entry = { 0 };
	struct error ignored = ERROR_INIT;

	if (tree->resolve(tree->context, path, &resolved, &ignored) < 0 ||
	    tree->find(tree->context, resolved, &entry, &ignored) <= 0)
		return false;
	*ret_type = entry.type;
	*ret_resolved = take_ptr(&resolved);
	return true;
}

/* The deepest directory above the path that is there; its length in the path. */
static char *find_nearest_dir(const struct copy_tree *tree, const char *path, size_t *ret_len)
{
	size_t len = strlen(path);

	for (;;) {
		const char *slash = memrchr(path, '/', len);
		len = slash ? (size_t)(slash - path) : 0;
		autofree char *dir = xstrndup(path, len), *resolved = NULL;
		enum fs_type type;
		*ret_len = len;
		if (leads(tree, dir, &resolved, &type))
			return type == FS_DIR ? take_ptr(&resolved) : NULL;
		if (!len)
			return NULL;
	}
}

void missing_suggest(const struct copy_tree *tree, const char *path, struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;
	struct error ignored = ERROR_INIT;
	enum fs_type type;
	size_t len = 0;

	if (!tree->list || !*path)
		return;
	autofree char *dir = find_nearest_dir(tree, path, &len);
	if (!dir || tree->list(tree->context, dir, &names, &ignored) < 0)
		return;
	autofree char *nearest = find_nearest(path, len, &names);
	if (!nearest)
		return;
	/* with what comes behind it, where that is there, too */
	const char *name = path + len + (len > 0);
	autofree char *whole = xasprintf("%s%s", nearest, name + strcspn(name, "/"));
	autofree char *resolved = NULL;
	bool is_whole = leads(tree, whole, &resolved, &type);
	autofree char *shown = xasprintf("/%s", is_whole ? whole : nearest);
	add_nearest(shown, err);
}

void missing_suggest_in(const struct exec_env *env, struct tree_ref from, const char *path,
			struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	autofree struct layer_ref *layers = NULL;
	autofree struct digest *chain_ids = NULL;
	struct error ignored = ERROR_INIT;
	size_t n = exec_tree_layers(env, from, &layers);

	n = rootfs_chain_ids(&env->image_env, layers, n, &chain_ids);
	if (snapshot_view_open(env->image_env.snapshots, chain_ids, n, &view, &ignored) < 0)
		return;
	struct copy_tree tree = copy_tree_of_view(view);
	missing_suggest(&tree, path, err);
}

/* --- a context -------------------------------------------------------------------------------- */

static bool is_there(const struct exec_context *context, const char *path)
{
	struct error ignored = ERROR_INIT;
	autoclose int fd = -1;

	return fs_open_in_root(context->dir_fd, path, O_PATH | O_NOFOLLOW, 0, &fd, &ignored) > 0;
}

void missing_explain(const struct exec_context *context, const char *path, struct error *err)
{
	struct position at = err->at;

	if (context->dir_fd < 0 || !*path)
		return;
	if (is_there(context, path) && is_ignored(context, path)) {
		const char *name = ignore_name(context->ignore);
		struct error cause = *err;
		(void)error_set(err, cause.code,
				"%.1500s (it is there, but a rule of '%.300s' leaves it out; "
				"'cbuild context ls --why' names the rule)",
				cause.text, name ? name : ".dockerignore");
	} else {
		suggest(context, path, err);
	}
	err->at = at;
}
