/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user namespace without a process in it, as a descriptor: made once per build, entered by every
 * job that needs it. Single-threaded callers only.
 */
#ifndef CBUILD_SANDBOX_USER_NAMESPACE_H
#define CBUILD_SANDBOX_USER_NAMESPACE_H

#include "id_map.h"

#include "base/error.h"

enum map_writer {
	MAP_BY_KERNEL = 1, /* one's own id alone; or anything, with CAP_SETUID and CAP_SETGID */
	MAP_BY_HELPERS	   /* newuidmap, newgidmap */
};

/* Where the two helpers are; NULL where they are not. */
const char *user_namespace_helper(const char *name);

/*
 * ERROR_PERMISSION where the machine refuses. A map of one id that the kernel is to write forbids
 * setgroups in it.
 */
int user_namespace_make(const struct id_map *uids, const struct id_map *gids,
			enum map_writer writer, int *ret_fd, struct error *err) must_check;
/*
 * The caller is in it from here on, with all capabilities there and a mount namespace of its own:
 * what was opened outside cannot be mounted inside.
 */
int user_namespace_enter(int fd, struct error *err) must_check;

#endif
