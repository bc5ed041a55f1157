/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of its own for each test, below the working directory, and short ways to put things
 * into it. */
#ifndef CBUILD_TESTS_CONTEXT_TEMP_TREE_H
#define CBUILD_TESTS_CONTEXT_TEMP_TREE_H

#include "../cmocka_head.h"
#include "base/fs.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_tree {
	char path[64];
	int fd;
};

static inline struct temp_tree temp_tree_make(void)
{
	struct temp_tree tree = { .path = "tree.XXXXXX" };

	assert_non_null(mkdtemp(tree.path));
	tree.fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree.fd >= 0);
	return tree;
}

static inline void temp_tree_remove(struct temp_tree *tree)
{
	struct error err = ERROR_INIT;

	(void)close(tree->fd);
	if (fs_remove_tree(AT_FDCWD, tree->path, &err) < 0)
		fail_msg("%s", err.text);
}

/* The directories above a path. */
static inline void temp_tree_parents(const struct temp_tree *tree, const char *path)
{
	autofree char *parent = path_parent(path);
	struct error err = ERROR_INIT;

	if (*parent)
		assert_int_equal(fs_make_dirs(tree->fd, parent, 0755, &err), 0);
}

static inline void temp_tree_dir(const struct temp_tree *tree, const char *path)
{
	struct error err = ERROR_INIT;

	assert_int_equal(fs_make_dirs(tree->fd, path, 0755, &err), 0);
}

static inline void temp_tree_write(const struct temp_tree *tree, const char *path, const char *text)
{
	struct error err = ERROR_INIT;

	temp_tree_parents(tree, path);
	autoclose int fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text), &err), 0);
}

static inline void temp_tree_link(const struct temp_tree *tree, const char *path,
				  const char *target)
{
	temp_tree_parents(tree, path);
	assert_int_equal(symlinkat(target, tree->fd, path), 0);
}

#endif
