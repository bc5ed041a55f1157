/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images can be: each source resolves a reference of its kind (manifest and config into the
 * store), and gives a layer's blob later. A new kind is one file and one row in resolve.c.
 */
#ifndef CBUILD_IMAGE_SOURCE_H
#define CBUILD_IMAGE_SOURCE_H

#include "base/progress.h"
#include "image/image.h"

struct image_source {
	enum image_origin origin;
	/* 1 found, 0 there is no such image here, -1. */
	int (*resolve)(const struct image_env *env, const char *reference,
		       const struct platform *platform, struct image **ret_image,
		       struct error *err);
	/* Writes the blob into out_fd; *ret_is_verified where digest and size were checked. */
	int (*get_blob)(const struct image_env *env, const struct image *image,
			const struct digest *digest, uint64_t size, int out_fd,
			const struct progress *progress, bool *ret_is_verified, struct error *err);
};

extern const struct image_source image_source_store;
extern const struct image_source image_source_registry;
extern const struct image_source image_source_layout;

const struct image_source *image_source_of(enum image_origin origin);

/* What the tag or digest names in the store, be it an index: 1/0/-1; the media type is the
 * caller's. */
int image_store_find(const struct image_env *env, const char *reference, struct digest *ret_digest,
		     char **ret_media_type, struct error *err) must_check;

/*
 * For the sources: picks the manifest for the platform out of what `text` is (an index or a
 * manifest). *ret_is_index tells that *ret_descriptor must be fetched next; otherwise text is it.
 */
int image_pick_manifest(const char *reference, const char *text, size_t len, const char *media_type,
			const struct platform *platform, bool *ret_is_index,
			struct descriptor *ret_descriptor, struct error *err) must_check;

#endif
