/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount=type=cache: directories in the store's cache/mounts/, each with a lock file beside
 * it. A name is the SHA-256 of what the cache is for, so that no id is ever a path. They are no
 * part of any layer or key.
 */
#ifndef CBUILD_EXEC_CACHE_MOUNT_H
#define CBUILD_EXEC_CACHE_MOUNT_H

#include "op.h"

enum { CACHE_MOUNT_NAME_SIZE = 80, CACHE_MOUNT_PRIVATE_MAX = 256 };

struct cache_mount {
	const struct run_mount *mount;
	char name[CACHE_MOUNT_NAME_SIZE];
	int lock_fd; /* held while the step runs; -1 = another one of the step has it */
	int dir_fd;
	const char *copy; /* in tmp/, where nothing can be mounted (run_copies.h); else NULL */
};

void cache_mount_release(struct cache_mount *cache);

/* The name only: locks are taken in the order of names, so that no two builds wait for another. */
int cache_mount_init(struct cache_mount *cache, const struct step_job *job,
		     const struct run_mount *mount, struct error *err) must_check;
/* Where they all are. */
int cache_mount_open_folder(const struct step_job *job, int *ret_fd, struct error *err) must_check;
/* Locks as `sharing` wants and makes the directory where it is missing. */
int cache_mount_open(struct cache_mount *cache, struct step_job *job, enum mount_sharing sharing,
		     struct error *err) must_check;

#endif
