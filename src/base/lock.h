/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks between processes: open-file-description locks (fcntl F_OFD_SETLK, man 2 fcntl_locking) on
 * a file of ours. The lock belongs to the descriptor, is shared with forked children that keep it,
 * and goes when the last copy of the descriptor is closed, by whatever death.
 */
#ifndef CBUILD_BASE_LOCK_H
#define CBUILD_BASE_LOCK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum lock_kind { LOCK_SHARED, LOCK_EXCLUSIVE };

/* Opens (creates 0600) `name` below dir_fd and waits for the lock. Closing *ret_fd drops it. */
int lock_take(int dir_fd, const char *name, enum lock_kind kind, int *ret_fd, struct error *err)
	must_check;
/* 1 taken, 0 somebody else holds it, -1 error. */
int lock_try(int dir_fd, const char *name, enum lock_kind kind, int *ret_fd, struct error *err)
	must_check;
/* The same on an open descriptor. */
int lock_fd(int fd, enum lock_kind kind, bool wait, struct error *err) must_check;
/*
 * The lock of one byte, so that one file (which need not be that long) holds as many locks as
 * there are names for them.
 */
int lock_byte(int fd, uint64_t byte, enum lock_kind kind, bool wait, struct error *err) must_check;

#endif
