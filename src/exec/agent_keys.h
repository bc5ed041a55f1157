/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSH's agent with private keys in it, as a child of a job. */
#ifndef CBUILD_EXEC_AGENT_KEYS_H
#define CBUILD_EXEC_AGENT_KEYS_H

#include "base/error.h"

#include <sys/types.h>

#define AGENT_SOCKET "s" /* in its folder */

/* It listens when this returns; it dies with this process. */
int agent_start(int dir_fd, pid_t *ret_pid, struct error *err) must_check;
/* The private key of a file of the caller's, given to the agent through a pipe. */
int agent_add_key(int dir_fd, const char *path, struct error *err) must_check;

#endif
