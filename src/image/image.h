/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image that was found: its manifest and config are in the store, its layers may still be where
 * it came from. Layers are brought (fetch.h) and unpacked (rootfs.h) only when somebody reads them.
 */
#ifndef CBUILD_IMAGE_IMAGE_H
#define CBUILD_IMAGE_IMAGE_H

#include "base/error.h"
#include "base/json.h"
#include "cache/cache.h"
#include "oci/config.h"
#include "oci/manifest.h"
#include "snapshot/snapshot.h"
#include "store/store.h"

struct isolation;
struct transfer;

/* The handles that this folder works with; all borrowed. */
struct image_env {
	struct store *store;
	struct cache *cache;
	struct snapshots *snapshots;
	struct transfer *transfer;
	struct isolation *isolation;
	bool verifies_snapshots; /* each is compared with its layer before its first use in a build
				  */
};

enum image_origin { ORIGIN_STORE = 1, ORIGIN_REGISTRY, ORIGIN_LAYOUT };

/* One layer of a tree: named by the chain up to it; where its blob is to be had. */
struct layer_ref {
	struct digest chain_id;
	struct digest diff_id;
	struct digest digest; /* of the blob */
	uint64_t size;
	const char *media_type;
	const struct image *image; /* whose origin can give the blob; NULL = it is in the store */
};

struct image {
	char *reference; /* normalised, or oci-layout://... */
	enum image_origin origin;
	char *place; /* repository in a registry, or host path of a layout; NULL of the store */
	struct digest digest; /* of the manifest */
	uint64_t size;
	struct manifest *manifest;
	struct image_config *config;
	struct layer_ref *layers; /* lowest first; as many as manifest->n_layers */
	char *note;		  /* how it was found: "sha256:... (in the store, 2 days old)" */
};

void image_free(struct image *image);
DEFINE_CLEANUP(struct image *, image_free);

/* Another value of the same image, read from the store again. */
int image_copy(const struct image_env *env, const struct image *image, struct image **ret_image,
	       struct error *err) must_check;

/*
 * What a resolving job hands to the coordinator: JSON without manifest and config, which are in
 * the store by then. image_load reads them again, verified, and checks that the counts agree.
 */
void image_encode(const struct image *image, struct buf *record);
int image_load(const struct image_env *env, const char *record, size_t len,
	       struct image **ret_image, struct error *err) must_check;

#endif
