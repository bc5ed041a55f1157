/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups of an image, from its own /etc/passwd and /etc/group, read by us (no NSS). Files
 * come through a function, so that this works on a mounted root and on an unmounted view alike.
 * All digits means a number and is never looked up by name (moby/sys CVE-2026-46680); files over
 * 10 MiB, symlinks out of the root, FIFOs and devices are refused by who opens them.
 */
#ifndef CBUILD_SANDBOX_USER_H
#define CBUILD_SANDBOX_USER_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { PASSWD_SIZE_MAX = 10 * 1024 * 1024, GROUPS_MAX = 65536 };

/* Text of "etc/passwd" or "etc/group"; 1/0/-1. */
typedef int user_read_file(void *context, const char *root_path, struct buf *ret_text,
			   struct error *err);

struct user {
	uint32_t uid, gid;
	uint32_t *groups; /* supplementary, the primary one among them */
	size_t n_groups;
	char *home; /* "/" where unknown */
};

void user_release(struct user *user);
DEFINE_RELEASE(struct user, user_release);

/* USER's text ("", name, name:group, uid, uid:gid) for a RUN. Unknown names are an error. */
int user_resolve(const char *text, user_read_file *read_file, void *context, struct user *ret_user,
		 struct error *err) must_check;

/*
 * COPY --chown and owners of WORKDIR: user[:group]; a number without group is its own group, a
 * name without group has its passwd group. *ret_unknown is the first name that is not there (it
 * counts as 0, as BuildKit has it), or NULL; borrowed from text's life time.
 */
int owner_resolve(const char *text, user_read_file *read_file, void *context, uint32_t *ret_uid,
		  uint32_t *ret_gid, bool *ret_is_unknown, struct error *err) must_check;

#endif
