/* SPDX-License-Identifier: Apache-2.0 */
/* A remote source as a tree that a COPY reads: a git checkout, or the one file of a URL. */
#include "remote.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "exec/agent.h"
#include "store/blob.h"

#include <string.h>

enum { URL_MODE = 0600 };

/* --- one file --------------------------------------------------------------------------------- */

static int file_find(void *context, const char *path, struct fs_entry *ret_entry, struct error *err)
{
	const struct remote_tree *tree = context;

	(void)err;
	if (strcmp(path, tree->name) != 0)
		return 0;
	*ret_entry = tree->entry;
	return 1;
}

static int file_resolve(void *context, const char *path, char **ret_path, struct error *err)
{
	(void)context;
	(void)err;
	*ret_path = xstrdup(path);
	return 0;
}

static int file_walk(void *context, const char *path, snapshot_view_visitor *visit, void *arg,
		     struct error *err)
{
	const struct remote_tree *tree = context;

	return strcmp(path, tree->name) == 0 ? visit(arg, &tree->entry, 0, 0, err) : 0;
}

static int file_open(void *context, const char *path, int *ret_fd, struct error *err)
{
	const struct remote_tree *tree = context;

	(void)path;
	return blob_open(tree->env->image_env.store, &tree->entry.digest, ret_fd, err);
}

static int open_url(const struct exec_remote *remote, struct remote_tree *tree, struct error *err)
{
	tree->name = fetch_url_name(remote->source->path);
	tree->entry = (struct fs_entry){ .path = tree->name,
					 .type = FS_FILE,
					 .mode = URL_MODE,
					 .size = remote->url.size,
					 .mtime = remote->url.modified,
					 .has_digest = true,
					 .digest = remote->url.digest };
	tree->tree = (struct copy_tree){ .find = file_find,
					 .resolve = file_resolve,
					 .walk = file_walk,
					 .open = file_open,
					 .context = tree };
	return copy_select_path(&tree->tree, tree->name, &tree->selection, err);
}

/* --- git -------------------------------------------------------------------------------------- */

static bool keeps_git_dir(const struct git_reference *reference, const struct copy_step *copy)
{
	if (reference->keep_git_dir)
		return reference->keep_git_dir == GIT_YES;
	return copy->keep_git_dir;
}

static int open_git(const struct exec_remote *remote, const struct copy_step *copy,
		    struct job_channel *channel, struct remote_tree *tree, struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(agent_release) struct agent agent = AGENT_INIT;
	struct fetch_env env = remote_fetch_env(tree->env);
	struct copy_source all = { .kind = COPY_PATH, .path = "/" };
	const struct copy_step whole = { .sources = &all,
					 .n_sources = 1,
					 .excludes = copy->excludes };

	if (git_reference_parse(remote->source->path, &reference, err) < 0 ||
	    agent_open_for_source(tree->env, remote->source->path, &agent, err) < 0)
		return -1;
	env.ssh_agent = agent.path;
	if (fetch_git(&env, &reference, &remote->revision, keeps_git_dir(&reference, copy), channel,
		      &tree->fetched, err) < 0)
		return -1;
	int found = fs_open_beneath(store_tmp_fd(env.store), tree->fetched.dir,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &tree->dir_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_SYSTEM, "a checkout went away");
	const struct snapshot_format plain = { .attribute_prefix = NULL };
	if (snapshot_view_of_plain(&plain, tree->dir_fd, &tree->view, err) < 0)
		return -1;
	tree->tree = copy_tree_of_view(tree->view);
	/* whoever we are, the files are root's */
	tree->tree.is_context = true;
	return copy_select(&tree->tree, &whole, true, &tree->selection, err);
}

int remote_tree_open(const struct exec_env *env, const struct exec_remote *remote,
		     const struct copy_step *copy, struct job_channel *channel,
		     struct remote_tree *tree, struct error *err)
{
	*tree = (struct remote_tree){ .env = env, .dir_fd = -1, .selection = SELECTION_INIT };
	return remote->source->kind == COPY_GIT ? open_git(remote, copy, channel, tree, err)
						: open_url(remote, tree, err);
}

void remote_tree_release(struct remote_tree *tree)
{
	selection_release(&tree->selection);
	snapshot_view_free(tree->view);
	if (tree->dir_fd >= 0)
		(void)close(tree->dir_fd);
	if (tree->fetched.dir) {
		struct fetch_env env = remote_fetch_env(tree->env);
		fetched_tree_remove(&env, &tree->fetched);
	}
	fetched_tree_release(&tree->fetched);
	free(tree->name);
}
