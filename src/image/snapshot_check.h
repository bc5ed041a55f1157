/* SPDX-License-Identifier: Apache-2.0 */
/* Is a snapshot still what its layer unpacks to? The layer is unpacked once more, aside, to see. */
#ifndef CBUILD_IMAGE_SNAPSHOT_CHECK_H
#define CBUILD_IMAGE_SNAPSHOT_CHECK_H

#include "image/image.h"
#include "layer/unpack.h"

/*
 * 1 it is, or there is none; 0 not: *ret_difference is the path of the first difference (the
 * caller's); -1 the layer cannot be unpacked. open_below may be NULL: then a layer with a hard link
 * into one below is such a one.
 * With skips_devices, devices are not looked at: who made the snapshot may have left them out.
 */
int snapshot_check(const struct image_env *env, const struct digest *chain_id,
		   const struct digest *blob, unpack_open_below *open_below, void *context,
		   bool skips_devices, char **ret_difference, struct error *err) must_check;

#endif
