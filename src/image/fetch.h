/* SPDX-License-Identifier: Apache-2.0 */
/* Making sure that a layer's blob is in the store. */
#ifndef CBUILD_IMAGE_FETCH_H
#define CBUILD_IMAGE_FETCH_H

#include "base/progress.h"
#include "image/image.h"

/* One fetch at a time per blob, across processes; digest and size are verified on the way. */
int image_fetch_layer(const struct image_env *env, const struct layer_ref *layer,
		      const struct progress *progress, struct error *err) must_check;

/*
 * All of an image's layers, several at a time (each in a forked child). Notes and progress go to
 * the job.
 */
struct job_channel;
int image_fetch_all(const struct image_env *env, const struct layer_ref *layers, size_t n,
		    struct job_channel *channel, struct error *err) must_check;

#endif
