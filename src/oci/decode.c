/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "base/alloc.h"
#include "oci/manifest.h"

#include <string.h>
#include <strings.h>

int decode_check_keys(const json_t *object, const char *const *keys, size_t n_keys,
		      struct error *err)
{
	void *at = json_object_iter((json_t *)(uintptr_t)object);

	while (at) {
		const char *key = json_object_iter_key(at);
		for (size_t i = 0; i < n_keys; i++)
			if (strcasecmp(key, keys[i]) == 0 && strcmp(key, keys[i]) != 0)
				return error_set(err, ERROR_CORRUPT,
						 "key '%s' can be taken for '%s'", key, keys[i]);
		at = json_object_iter_next((json_t *)(uintptr_t)object, at);
	}
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *decode_sorted_copy(const json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	autofree const char **keys = xcalloc(n + 1, sizeof(*keys));
	json_t *copy = json_object();
	void *at = json_object_iter((json_t *)(uintptr_t)object);

	for (; at; at = json_object_iter_next((json_t *)(uintptr_t)object, at))
		keys[i++] = json_object_iter_key(at);
	qsort(keys, n, sizeof(*keys), compare_texts);
	for (i = 0; i < n; i++)
		json_object_set(copy, keys[i], json_object_get(object, keys[i]));
	return copy;
}

int decode_text_map(const json_t *object, const char *key, json_t **ret_map, struct error *err)
{
	json_t *map = NULL;
	int found = value_get_object(object, key, &map, err);

	if (found < 0)
		return -1;
	for (void *at = found ? json_object_iter(map) : NULL; at;
	     at = json_object_iter_next(map, at))
		if (!json_is_string(json_object_iter_value(at)))
			return error_set(err, ERROR_CORRUPT, "'%s' holds something else than text",
					 key);
	*ret_map = found && json_object_size(map) ? decode_sorted_copy(map) : NULL;
	return 0;
}

int decode_document(const char *text, size_t len, size_t max, const char *what, json_t **ret_object,
		    struct error *err)
{
	cleanup(value_free) json_t *value = NULL;

	if (len > max)
		return error_set(err, ERROR_CORRUPT, "%s is larger than %zu bytes", what, max);
	if (value_read(text, len, what, &value, err) < 0)
		return -1;
	if (!json_is_object(value))
		return error_set(err, ERROR_CORRUPT, "%s is not a JSON object", what);
	*ret_object = take_ptr(&value);
	return 0;
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

static int check_structure(const json_t *object, bool is_index, struct error *err)
{
	int64_t version = 0;
	bool like_index = has(object, "manifests");
	bool like_manifest = has(object, "config") || has(object, "layers");

	if (value_get_integer(object, "schemaVersion", &version, err) < 0)
		return -1;
	if (version == 1 || has(object, "fsLayers"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "Docker schema 1 manifests are not supported");
	if (version != 2)
		return error_set(err, ERROR_CORRUPT, "'schemaVersion' is not 2");
	if (like_index && like_manifest)
		return error_set(err, ERROR_CORRUPT, "document is both a manifest and an index");
	if (is_index ? !like_index : !like_manifest)
		return error_set(err, ERROR_CORRUPT, "document is no %s",
				 is_index ? "index: 'manifests' is missing"
					  : "manifest: 'config' and 'layers' are missing");
	return 0;
}

int decode_check_kind(const json_t *object, bool is_index, const char *media_type,
		      char **ret_media_type, struct error *err)
{
	const char *own = NULL;

	int found = value_get_text(object, "mediaType", &own, err);
	if (found < 0)
		return -1;
	if (found && media_type && strcmp(own, media_type) != 0)
		return error_set(err, ERROR_CORRUPT,
				 "document calls itself '%.100s', but was found as '%.100s'", own,
				 media_type);
	const char *type = media_type ? media_type : own;
	if (!type)
		type = is_index ? MEDIA_TYPE_INDEX : MEDIA_TYPE_MANIFEST;
	if (!(is_index ? media_type_is_index(type) : media_type_is_manifest(type)))
		return error_set(err, ERROR_CORRUPT, "'%.100s' is not the media type of an %s",
				 type, is_index ? "image index" : "image manifest");
	if (check_structure(object, is_index, err) < 0)
		return -1;
	*ret_media_type = xstrdup(type);
	return 0;
}
