/* SPDX-License-Identifier: Apache-2.0 */
/* Config + layers -> a new image in the store. */
#ifndef CBUILD_IMAGE_ASSEMBLE_H
#define CBUILD_IMAGE_ASSEMBLE_H

#include "image/image.h"

/* One new history entry; those of the base come from its config. */
struct assemble_history {
	bool is_base;
	size_t base_index;
	const char *created_by;
	const char *author;  /* or NULL */
	const char *comment; /* or NULL */
	bool has_layer;
	int64_t made; /* when the layer was made, seconds; of an entry with a layer */
	uint32_t made_nsec;
};

struct assemble_request {
	const struct image_config *config; /* complete but for created, rootfs and history */
	const struct image_config *base;   /* or NULL: whose history is taken over */
	const struct assemble_history *history;
	size_t n_history;
	const struct layer_ref *layers; /* all of them, lowest first, base layers included */
	size_t n_layers;
	bool is_docker;	     /* Docker's media types instead of OCI's */
	json_t *annotations; /* of the manifest: an object of texts, or NULL */
	bool has_epoch;
	int64_t epoch;
	int64_t now; /* `created` of an image without any dated layer, made for the first time */
};

/*
 * Writes config and manifest. When an image of the very same content was made before in this
 * store, that one is given back: a rebuild in which nothing ran has the manifest digest it had.
 */
int image_assemble(const struct image_env *env, const struct assemble_request *request,
		   struct image **ret_image, struct error *err) must_check;

#endif
