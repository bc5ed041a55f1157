/* SPDX-License-Identifier: Apache-2.0 */
/* The network of a RUN, and the two files that tell it of names. */
#ifndef CBUILD_EXEC_RUN_NETWORK_H
#define CBUILD_EXEC_RUN_NETWORK_H

#include "op.h"

#include "sandbox/spec.h"

struct run_network {
	enum sandbox_network mode;
	int namespace_fd; /* PRIVATE */
	struct buf hosts, resolv_conf;
	bool keeps_resolv_conf;
};

#define RUN_NETWORK_INIT                                                       \
	{                                                                      \
		.namespace_fd = -1, .hosts = BUF_INIT, .resolv_conf = BUF_INIT \
	}

/* In the coordinator, before a RUN's job is forked: begins a private network where it wants one. */
int run_network_prepare(struct exec_env *env, const struct run_step *run, struct error *err)
	must_check;
/* In the job: waits for the private network, tells once what it came to. */
int run_network_make(struct step_job *job, struct run_network *network, struct error *err)
	must_check;
/* The spec borrows it all. */
void run_network_apply(const struct run_network *network, struct sandbox_spec *spec);

void run_network_release(struct run_network *network);
DEFINE_RELEASE(struct run_network, run_network_release);

#endif
