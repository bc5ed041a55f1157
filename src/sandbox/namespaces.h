/* SPDX-License-Identifier: Apache-2.0 */
/* Which namespaces a step has of its own, making them, and proving that they are there. */
#ifndef CBUILD_SANDBOX_NAMESPACES_H
#define CBUILD_SANDBOX_NAMESPACES_H

#include "base/error.h"
#include "sandbox/spec.h"

#include <stdint.h>
#include <sys/types.h>

enum { N_NAMESPACES = 6 };

/* The inode numbers of a process's namespaces, in the order of the table in namespaces.c. */
struct namespace_ids {
	uint64_t inodes[N_NAMESPACES];
};

/* dir_fd holds a mounted procfs as "proc"; AT_FDCWD with is_host reads "/proc". */
int namespaces_read(int dir_fd, const char *proc_path, struct namespace_ids *ret_ids,
		    struct error *err) must_check;

/*
 * A child in namespaces of its own, with default signal handlers: its pid, or 0 in the child, or
 * -1. ERROR_PERMISSION where the machine refuses.
 */
pid_t namespaces_clone(enum sandbox_network network, int *ret_pidfd, struct error *err) must_check;

/* In the child: every namespace that should be its own is not the outer one. */
int namespaces_check(const struct namespace_ids *outer, const struct namespace_ids *own,
		     enum sandbox_network network, struct error *err) must_check;

#endif
