/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_BASE_FS_COPY_H
#define CBUILD_BASE_FS_COPY_H

#include "base/error.h"

#include <stdint.h>

/*
 * All of a file into an empty one: shared by reflink where the file system has it, else copied by
 * the kernel, else by us.
 */
int fs_copy_content(int from_fd, int to_fd, struct error *err) must_check;

#endif
