/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts held by a descriptor: made, restricted, and attached in the end, without a path that
 * somebody could swap meanwhile.
 *
 * By the calls that take descriptors (Linux 5.2; mount_setattr 5.12), with which a mount stands
 * nowhere until it is attached. Where the kernel, or a container's filter, lacks one of them, by
 * mount(2): a mount then stands below a name that is made in a directory of ours from the
 * beginning. Whoever mounts asks once which way it is, and says so by `place_fd`: that directory,
 * or -1 where the calls are there (mount_fd_place). With it the process must be in a mount
 * namespace of its own (mount_fd_enter_namespace): nobody else sees the mount, it goes with the
 * namespace, and who removes the directory meanwhile, or afterwards, finds an empty directory or
 * file in it.
 *
 * All of them answer as system calls do: -1 and errno. Descriptors are O_PATH and close on exec;
 * mount_fd_close takes a mount away that was attached nowhere.
 */
#ifndef CBUILD_BASE_MOUNT_FD_H
#define CBUILD_BASE_MOUNT_FD_H

#include "macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Are the calls all there, for a process that may mount? Some microseconds: not for each mount. */
bool mount_fd_has_calls(void);
/* `dir_fd` where they are not, else -1. */
int mount_fd_place(int dir_fd);

/* A mount namespace of its own for this process, from which nothing is seen outside. */
int mount_fd_enter_namespace(void) must_check;
/* Where what is open stands; `size` with the NUL. */
int mount_fd_path(int fd, char *ret_path, size_t size) must_check;
/*
 * Opens what `fd` is anew under its number, by its path: after a change of mount namespace, in
 * which what was mounted before can be attached and cloned by new descriptors alone. `flags` as of
 * open(2). ESTALE: the path leads to something else by now.
 */
int mount_fd_follow(int fd, int flags) must_check;

/* A new file system; options "name=value,name=value" or NULL, attributes MOUNT_ATTR_. */
int mount_fd_new(const char *type, const char *options, uint64_t attributes, int place_fd)
	must_check;
/* What is at `path`, mounted once more; flags as of open_tree: AT_RECURSIVE, AT_EMPTY_PATH,
 * AT_SYMLINK_NOFOLLOW. */
int mount_fd_clone(int dir_fd, const char *path, unsigned flags, int place_fd) must_check;
/*
 * MOUNT_ATTR_ to set and to clear, on one that is not attached yet and what is mounted below it
 * (clones with AT_RECURSIVE).
 */
int mount_fd_restrict(int fd, uint64_t set, uint64_t clear) must_check;
/* The same for one that is attached somewhere, and for it alone. EBUSY: see mount_setattr(2). */
int mount_fd_restrict_one(int fd, uint64_t set, uint64_t clear) must_check;
/*
 * Once, by the last who has a mount that was not attached in this namespace (-1 = nothing): with
 * the calls it is gone with its last descriptor, without them the name in `place_fd` goes, too.
 */
void mount_fd_close(int fd);
/* At `path`, which no symlink ends, or at `dir_fd` itself where it is "". Once. */
int mount_fd_attach(int fd, int dir_fd, const char *path) must_check;

#endif
