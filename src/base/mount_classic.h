/* SPDX-License-Identifier: Apache-2.0 */
/* mount_fd.h by mount(2). For mount_fd.c and its tests alone. */
#ifndef CBUILD_BASE_MOUNT_CLASSIC_H
#define CBUILD_BASE_MOUNT_CLASSIC_H

#include <stdbool.h>
#include <stdint.h>

int mount_classic_new(const char *type, const char *options, uint64_t attributes, int place_fd);
int mount_classic_clone(int dir_fd, const char *path, unsigned flags, int place_fd);
int mount_classic_restrict(int fd, bool is_recursive, uint64_t set, uint64_t clear);
/* One that mount_classic_new or _clone made and that still stands where it was made. */
void mount_classic_remove(int fd);
int mount_classic_attach(int fd, int dir_fd, const char *path);

#endif
