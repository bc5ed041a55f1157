/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reference + platform -> image. FROM looks into the local store first; then the pull policy
 * decides whether the registry is asked. A reference may also be "oci-layout://PATH[:TAG][@DIGEST]"
 * (a layout directory, or an archive of one).
 */
#ifndef CBUILD_IMAGE_RESOLVE_H
#define CBUILD_IMAGE_RESOLVE_H

#include "image/image.h"
#include "oci/platform.h"

enum pull_policy { PULL_MISSING = 0, PULL_ALWAYS, PULL_NEWER, PULL_NEVER };

#define LAYOUT_PREFIX "oci-layout://"

/*
 * Without asking anybody: 1 where the policy lets the store answer and it can, 0 where the image
 * must be asked for (image_resolve, in a job), -1.
 */
int image_resolve_local(const struct image_env *env, const char *reference,
			const struct platform *platform, enum pull_policy policy,
			struct image **ret_image, struct error *err) must_check;

/* May block on the network. Errors say where was looked and what was answered. */
int image_resolve(const struct image_env *env, const char *reference,
		  const struct platform *platform, enum pull_policy policy,
		  struct image **ret_image, struct error *err) must_check;

#endif
