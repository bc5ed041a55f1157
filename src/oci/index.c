/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "base/alloc.h"
#include "oci/manifest.h"

#include <string.h>

static const char *const KEYS[] = { "schemaVersion", "mediaType", "manifests",	"config",
				    "layers",	     "fsLayers",  "annotations" };

void image_index_free(struct image_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->n_manifests; i++)
		descriptor_release(&index->manifests[i]);
	free(index->manifests);
	free(index->media_type);
	json_decref(index->annotations);
	free(index);
}

static int decode_manifests(const json_t *object, struct image_index *index, struct error *err)
{
	json_t *manifests = NULL;
	int found = value_get_array(object, "manifests", &manifests, err);

	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CORRUPT, "'manifests' is missing");
	size_t n = json_array_size(manifests);
	if (n > INDEX_MANIFESTS_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d manifests", INDEX_MANIFESTS_MAX);
	index->manifests = xcalloc(n + 1, sizeof(*index->manifests));
	for (size_t i = 0; i < n; i++) {
		if (descriptor_decode(json_array_get(manifests, i), &index->manifests[i], err) < 0)
			return error_wrap(err, "entry %zu", i + 1);
		index->n_manifests++;
	}
	return 0;
}

int image_index_decode(const char *text, size_t len, const char *media_type,
		       struct image_index **ret_index, struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(image_index_free) struct image_index *index = xcalloc(1, sizeof(*index));

	if (decode_document(text, len, MANIFEST_SIZE_MAX, "image index", &object, err) < 0)
		return -1;
	if (decode_check_keys(object, KEYS, countof(KEYS), err) < 0 ||
	    decode_check_kind(object, true, media_type, &index->media_type, err) < 0 ||
	    decode_manifests(object, index, err) < 0 ||
	    decode_text_map(object, "annotations", &index->annotations, err) < 0)
		return error_wrap(err, "image index");
	*ret_index = take_ptr(&index);
	return 0;
}

void image_index_encode(const struct image_index *index, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();
	json_t *manifests = json_array();

	json_object_set_new(object, "schemaVersion", json_integer(2));
	json_object_set_new(object, "mediaType", value_of_text(index->media_type));
	for (size_t i = 0; i < index->n_manifests; i++)
		json_array_append_new(manifests, descriptor_encode(&index->manifests[i]));
	json_object_set_new(object, "manifests", manifests);
	if (index->annotations && json_object_size(index->annotations))
		json_object_set_new(object, "annotations", decode_sorted_copy(index->annotations));
	value_write(object, 2, buf);
}

bool descriptor_is_attestation(const struct descriptor *descriptor)
{
	const json_t *type = json_object_get(descriptor->annotations, "vnd.docker.reference.type");

	return type && strcmp(json_string_value(type), "attestation-manifest") == 0;
}

const struct descriptor *image_index_find(const struct image_index *index,
					  const struct platform *platform)
{
	const struct descriptor *best = NULL, *without_platform = NULL;
	int best_match = 0;

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *entry = &index->manifests[i];
		if (descriptor_is_attestation(entry))
			continue;
		if (!entry->has_platform && !without_platform)
			without_platform = entry;
		int match = entry->has_platform ? platform_match(&entry->platform, platform) : 0;
		if (match > best_match) {
			best = entry;
			best_match = match;
		}
	}
	return best ? best : without_platform;
}
