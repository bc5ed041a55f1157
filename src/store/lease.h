/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases/NAME is locked as long as its process (or a child of it) lives; tmp/NAME/ holds what that
 * process has unfinished. Whoever opens the store removes both of those that are dead. A lease is
 * locked before its folder is made, and its folder is removed before it is.
 *
 * Into the lease file go the digests that its build uses, one a line, which nobody may remove while
 * the lease lives; its mode says when they could not be written.
 *
 * The folder is made by who first needs it (in whichever process): a build in which everything is
 * cached never does, and removing a directory can take a disk milliseconds.
 */
#ifndef CBUILD_STORE_LEASE_H
#define CBUILD_STORE_LEASE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/map.h"

#include <stdbool.h>

struct lease {
	int all_fd;	/* leases/ */
	int all_tmp_fd; /* tmp/ */
	int fd;		/* the lock */
	int tmp_fd;	/* tmp/NAME/; -1 when the disk is too full for it */
	char *name;
	bool has_remains; /* of a dead lease something could not be removed */
};

#define LEASE_INIT                          \
	{                                   \
		-1, -1, -1, -1, NULL, false \
	}

/* Sweeps, then takes a lease of its own. */
int lease_take(int root_fd, struct lease *lease, struct error *err) must_check;
/* 1 no other lease is alive, 0 somebody works here, -1. */
int lease_is_alone(const struct lease *lease, struct error *err) must_check;
/* The folder, made where it is not there yet; borrowed; -1 with errno. */
int lease_tmp_fd(struct lease *lease);
/* Sweeps once more if something was left. */
int lease_sweep_again(const struct lease *lease, struct error *err) must_check;
/* Removes the folder; 1 it is still there, 0 gone. */
int lease_clear_tmp(const struct lease *lease);
/* Any process that has the lease may pin; the caller holds the lock that collecting excludes. */
int lease_pin(const struct lease *lease, const struct digest *digests, size_t n, struct error *err)
	must_check;
/* Adds what all other living leases pin, in hex; 1, 0 one of them could not write its pins, -1. */
int lease_read_pins(const struct lease *lease, struct map *pins, struct error *err) must_check;
/* Removes folder and file. */
void lease_end(struct lease *lease);
/* Closes descriptors only. */
void lease_release(struct lease *lease);
DEFINE_RELEASE(struct lease, lease_release);

#endif
