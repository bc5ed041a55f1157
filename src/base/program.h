/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of the machine that this one needs help from. */
#ifndef CBUILD_BASE_PROGRAM_H
#define CBUILD_BASE_PROGRAM_H

#include "base/macros.h"

/*
 * Where the program is, by PATH, of which only absolute directories count: 1 with its path, which
 * is the caller's; 0 not there.
 */
int program_find(const char *name, char **ret_path) must_check;
/* By another list of directories; NULL is an empty one. */
int program_find_in(const char *paths, const char *name, char **ret_path) must_check;

#endif
