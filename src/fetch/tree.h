/* SPDX-License-Identifier: Apache-2.0 */
/* Directories in the store's tmp/; private to fetch. */
#ifndef CBUILD_FETCH_TREE_H
#define CBUILD_FETCH_TREE_H

#include "fetch/fetch.h"

/* A directory of ours with a random name; it is removed again unless the name is taken out. */
struct tree_draft {
	const struct fetch_env *env;
	char *name;
	int fd;
};

#define TREE_DRAFT_INIT                \
	{                              \
		.name = NULL, .fd = -1 \
	}

void tree_draft_release(struct tree_draft *draft);
DEFINE_RELEASE(struct tree_draft, tree_draft_release);
int tree_draft_open(const struct fetch_env *env, const char *prefix, struct tree_draft *ret_draft,
		    struct error *err) must_check;

/*
 * The content of a file (from its start) as a context: what begins as an archive is unpacked, what
 * does not is a Dockerfile. `file_name`: the context holds it under that name; NULL = it is empty.
 */
int tree_of_file(const struct fetch_env *env, int fd, const char *what, const char *file_name,
		 struct job_channel *channel, struct fetched_tree *ret_tree, struct error *err)
	must_check;
/* A context that holds the file and nothing else. */
int tree_with_file(const struct fetch_env *env, int fd, const char *file_name, int64_t modified,
		   struct fetched_tree *ret_tree, struct error *err) must_check;

#endif
