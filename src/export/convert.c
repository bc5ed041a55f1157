/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "cache/cache.h"
#include "export/export.h"
#include "image/fetch.h"
#include "image/layer_blob.h"
#include "image/load.h"
#include "layer/unpack.h"
#include "store/blob.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { RECOMPRESS_FORMAT = 1 };

struct converted {
	struct digest digest;
	uint64_t size;
};

static void make_key(const struct layer_ref *layer, const struct convert_options *options,
		     struct cache_key *key)
{
	cache_key_start(key, "recompress", RECOMPRESS_FORMAT);
	cache_key_add_digest(key, "layer", &layer->diff_id);
	cache_key_add_number(key, "compression", options->compression);
	cache_key_add_number(key, "level", (uint64_t)options->level);
	cache_key_finish(key);
}

/* 1 the blob of an earlier conversion, still there; 0 none. */
static int find_converted(const struct image_env *env, const struct digest *key,
			  struct converted *ret_blob, struct error *err)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };
	struct converted blob;

	int found = cache_find(env->cache, key, &record, err);
	if (found <= 0 || record.needs_verification)
		return found < 0 ? -1 : 0;
	if (digest_parse(record.payload, &blob.digest, err) < 0)
		return 0;
	if (store_pin(env->store, &blob.digest, 1, err) < 0)
		return -1;
	found = blob_find(env->store, &blob.digest, &blob.size, err);
	if (found > 0)
		*ret_blob = blob;
	return found;
}

static int recompress(const struct image_env *env, const struct layer_ref *layer,
		      const struct convert_options *options, struct converted *ret_blob,
		      struct error *err)
{
	struct pack_options pack = { .compression = options->compression, .level = options->level };
	struct pack_result packed;
	struct digest diff_id;
	autoclose int blob_fd = -1;
	autoclose int tar_fd = -1;

	if (store_open_nameless(env->store, &tar_fd, err) < 0)
		return -1;
	if (image_fetch_layer(env, layer, NULL, err) < 0)
		return -1;
	int found = blob_open(env->store, &layer->digest, &blob_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_NOT_FOUND, "a layer went away");
	if (layer_decompress(blob_fd, tar_fd, &diff_id, err) < 0)
		return -1;
	if (!digest_equal(&diff_id, &layer->diff_id))
		return error_set(err, ERROR_CORRUPT, "layer %s does not have its diff id",
				 digest_format(&layer->digest).text);
	if (lseek(tar_fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind");
	if (layer_blob_recompress(env, tar_fd, &pack, &packed, err) < 0)
		return -1;
	*ret_blob = (struct converted){ packed.digest, packed.size };
	return 0;
}

static int convert_layer(const struct image_env *env, const struct layer_ref *layer,
			 const struct convert_options *options, bool is_docker,
			 struct descriptor *descriptor, struct error *err)
{
	cleanup(cache_key_release) struct cache_key key = { 0 };
	struct converted blob;

	make_key(layer, options, &key);
	int found = find_converted(env, &key.digest, &blob, err);
	if (found < 0)
		return -1;
	if (!found && (recompress(env, layer, options, &blob, err) < 0 ||
		       cache_put(env->cache, &key, digest_format(&blob.digest).text, err) < 0))
		return -1;
	descriptor_release(descriptor);
	*descriptor = descriptor_make(media_type_of_layer(options->compression, is_docker),
				      &blob.digest, blob.size);
	return 0;
}

static bool must_convert(const struct image *image, size_t i, const struct convert_options *options)
{
	enum layer_compression compression = LAYER_UNCOMPRESSED;

	if (i < options->first_new && !options->force)
		return false;
	return media_type_layer_compression(image->manifest->layers[i].media_type, &compression) &&
	       compression != options->compression;
}

static int write_manifest(const struct image_env *env, const struct image *image,
			  const struct descriptor *layers, struct digest *ret_digest,
			  struct error *err)
{
	struct descriptor *borrowed = xcalloc(image->manifest->n_layers, sizeof(*borrowed));
	struct manifest manifest = *image->manifest;
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < manifest.n_layers; i++)
		borrowed[i] = layers[i];
	manifest.layers = borrowed;
	manifest_encode(&manifest, &text);
	free(borrowed);
	return blob_put(env->store, text.data, text.len, ret_digest, err);
}

int export_convert(const struct image_env *env, const struct image *image,
		   const struct convert_options *options, struct job_channel *channel,
		   struct image **ret_image, struct error *err)
{
	size_t n = image->manifest->n_layers, n_converted = 0;
	struct descriptor *layers = xcalloc(n, sizeof(*layers));
	cleanup(image_free) struct image *converted = xcalloc(1, sizeof(*converted));
	bool is_docker = strcmp(image->manifest->media_type, MEDIA_TYPE_DOCKER_MANIFEST) == 0;
	int result = 0;

	for (size_t i = 0; i < n; i++)
		layers[i] = descriptor_dup(&image->manifest->layers[i]);
	for (size_t i = 0; result == 0 && i < n; i++) {
		if (!must_convert(image, i, options))
			continue;
		n_converted++;
		job_note(channel, "compressing layer %s anew",
			 digest_format(&layers[i].digest).text);
		result = convert_layer(env, &image->layers[i], options, is_docker, &layers[i], err);
	}
	if (result == 0 && n_converted) {
		converted->reference = xstrdup(image->reference);
		converted->origin = ORIGIN_STORE;
		result = write_manifest(env, image, layers, &converted->digest, err);
	}
	if (result == 0 && n_converted)
		result = image_fill(env, image->manifest->media_type, converted, err);
	for (size_t i = 0; i < n; i++)
		descriptor_release(&layers[i]);
	free(layers);
	if (result < 0)
		return -1;
	if (!n_converted)
		return 0;
	for (size_t i = 0; i < n; i++)
		converted->layers[i].image = image->layers[i].image;
	*ret_image = take_ptr(&converted);
	return 1;
}
