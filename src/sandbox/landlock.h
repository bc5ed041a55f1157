/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock as a second wall for steps on the host's network: a network namespace is what keeps
 * others from the host's abstract unix sockets (containerd, X11, dbus: CVE-2020-15257).
 */
#ifndef CBUILD_SANDBOX_LANDLOCK_H
#define CBUILD_SANDBOX_LANDLOCK_H

#include "base/error.h"

/* The version of it that the kernel has; -1 = none. */
int landlock_version(void);
/* A rule set that shuts a thread off from abstract sockets outside; -1 before Linux 6.12. */
int landlock_make_socket_scope(void);
/*
 * Everything beneath the root and nothing else, no signals to others, no abstract sockets of
 * others, as far as the kernel knows such walls: *ret_fd stays -1 where it has none.
 */
int landlock_make_root(int root_fd, int *ret_fd, struct error *err) must_check;
/* Enters it, for good. Needs CAP_SYS_ADMIN, or no_new_privs. */
int landlock_enter(int scope_fd, struct error *err) must_check;

#endif
