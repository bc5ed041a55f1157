/* SPDX-License-Identifier: Apache-2.0 */
/* Layers -> snapshots, lazily: only those that are missing, several at a time. */
#ifndef CBUILD_IMAGE_ROOTFS_H
#define CBUILD_IMAGE_ROOTFS_H

#include "image/image.h"

struct job_channel;

/*
 * The layers that hold anything: an empty one adds nothing to a tree, so it need not have a
 * snapshot. The chain ids of those that have one, lowest first, for snapshot_*; their number.
 */
bool layer_is_empty(const struct digest *diff_id);
size_t rootfs_chain_ids(const struct image_env *env, const struct layer_ref *layers, size_t n,
			struct digest **ret_chain_ids);

/*
 * In a job, before anything here or of a snapshot: the process goes where the snapshots' owners are
 * (isolation_enter). Once is enough; as root it is nothing.
 */
int rootfs_enter_isolation(const struct image_env *env, struct error *err) must_check;

struct unpack_options;
/* How a layer is unpacked so that it can be a snapshot here; a draft was made already. */
void rootfs_format_options(const struct image_env *env, struct unpack_options *options);

/*
 * Where env says so: each snapshot that is there is compared with its layer, once in a build; one
 * that differs is removed, and told. rootfs_ensure begins with that.
 */
int rootfs_verify(const struct image_env *env, const struct layer_ref *layers, size_t n,
		  struct job_channel *channel, struct error *err) must_check;

/*
 * After this each layer of the tree that holds anything is a snapshot. Missing blobs are fetched;
 * each layer is unpacked by one process of all that want it, under a lock, and its diff id
 * verified.
 */
int rootfs_ensure(const struct image_env *env, const struct layer_ref *layers, size_t n,
		  struct job_channel *channel, struct error *err) must_check;

#endif
