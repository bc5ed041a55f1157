/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/alloc.h"
#include "image/load.h"
#include "store/blob.h"

#include <string.h>

void image_free(struct image *image)
{
	if (!image)
		return;
	free(image->reference);
	free(image->place);
	free(image->note);
	manifest_free(image->manifest);
	image_config_free(image->config);
	free(image->layers);
	free(image);
}

void image_encode(const struct image *image, struct buf *record)
{
	cleanup(value_free) json_t *object = json_object();

	value_set_text(object, "reference", image->reference);
	json_object_set_new(object, "origin", json_integer(image->origin));
	value_set_text(object, "place", image->place);
	value_set_text(object, "digest", digest_format(&image->digest).text);
	value_set_text(object, "mediaType", image->manifest->media_type);
	value_set_text(object, "note", image->note);
	value_write(object, 0, record);
}

static void fill_layers(struct image *image)
{
	struct digest chain = { 0 };

	image->layers = xcalloc(image->manifest->n_layers, sizeof(*image->layers));
	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		const struct descriptor *descriptor = &image->manifest->layers[i];
		struct layer_ref *layer = &image->layers[i];
		layer->diff_id = image->config->diff_ids[i];
		chain = chain_id_extend(i ? &chain : NULL, &layer->diff_id);
		layer->chain_id = chain;
		layer->digest = descriptor->digest;
		layer->size = descriptor->size;
		layer->media_type = descriptor->media_type;
		layer->image = image;
	}
}

/* Prune leaves layers and their snapshots alone from now on. */
static int pin_layers(const struct image_env *env, const struct image *image, struct error *err)
{
	size_t n = image->manifest->n_layers;
	autofree struct digest *digests = xcalloc(2 * n, sizeof(*digests));

	for (size_t i = 0; i < n; i++) {
		digests[2 * i] = image->layers[i].digest;
		digests[2 * i + 1] = image->layers[i].chain_id;
	}
	return store_pin(env->store, digests, 2 * n, err);
}

/* One document of the store, pinned: 1/0/-1. */
static int read_document(const struct image_env *env, const struct digest *digest, size_t max,
			 struct buf *text, struct error *err)
{
	if (store_pin(env->store, digest, 1, err) < 0)
		return -1;
	int found = blob_read(env->store, digest, max, text, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "blob %s is not in the store",
				 digest_format(digest).text);
	return found;
}

int image_fill(const struct image_env *env, const char *media_type, struct image *image,
	       struct error *err)
{
	cleanup(buf_release) struct buf manifest = BUF_INIT, config = BUF_INIT;

	if (read_document(env, &image->digest, MANIFEST_SIZE_MAX, &manifest, err) < 0)
		return -1;
	image->size = manifest.len;
	if (manifest_decode(manifest.data, manifest.len, media_type, &image->manifest, err) < 0)
		return error_wrap(err, "%s", image->reference);
	if (read_document(env, &image->manifest->config.digest, CONFIG_SIZE_MAX, &config, err) < 0)
		return error_wrap(err, "%s", image->reference);
	if (image_config_decode(config.data, config.len, &image->config, err) < 0)
		return error_wrap(err, "%s", image->reference);
	if (image->config->n_diff_ids != image->manifest->n_layers)
		return error_set(err, ERROR_CORRUPT,
				 "%s: %zu layers, but %zu diff ids in its config", image->reference,
				 image->manifest->n_layers, image->config->n_diff_ids);
	fill_layers(image);
	return pin_layers(env, image, err);
}

int image_copy(const struct image_env *env, const struct image *image, struct image **ret_image,
	       struct error *err)
{
	cleanup(buf_release) struct buf record = BUF_INIT;
	struct image *copy = NULL;

	image_encode(image, &record);
	if (image_load(env, record.data, record.len, &copy, err) < 0)
		return -1;
	for (size_t i = 0; i < image->manifest->n_layers; i++)
		copy->layers[i].image = image->layers[i].image;
	*ret_image = copy;
	return 0;
}

int image_load(const struct image_env *env, const char *record, size_t len,
	       struct image **ret_image, struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));
	const char *reference = NULL, *place = NULL, *digest = NULL, *note = NULL;
	const char *media_type = NULL;
	int64_t origin = 0;

	if (value_read(record, len, "resolved image", &object, err) < 0 ||
	    value_get_text(object, "reference", &reference, err) < 0 ||
	    value_get_text(object, "place", &place, err) < 0 ||
	    value_get_text(object, "digest", &digest, err) < 0 ||
	    value_get_text(object, "mediaType", &media_type, err) < 0 ||
	    value_get_text(object, "note", &note, err) < 0 ||
	    value_get_integer(object, "origin", &origin, err) < 0)
		return -1;
	if (!reference || !digest || digest_parse(digest, &image->digest, err) < 0)
		return error_set(err, ERROR_CORRUPT, "resolved image without reference or digest");
	image->reference = xstrdup(reference);
	image->place = place ? xstrdup(place) : NULL;
	image->note = note ? xstrdup(note) : NULL;
	image->origin = (enum image_origin)origin;
	if (image_fill(env, media_type, image, err) < 0)
		return -1;
	*ret_image = take_ptr(&image);
	return 0;
}
