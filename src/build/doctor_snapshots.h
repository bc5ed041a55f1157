/* SPDX-License-Identifier: Apache-2.0 */
/* How a store would keep its snapshots, found out without making one. */
#ifndef CBUILD_BUILD_DOCTOR_SNAPSHOTS_H
#define CBUILD_BUILD_DOCTOR_SNAPSHOTS_H

#include "base/error.h"

struct isolation;

/*
 * By trying, in the isolation that a build takes (which was ensured), in a folder that is made
 * beside the store and removed. *ret_name ("overlay-user", "copy", ...) is the caller's.
 */
int doctor_snapshots(const char *root, struct isolation *isolation, char **ret_name,
		     struct error *err) must_check;

#endif
