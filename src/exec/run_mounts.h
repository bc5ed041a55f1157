/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount: what the step's mounts need before it can run, and lets go of afterwards: trees of
 * stages, copies of what the context shows, cache directories with their locks, values of secrets.
 */
#ifndef CBUILD_EXEC_RUN_MOUNTS_H
#define CBUILD_EXEC_RUN_MOUNTS_H

#include "agent_proxy.h"
#include "cache_mount.h"
#include "op.h"

#include "base/vec.h"
#include "sandbox/spec.h"

struct run_mounts {
	VEC(struct sandbox_mount) mounts; /* parents first */
	struct strv env;		  /* secrets that are variables, SSH_AUTH_SOCK */
	VEC(struct snapshot_draft *) drafts;
	VEC(struct cache_mount) caches;
	VEC(struct agent_proxy) agents;
	struct strv asides; /* names in tmp/ */
	int tmp_fd;
	int place_fd; /* see base/mount_fd.h */
	struct arena arena;
};

#define RUN_MOUNTS_INIT                      \
	{                                    \
		.tmp_fd = -1, .place_fd = -1 \
	}

void run_mounts_release(struct run_mounts *mounts);
DEFINE_RELEASE(struct run_mounts, run_mounts_release);

int run_mounts_make(struct step_job *job, struct run_mounts *mounts, struct error *err) must_check;

#endif
