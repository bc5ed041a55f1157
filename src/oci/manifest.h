/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors, manifests and indexes as data (OCI image-spec 1.1; Docker schema 2 is read as well).
 * Decoding is strict where confusion would be dangerous: a document's own mediaType must be that of
 * the descriptor, and one that could be both manifest and index is refused (CVE-2021-41190).
 */
#ifndef CBUILD_OCI_MANIFEST_H
#define CBUILD_OCI_MANIFEST_H

#include "base/digest.h"
#include "base/json.h"
#include "oci/platform.h"

enum { MANIFEST_SIZE_MAX = 4 * 1024 * 1024, LAYERS_MAX = 4096, INDEX_MANIFESTS_MAX = 10000 };

#define MEDIA_TYPE_INDEX	     "application/vnd.oci.image.index.v1+json"
#define MEDIA_TYPE_MANIFEST	     "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_TYPE_CONFIG	     "application/vnd.oci.image.config.v1+json"
#define MEDIA_TYPE_LAYER_TAR	     "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_TYPE_LAYER_GZIP	     "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_TYPE_LAYER_ZSTD	     "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_TYPE_DOCKER_INDEX	     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TYPE_DOCKER_MANIFEST   "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_TYPE_DOCKER_CONFIG     "application/vnd.docker.container.image.v1+json"
#define MEDIA_TYPE_DOCKER_LAYER_TAR  "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_TYPE_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define MEDIA_TYPE_DOCKER_LAYER_ZSTD "application/vnd.docker.image.rootfs.diff.tar.zstd"

enum layer_compression { LAYER_UNCOMPRESSED = 0, LAYER_GZIP, LAYER_ZSTD };

/* Plain value but for media_type and annotations, which belong to it (descriptor_release). */
struct descriptor {
	char *media_type;
	struct digest digest;
	uint64_t size;
	bool has_platform;
	struct platform platform;
	json_t *annotations; /* or NULL */
};

#define DESCRIPTOR_INIT \
	{               \
		0       \
	}

void descriptor_release(struct descriptor *descriptor);
DEFINE_RELEASE(struct descriptor, descriptor_release);
struct descriptor descriptor_make(const char *media_type, const struct digest *digest,
				  uint64_t size);
struct descriptor descriptor_dup(const struct descriptor *descriptor);
json_t *descriptor_encode(const struct descriptor *descriptor);
int descriptor_decode(const json_t *object, struct descriptor *ret_descriptor, struct error *err)
	must_check;

/* 1 and the compression of a layer's media type; 0 when it is no layer that can be unpacked. */
int media_type_layer_compression(const char *media_type, enum layer_compression *ret_compression);
bool media_type_is_index(const char *media_type);
bool media_type_is_manifest(const char *media_type);
bool media_type_is_config(const char *media_type);
/* Borrowed from a table. */
const char *media_type_of_layer(enum layer_compression compression, bool is_docker);

struct manifest {
	char *media_type;
	struct descriptor config;
	struct descriptor *layers;
	size_t n_layers;
	json_t *annotations; /* or NULL */
};

/*
 * `media_type` is what the descriptor or the Content-Type says; NULL where nothing does: then the
 * document's own, or its structure if that leaves no doubt. The same for an index.
 */
int manifest_decode(const char *text, size_t len, const char *media_type,
		    struct manifest **ret_manifest, struct error *err) must_check;
/* Two-space indented JSON in the order of the specification, as BuildKit writes it. */
void manifest_encode(const struct manifest *manifest, struct buf *buf);
void manifest_free(struct manifest *manifest);
DEFINE_CLEANUP(struct manifest *, manifest_free);

struct image_index {
	char *media_type;
	struct descriptor *manifests;
	size_t n_manifests;
	json_t *annotations; /* or NULL */
};

int image_index_decode(const char *text, size_t len, const char *media_type,
		       struct image_index **ret_index, struct error *err) must_check;
void image_index_encode(const struct image_index *index, struct buf *buf);
void image_index_free(struct image_index *index);
DEFINE_CLEANUP(struct image_index *, image_index_free);
/* An entry of an index that tells about another one: no image. */
bool descriptor_is_attestation(const struct descriptor *descriptor);
/*
 * The entry that fits a platform best, the first of equals; attestations are left out. Where
 * nothing fits, the first entry that names no platform (its config will tell). Else NULL. Borrowed.
 */
const struct descriptor *image_index_find(const struct image_index *index,
					  const struct platform *platform);

#endif
