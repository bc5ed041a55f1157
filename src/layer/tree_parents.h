/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that an entry's path names, opened and made where they are missing. */
#ifndef CBUILD_LAYER_TREE_PARENTS_H
#define CBUILD_LAYER_TREE_PARENTS_H

#include "tree.h"

/* As tree_enter; symlinks are followed inside the root, dangling ones too. */
int tree_open_parents(struct tree *tree, const char *dir_path, const struct timespec *mtime,
		      int *ret_fd, struct error *err) must_check;

#endif
