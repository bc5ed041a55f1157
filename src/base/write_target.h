/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a file that a user named is to be written: aside and renamed, so that a failure leaves the
 * one that was there, but through symbolic links, as every other program writes.
 */
#ifndef CBUILD_BASE_WRITE_TARGET_H
#define CBUILD_BASE_WRITE_TARGET_H

#include "base/error.h"

/*
 * 1: *ret_path (the caller's) is what may be renamed over: links are followed, also to a file that
 * is not there yet. 0: `host_path` itself is to be opened and written: a device, a pipe, or a link
 * of /proc such as /dev/stdout, which stands for an open file and not for a name. -1: a loop.
 */
int write_target_find(const char *host_path, char **ret_path, struct error *err) must_check;

#endif
