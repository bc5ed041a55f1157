/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2 with a fallback: where the kernel or a container's filter refuses it, the path is walked
 * name by name with O_PATH descriptors, none of which ever follows a symlink by itself.
 */
#ifndef CBUILD_BASE_CONFINED_OPEN_H
#define CBUILD_BASE_CONFINED_OPEN_H

#include <linux/openat2.h>

/*
 * As openat2(2), answer and errno included; how->resolve has RESOLVE_IN_ROOT or RESOLVE_BENEATH.
 * The fallback takes every symlink of procfs for a magic one, and answers EAGAIN where a rename in
 * the tree came between, as openat2 does.
 */
int confined_open(int dir_fd, const char *path, const struct open_how *how);

/* The fallback itself, for its tests. */
int confined_walk(int dir_fd, const char *path, const struct open_how *how);

#endif
