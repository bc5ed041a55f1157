/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a layer blob in the store: packed, with its member index beside it, and with what earlier
 * blobs of the store have in common with it taken over from them. The bytes are those that an empty
 * store would give.
 */
#ifndef CBUILD_IMAGE_LAYER_BLOB_H
#define CBUILD_IMAGE_LAYER_BLOB_H

#include "image/image.h"
#include "layer/pack.h"

/* `earlier` and `index` of the options are filled in here. Spawns threads, as layer_pack does. */
int layer_blob_pack(const struct image_env *env, const struct pack_source *source,
		    const struct pack_options *options, const struct progress *progress,
		    struct pack_result *ret_result, struct error *err) must_check;
/* From a plain tar: layer_recompress. */
int layer_blob_recompress(const struct image_env *env, int tar_fd,
			  const struct pack_options *options, struct pack_result *ret_result,
			  struct error *err) must_check;

#endif
