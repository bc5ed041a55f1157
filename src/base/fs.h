/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files by descriptor. No path from outside is ever resolved from "/" or the working directory:
 * it is opened beneath a directory descriptor, where ".." and symlinks cannot leave it.
 *
 *   fs_open_in_root   the descriptor is "/" for the path: absolute symlinks and ".." are resolved
 *                     as if chrooted (openat2 RESOLVE_IN_ROOT), magic links refused
 *   fs_open_beneath   our own state on disk: leaving the directory is an error
 *
 * All descriptors are close-on-exec. Questions (ret 1/0/-1): 0 = there is no such file.
 */
#ifndef CBUILD_BASE_FS_H
#define CBUILD_BASE_FS_H

#include "base/buf.h"
#include "base/error.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>

int fs_open_in_root(int root_fd, const char *root_path, int flags, mode_t mode, int *ret_fd,
		    struct error *err) must_check;
int fs_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, int *ret_fd,
		    struct error *err) must_check;

/* A directory of ours by host path; made (0700, parents too) with `create`. */
int fs_open_dir(const char *host_path, bool create, int *ret_fd, struct error *err) must_check;
/* mkdir below dir_fd, one component or several; what exists is fine. */
int fs_make_dirs(int dir_fd, const char *path, mode_t mode, struct error *err) must_check;

/* The whole file, at most `max` bytes (ERROR_CORRUPT names `what` and the ceiling); 1/0/-1. */
int fs_read_whole(int dir_fd, const char *path, size_t max, const char *what, struct buf *buf,
		  struct error *err) must_check;
/* Reads what is left of fd, at most `max` bytes. */
int fs_read_fd(int fd, size_t max, const char *what, struct buf *buf, struct error *err) must_check;

/* Writes aside in the same directory and renames over `name`; readers see the old or the new. */
int fs_write_atomic(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		    struct error *err) must_check;

/* write(2) until all is out; EINTR and short writes are handled. */
int fs_write_all(int fd, const void *data, size_t len, struct error *err) must_check;
/* read(2) until len bytes or the end; the count is the result. */
int fs_read_full(int fd, void *data, size_t len, size_t *ret_len, struct error *err) must_check;

/*
 * Removes name below dir_fd and everything in it, by descriptors, never following a symlink and
 * never crossing into another mount (an error names it). What is not there is fine.
 */
int fs_remove_tree(int dir_fd, const char *name, struct error *err) must_check;

/* A name that nothing else uses, for a file or directory written aside: "prefix.<random hex>". */
void fs_random_name(const char *prefix, struct buf *ret_name);

#endif
