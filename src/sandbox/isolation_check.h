/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_SANDBOX_ISOLATION_CHECK_H
#define CBUILD_SANDBOX_ISOLATION_CHECK_H

#include "base/error.h"
#include "base/strv.h"
#include "sandbox/spec.h"

/*
 * As isolation_check; where a mode has a user namespace, *ret_fd is the one that was made for
 * trying, and is the caller's.
 */
int isolation_try(enum sandbox_isolation mode, int *ret_fd, struct strv *missing, struct error *err)
	must_check;

/* Has this user what makes a user namespace with more than one id? Looks, and tries nothing. */
bool isolation_has_sub_ids(void);

#endif
