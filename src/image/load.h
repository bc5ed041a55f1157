/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the sources: from a manifest's digest to the complete value. */
#ifndef CBUILD_IMAGE_LOAD_H
#define CBUILD_IMAGE_LOAD_H

#include "image/image.h"

/* reference, origin, place and digest are set; reads manifest and config from the store. */
int image_fill(const struct image_env *env, const char *media_type, struct image *image,
	       struct error *err) must_check;

#endif
