/* SPDX-License-Identifier: Apache-2.0 */
/* A selection of a tree -> a real directory or file of ours, for a RUN that mounts it. */
#ifndef CBUILD_EXEC_TREE_WRITE_H
#define CBUILD_EXEC_TREE_WRITE_H

#include "copy_select.h"

/*
 * Makes `name` in dir_fd out of the selection's first match, whose top has that name then. A file
 * that is not what the selection says it holds is ERROR_CHANGED. Owners are set, or recorded
 * (base/fs_owner.h).
 */
int tree_write(const struct copy_tree *tree, const struct selection *selection, bool records_owners,
	       int dir_fd, const char *name, struct error *err) must_check;

#endif
