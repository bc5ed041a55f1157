/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock as a second wall for steps on the host's network: a network namespace is what keeps
 * others from the host's abstract unix sockets (containerd, X11, dbus: CVE-2020-15257).
 */
#ifndef CBUILD_SANDBOX_LANDLOCK_H
#define CBUILD_SANDBOX_LANDLOCK_H

#include "base/error.h"

/* A rule set that shuts a thread off from abstract sockets outside; -1 before Linux 6.12. */
int landlock_make_socket_scope(void);
/* Enters it, for good. Needs CAP_SYS_ADMIN. */
int landlock_enter(int scope_fd, struct error *err) must_check;

#endif
