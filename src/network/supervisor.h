/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that a private network lives and dies with: process 1 of a pid namespace in which
 * are the helper, all that the helper starts, and the process that holds the network namespace.
 * The kernel ends them all when it ends, so nothing is left, whatever a helper does.
 */
#ifndef CBUILD_NETWORK_SUPERVISOR_H
#define CBUILD_NETWORK_SUPERVISOR_H

#include "helper.h"
#include "state.h"

struct network_supervisor {
	struct network_state *state;
	int decided_fd;	  /* closed when the state is decided */
	int parent_pidfd; /* of the coordinator, whom it does not outlive */
	struct network_wishes wishes;
};

_Noreturn void network_supervisor_main(struct network_supervisor *supervisor);

#endif
