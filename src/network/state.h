/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a build's private network, in memory that coordinator, supervisor and jobs share.
 * The supervisor writes it before it says `phase`; after that nothing of it changes but `phase`.
 */
#ifndef CBUILD_NETWORK_STATE_H
#define CBUILD_NETWORK_STATE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

enum { NETWORK_REASON_MAX = 1024 };

enum network_phase { NETWORK_STARTING = 0, NETWORK_READY, NETWORK_REFUSED, NETWORK_DIED };

struct network_state {
	_Atomic int phase;
	atomic_bool was_told;
	pid_t holder; /* a process in the namespace, as the coordinator numbers it */
	const char *helper, *forwarder; /* constants of the program */
	char gateway[INET_ADDRSTRLEN];
	char reason[NETWORK_REASON_MAX]; /* REFUSED: why no helper works */
};

#endif
