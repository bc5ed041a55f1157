/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock as a second wall: in place of a mount namespace for steps in a chroot, of a network
 * namespace for those on the host's network, which is what keeps others from the host's abstract
 * unix sockets (containerd, X11, dbus: CVE-2020-15257), and between a step and its init for all.
 */
#ifndef CBUILD_SANDBOX_LANDLOCK_H
#define CBUILD_SANDBOX_LANDLOCK_H

#include "base/error.h"

/* The version from which there are scopes. */
enum { LANDLOCK_SCOPES = 6 };

/* The version of it that the kernel has; -1 = none. */
int landlock_version(void);
/*
 * A rule set that shuts a thread off from abstract sockets and processes outside: it cannot signal
 * these, and, as with every rule set, not trace them nor look at them through /proc, whatever
 * capabilities it holds. -1 before Linux 6.12.
 */
int landlock_make_scope(void);
/*
 * Everything beneath the root and nothing else, no signals to others, no abstract sockets of
 * others, as far as the kernel knows such walls: *ret_fd stays -1 where it has none.
 */
int landlock_make_root(int root_fd, int *ret_fd, struct error *err) must_check;
/*
 * Enters it, for good, and asks the kernel for it: the parent cannot be signalled (from version 6
 * on), and outer_fd, an O_PATH descriptor of a directory out of the root, not be read; -1: there is
 * no such wall. Needs CAP_SYS_ADMIN, or no_new_privs.
 */
int landlock_enter(int ruleset_fd, int outer_fd, struct error *err) must_check;

#endif
