/* SPDX-License-Identifier: Apache-2.0 */
/* Looks, from within the root, whether the walls of a mount list stand, however they were made. */
#ifndef CBUILD_SANDBOX_MOUNTS_CHECK_H
#define CBUILD_SANDBOX_MOUNTS_CHECK_H

#include "mount_list.h"

/* After rootfs_enter. What a caller's own mounts cover is not looked at. */
int mounts_check(const struct mount_list *list, bool allows_devices, struct error *err) must_check;
/* After rootfs_seal has said that nothing can be written any more. */
int mounts_check_sealed(struct error *err) must_check;

#endif
