/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount in a chroot, where nothing can be mounted: what a step is to see is copied, and the
 * copy lies in its tree as long as it runs. A cache is copied back, so that no file of it is one of
 * the layer's, too (a hard link); until then it is locked for this step alone.
 */
#ifndef CBUILD_EXEC_RUN_COPIES_H
#define CBUILD_EXEC_RUN_COPIES_H

#include "op.h"
#include "run_mounts.h"

bool run_copies_are_needed(const struct step_job *job);
/* `name` in tmp/ is what is put at the mount's place. */
int run_copies_place(struct run_mounts *mounts, const char *name, struct sandbox_mount *bound,
		     struct error *err) must_check;
int run_copies_add_tree(struct step_job *job, struct run_mounts *mounts,
			const struct run_mount *mount, struct sandbox_mount *bound,
			struct error *err) must_check;
int run_copies_add_cache(struct step_job *job, struct run_mounts *mounts, struct cache_mount *cache,
			 struct sandbox_mount *bound, struct error *err) must_check;
/* The step is over: its caches become what it made of them. */
int run_copies_keep_caches(struct step_job *job, struct run_mounts *mounts, struct error *err)
	must_check;
/* A secret as a file lies on the store's file system then. */
int run_copies_check_secret(const struct step_job *job, const char *id, struct error *err)
	must_check;

#endif
