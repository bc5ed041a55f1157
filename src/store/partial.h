/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partial/<digest>: what came of a blob before its download broke off. A file is locked by who
 * writes it; the lock passes to cbuild-net along with the descriptor, so it is let go when nobody
 * can write any more.
 */
#ifndef CBUILD_STORE_PARTIAL_H
#define CBUILD_STORE_PARTIAL_H

#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>

struct partial {
	int folder_fd, fd; /* the caller's */
	uint64_t have;	   /* bytes there, and where fd stands; fewer than the blob has */
};

/* Opens and locks, made where it is not there; 0 somebody else has it. Sweeps when it is new. */
int partial_open(int root_fd, const struct digest *digest, uint64_t size,
		 struct partial *ret_partial, struct error *err) must_check;
/* Removes those that nobody has: all, or the too old and the oldest of too many. */
int partial_sweep(int root_fd, bool all, struct error *err) must_check;

#endif
