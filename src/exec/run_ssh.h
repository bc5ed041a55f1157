/* SPDX-License-Identifier: Apache-2.0 */
/* RUN --mount=type=ssh. */
#ifndef CBUILD_EXEC_RUN_SSH_H
#define CBUILD_EXEC_RUN_SSH_H

#include "op.h"
#include "run_mounts.h"

/* The environment's SSH_AUTH_SOCK, as BuildKit sets it: whether there is an agent or not. */
void run_ssh_add_variable(const struct run_step *run, struct strv *env);
/* 1 the socket is *ret_proxy's, which is the mounts'; 0 no agent was given; -1. */
int run_ssh_open(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		 const struct agent_proxy **ret_proxy, struct error *err) must_check;

#endif
