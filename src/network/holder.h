/* SPDX-License-Identifier: Apache-2.0 */
/* A process that makes a network namespace and stays in it, so that others can name it. */
#ifndef CBUILD_NETWORK_HOLDER_H
#define CBUILD_NETWORK_HOLDER_H

#include "base/error.h"

#include <netinet/in.h>
#include <sys/types.h>

struct network_holder {
	int socket_fd;
	pid_t outer_pid; /* in the numbers of /proc */
};

#define NETWORK_HOLDER_INIT \
	{                   \
		-1, 0       \
	}

/* It dies with the pid namespace that the caller is process 1 of. */
int network_holder_start(struct network_holder *holder, struct error *err) must_check;
/*
 * Once a helper has given the namespace its interface: what no step may reach is shut off, and
 * `forwarder` (or NULL) gets a route. *ret_gateway is the address of the way out.
 */
int network_holder_finish(const struct network_holder *holder, const char *forwarder,
			  struct in_addr *ret_gateway, struct error *err) must_check;

void network_holder_release(struct network_holder *holder);
DEFINE_RELEASE(struct network_holder, network_holder_release);

#endif
