/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step has of an agent: a socket of its own, behind which a process of the job hands on
 * two requests, listing the keys and signing, and refuses all others (adding, removing, locking,
 * extensions), as BuildKit does. The agent itself is never reached.
 */
#ifndef CBUILD_EXEC_AGENT_PROXY_H
#define CBUILD_EXEC_AGENT_PROXY_H

#include "exec/agent.h"

enum { AGENT_MESSAGE_MAX = 256 * 1024, AGENT_CONNECTIONS_MAX = 32 };

struct agent_proxy {
	struct agent agent;
	pid_t pid;
	int socket_fd; /* O_PATH, to be mounted; -1 = none */
	char *name;    /* of the socket, below tmp_fd */
	int tmp_fd;
};

#define AGENT_PROXY_INIT                             \
	{                                            \
		.agent = AGENT_INIT, .socket_fd = -1 \
	}

/* Whose the socket is, and who may connect to it. */
struct agent_access {
	uint32_t mode, uid, gid;
};

/* Takes the agent over. */
int agent_proxy_start(struct agent *agent, const struct agent_access *access, int tmp_fd,
		      struct agent_proxy *ret_proxy, struct error *err) must_check;
void agent_proxy_release(struct agent_proxy *proxy);

#endif
