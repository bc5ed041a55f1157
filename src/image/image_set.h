/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that go by one name: a single one, or those of an index, one per platform. Everything that
 * hands images out takes a set.
 */
#ifndef CBUILD_IMAGE_IMAGE_SET_H
#define CBUILD_IMAGE_IMAGE_SET_H

#include "image/image.h"

struct image_set {
	struct image **items; /* owned */
	size_t len, size;
	bool has_index;
	struct descriptor index; /* with has_index: media type, digest and size */
};

#define IMAGE_SET_INIT \
	{              \
		0      \
	}

void image_set_release(struct image_set *set);
DEFINE_RELEASE(struct image_set, image_set_release);
/* Takes the image over. */
void image_set_add(struct image_set *set, struct image *image);
/* What a name points to: the index, or the only image. Media types are borrowed. */
const struct digest *image_set_digest(const struct image_set *set);
uint64_t image_set_size(const struct image_set *set);
const char *image_set_media_type(const struct image_set *set);
/* The image that fits a platform best, or the first. The set has one at least. */
const struct image *image_set_pick(const struct image_set *set, const struct platform *platform);
/* Writes an index of the images into the store, in their order. `annotations` may be NULL. */
struct index_annotations {
	json_t *index;	      /* JSON objects of texts, or NULL */
	json_t **descriptors; /* one for each image, or NULL */
};
int image_set_write_index(const struct image_env *env, struct image_set *set, bool is_docker,
			  const struct index_annotations *annotations, struct error *err)
	must_check;
/*
 * The images of the store that a reference names, whatever their platforms; of an index those that
 * are here. 1/0/-1
 */
int image_set_find(const struct image_env *env, const char *reference, struct image_set *ret_set,
		   struct error *err) must_check;

#endif
