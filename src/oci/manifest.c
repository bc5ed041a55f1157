/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/manifest.h"

#include "decode.h"

#include "base/alloc.h"

#include <string.h>

static const char *const KEYS[] = { "schemaVersion", "mediaType", "config",	"layers",
				    "manifests",     "fsLayers",  "annotations" };

void manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	for (size_t i = 0; i < manifest->n_layers; i++)
		descriptor_release(&manifest->layers[i]);
	free(manifest->layers);
	free(manifest->media_type);
	descriptor_release(&manifest->config);
	json_decref(manifest->annotations);
	free(manifest);
}

static int decode_config(const json_t *object, struct manifest *manifest, struct error *err)
{
	json_t *config = NULL;
	int found = value_get_object(object, "config", &config, err);

	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CORRUPT, "'config' is missing");
	if (descriptor_decode(config, &manifest->config, err) < 0)
		return error_wrap(err, "config");
	return 0;
}

static int decode_layers(const json_t *object, struct manifest *manifest, struct error *err)
{
	json_t *layers = NULL;
	int found = value_get_array(object, "layers", &layers, err);

	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CORRUPT, "'layers' is missing");
	size_t n = json_array_size(layers);
	if (n > LAYERS_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d layers", LAYERS_MAX);
	manifest->layers = xcalloc(n + 1, sizeof(*manifest->layers));
	for (size_t i = 0; i < n; i++) {
		if (descriptor_decode(json_array_get(layers, i), &manifest->layers[i], err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
		manifest->n_layers++;
	}
	return 0;
}

int manifest_decode(const char *text, size_t len, const char *media_type,
		    struct manifest **ret_manifest, struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(manifest_free) struct manifest *manifest = xcalloc(1, sizeof(*manifest));

	if (decode_document(text, len, MANIFEST_SIZE_MAX, "manifest", &object, err) < 0)
		return -1;
	if (decode_check_keys(object, KEYS, countof(KEYS), err) < 0 ||
	    decode_check_kind(object, false, media_type, &manifest->media_type, err) < 0 ||
	    decode_config(object, manifest, err) < 0 || decode_layers(object, manifest, err) < 0 ||
	    decode_text_map(object, "annotations", &manifest->annotations, err) < 0)
		return error_wrap(err, "manifest");
	*ret_manifest = take_ptr(&manifest);
	return 0;
}

void manifest_encode(const struct manifest *manifest, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();
	json_t *layers = json_array();

	json_object_set_new(object, "schemaVersion", json_integer(2));
	json_object_set_new(object, "mediaType", value_of_text(manifest->media_type));
	json_object_set_new(object, "config", descriptor_encode(&manifest->config));
	for (size_t i = 0; i < manifest->n_layers; i++)
		json_array_append_new(layers, descriptor_encode(&manifest->layers[i]));
	json_object_set_new(object, "layers", layers);
	if (manifest->annotations && json_object_size(manifest->annotations))
		json_object_set_new(object, "annotations",
				    decode_sorted_copy(manifest->annotations));
	value_write(object, 2, buf);
}
