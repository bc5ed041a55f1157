/* SPDX-License-Identifier: Apache-2.0 */
/* Layers -> snapshots, lazily: only those that are missing, several at a time. */
#ifndef CBUILD_IMAGE_ROOTFS_H
#define CBUILD_IMAGE_ROOTFS_H

#include "image/image.h"

struct job_channel;

/*
 * After this each layer of the tree is a snapshot. Missing blobs are fetched; each layer is
 * unpacked by one process of all that want it, under a lock, and its diff id verified.
 */
int rootfs_ensure(const struct image_env *env, const struct layer_ref *layers, size_t n,
		  struct job_channel *channel, struct error *err) must_check;

#endif
