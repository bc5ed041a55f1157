/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store holds; for the files of this folder. */
#ifndef CBUILD_STORE_STATE_H
#define CBUILD_STORE_STATE_H

#include "lease.h"

struct store {
	char *path;
	int root_fd;
	int blobs_fd;	     /* blobs/sha256 */
	struct lease *lease; /* NULL until it is taken */
	pid_t owner;	     /* who opened it; a forked child never ends the lease */
};

#endif
