/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network namespace of a build's own with a way out of it: one for all steps, made when the first
 * needs it, together with the program (pasta, else slirp4netns) that connects it. Whether there is
 * one is found out by making it. Nothing of it outlives the process that made it.
 */
#ifndef CBUILD_NETWORK_PRIVATE_NETWORK_H
#define CBUILD_NETWORK_PRIVATE_NETWORK_H

#include "base/error.h"

#include <stdbool.h>

struct isolation;
struct private_network;

struct network_wishes {
	bool reaches_host;  /* the gateway's address leads to this machine's loopback */
	bool has_forwarder; /* an address leads to this machine's first IPv4 resolver */
};

/*
 * In the coordinator, once the isolation is ensured. Only begins: jobs forked afterwards wait for
 * it.
 */
int private_network_new(const struct isolation *isolation, const struct network_wishes *wishes,
			struct private_network **ret_network, struct error *err) must_check;
/* When this returns, no process of it is left. In the process that made it only. */
void private_network_free(struct private_network *network);
DEFINE_CLEANUP(struct private_network *, private_network_free);

struct private_network_found {
	int namespace_fd;      /* the caller's; -1 where there is none */
	const char *helper;    /* which program */
	const char *forwarder; /* where it was wished for, else NULL */
	const char *gateway;
	const char *reason; /* why there is none */
};

/* In a job: 1 there is one, 0 the machine does not let us, -1 there was one and it broke. */
int private_network_wait(const struct private_network *network,
			 struct private_network_found *ret_found, struct error *err) must_check;
/* True for one caller of all: the one who is to tell what was found. */
bool private_network_tell(struct private_network *network);

#endif
