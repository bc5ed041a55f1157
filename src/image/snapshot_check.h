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
 */
int snapshot_check(const struct image_env *env, const struct digest *chain_id,
		   const struct digest *blob, unpack_open_below *open_below, void *context,
		   char **ret_difference, struct error *err) must_check;

#endif
