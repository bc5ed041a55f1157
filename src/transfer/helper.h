/* SPDX-License-Identifier: Apache-2.0 */
/* Finding cbuild-net and starting it. */
#ifndef CBUILD_TRANSFER_HELPER_H
#define CBUILD_TRANSFER_HELPER_H

#include "base/error.h"

#include <sys/types.h>

enum { HELPER_SOCKET_FD = 3, HELPER_ACCESS_FD };

/* Beside the running program, else in ../libexec/cbuild/; never on PATH. The caller's. */
int helper_find(char **ret_path, struct error *err) must_check;
/*
 * Starts it with socket_fd as descriptor 3, access_fd (struct registry_access) as 4 and no other
 * of ours but stderr; through the loader
 * "ld.so" where one stands beside it (with its libraries), as in the relocatable tarball.
 */
int helper_start(const char *path, int socket_fd, int access_fd, pid_t *ret_pid, struct error *err)
	must_check;

#endif
