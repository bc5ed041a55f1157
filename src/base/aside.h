/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is written where nobody sees it and appears under its name whole, or not at all.
 * Nothing is left behind by whatever death: the file has no name until then (O_TMPFILE + linkat).
 * Where the file system or a missing /proc does not let us do so, it has a random name in the
 * directory it was opened in, which the owner of that directory sweeps.
 */
#ifndef CBUILD_BASE_ASIDE_H
#define CBUILD_BASE_ASIDE_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct aside {
	int fd;	    /* open for reading and writing */
	int dir_fd; /* borrowed */
	char *name; /* NULL while the file has none */
};

#define ASIDE_INIT           \
	{                    \
		-1, -1, NULL \
	}

/* Gives up what was not put into place. */
void aside_release(struct aside *aside);
DEFINE_RELEASE(struct aside, aside_release);

/* dir_fd: where the file waits; on the file system where it will be put. */
int aside_open(int dir_fd, mode_t mode, struct aside *aside, struct error *err) must_check;
/* Gives the file its name; 1 done, 0 something of that name is there already. */
int aside_place(struct aside *aside, int dir_fd, const char *name, struct error *err) must_check;
/*
 * The same over what is there, which is removed first: for an instant neither is there. Where that
 * matters: fs_write_atomic.
 */
int aside_replace(struct aside *aside, int dir_fd, const char *name, struct error *err) must_check;

#endif
