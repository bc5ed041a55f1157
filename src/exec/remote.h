/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of ADD that lie elsewhere. What each is at the moment (a URL's content, the commit of a
 * git ref) is found out once per build, before the steps that name it: it is part of their keys.
 * A step that then has to run opens it as a tree.
 */
#ifndef CBUILD_EXEC_REMOTE_H
#define CBUILD_EXEC_REMOTE_H

#include "copy_select.h"

#include "exec/exec.h"
#include "fetch/fetch.h"

struct exec_remote {
	const struct copy_step *copy; /* the first that names it */
	const struct copy_source *source;
	char *title;
	struct fetched_url url;	      /* COPY_URL */
	struct git_revision revision; /* COPY_GIT */
};

struct exec_remotes {
	struct exec_env *env;
	struct exec_remote *items;
	size_t len;
};

/* Every source of the plan that needs it; the same one of several steps once. */
void exec_remotes_init(struct exec_remotes *remotes, struct exec_env *env);
void exec_remotes_release(struct exec_remotes *remotes);
/* What the source is; it must be one of them. */
const struct exec_remote *exec_remote_find(const struct exec_remotes *remotes,
					   const struct copy_step *copy,
					   const struct copy_source *source);
/* Index, or remotes->len. */
size_t exec_remote_index(const struct exec_remotes *remotes, const struct copy_step *copy,
			 const struct copy_source *source);

/* The work of a job graph that finds out. arg: struct exec_remote_work. */
struct exec_remote_work {
	struct exec_remotes *remotes;
	size_t index;
};
int exec_remote_run(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
int exec_remote_finish(void *arg, const char *record, size_t len, struct error *err);

/* What it is, as far as it is part of the key of a step that copies it. */
void exec_remote_add_to_key(const struct exec_remote *remote, const struct copy_step *copy,
			    struct cache_key *key);

/* What fetching needs of it. */
struct fetch_env remote_fetch_env(const struct exec_env *env);

/* A source as a tree, in the job of a step. */
struct remote_tree {
	const struct exec_env *env;
	struct fetched_tree fetched; /* git */
	int dir_fd;
	struct snapshot_view *view;
	char *name; /* URL: the only file there is */
	struct fs_entry entry;
	struct copy_tree tree;
	struct selection selection;
};

/* The tree knows where it lies: it is not moved. */
int remote_tree_open(const struct exec_env *env, const struct exec_remote *remote,
		     const struct copy_step *copy, struct job_channel *channel,
		     struct remote_tree *tree, struct error *err) must_check;
void remote_tree_release(struct remote_tree *tree);

#endif
