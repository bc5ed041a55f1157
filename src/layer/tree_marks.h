/* SPDX-License-Identifier: Apache-2.0 */
/* Marks and owners where they cannot be what overlay and the kernel have for them. */
#ifndef CBUILD_LAYER_TREE_MARKS_H
#define CBUILD_LAYER_TREE_MARKS_H

#include "tree.h"

#include "base/fs_entry.h"

/* What the layers below have under this name is gone. 1 made, 0 there is something of that name. */
int tree_mark_gone(struct tree *tree, const char *name, struct error *err) must_check;
/*
 * Something was made under a name in dir_fd: the mark that it was gone goes. 1 there was one (so a
 * directory has to hide what lies below), 0 not.
 */
int tree_take_mark(const struct tree *tree, int dir_fd, const char *name, struct error *err)
	must_check;

/* Writes down what the object behind fd is said to be; `type` as in st_mode. */
int tree_record(int fd, uint32_t type, const struct tree_meta *meta, uint32_t dev_major,
		uint32_t dev_minor, struct error *err) must_check;
/* A plain file stands for a device, where owners alone are recorded. */
int tree_record_device(int fd, const char *name, const struct fs_entry *device, uint32_t uid,
		       uint32_t gid, struct error *err) must_check;
/* Reads what is recorded, over what fstat said. Nothing where nothing is. */
int tree_read_record(const struct tree *tree, int fd, struct stat *st, struct error *err)
	must_check;

#endif
