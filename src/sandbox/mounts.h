/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a mount list into effect over an attached root, by descriptors. */
#ifndef CBUILD_SANDBOX_MOUNTS_H
#define CBUILD_SANDBOX_MOUNTS_H

#include "mount_list.h"
#include "rootfs.h"
#include "target.h"

/* Places made for mounts are added to stubs. The working directory is anywhere afterwards. */
int mounts_apply(const struct mount_list *list, const struct rootfs *rootfs, struct stubs *stubs,
		 struct error *err) must_check;

#endif
