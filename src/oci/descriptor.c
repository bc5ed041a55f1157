/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "base/alloc.h"
#include "oci/manifest.h"

#include <string.h>

static const char *const KEYS[] = { "mediaType", "digest", "size", "platform", "annotations" };

void descriptor_release(struct descriptor *descriptor)
{
	free(descriptor->media_type);
	json_decref(descriptor->annotations);
	*descriptor = (struct descriptor)DESCRIPTOR_INIT;
}

struct descriptor descriptor_make(const char *media_type, const struct digest *digest,
				  uint64_t size)
{
	return (struct descriptor){
		.media_type = xstrdup(media_type),
		.digest = *digest,
		.size = size,
	};
}

struct descriptor descriptor_dup(const struct descriptor *descriptor)
{
	struct descriptor copy = *descriptor;

	copy.media_type = descriptor->media_type ? xstrdup(descriptor->media_type) : NULL;
	copy.annotations = descriptor->annotations ? json_deep_copy(descriptor->annotations) : NULL;
	return copy;
}

/* In the order of image-spec's Go structs, as every tool of that family writes it. */
json_t *descriptor_encode(const struct descriptor *descriptor)
{
	json_t *object = json_object();

	json_object_set_new(object, "mediaType", value_of_text(descriptor->media_type));
	json_object_set_new(object, "digest",
			    value_of_text(digest_format(&descriptor->digest).text));
	json_object_set_new(object, "size", json_integer((json_int_t)descriptor->size));
	if (descriptor->annotations && json_object_size(descriptor->annotations))
		json_object_set_new(object, "annotations",
				    decode_sorted_copy(descriptor->annotations));
	if (descriptor->has_platform)
		json_object_set_new(object, "platform", platform_encode(&descriptor->platform));
	return object;
}

static int decode_digest(const json_t *object, struct digest *ret_digest, struct error *err)
{
	const char *text = NULL;
	int found = value_get_text(object, "digest", &text, err);

	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CORRUPT, "'digest' is missing");
	if (strncmp(text, "sha512:", 7) == 0 || strncmp(text, "sha384:", 7) == 0)
		return error_set(err, ERROR_UNSUPPORTED, "%.6s digests are not supported yet",
				 text);
	if (digest_parse(text, ret_digest, err) < 0) {
		err->code = ERROR_CORRUPT;
		return -1;
	}
	return 0;
}

static int decode_size(const json_t *object, uint64_t *ret_size, struct error *err)
{
	int64_t size = 0;
	int found = value_get_integer(object, "size", &size, err);

	if (found < 0)
		return -1;
	if (!found || size < 0)
		return error_set(err, ERROR_CORRUPT, "'size' is %s",
				 found ? "negative" : "missing");
	*ret_size = (uint64_t)size;
	return 0;
}

static int decode_media_type(const json_t *object, char **ret_media_type, struct error *err)
{
	const char *text = "";

	if (value_get_text(object, "mediaType", &text, err) < 0)
		return -1;
	if (!media_type_is_valid(text))
		return error_set(err, ERROR_CORRUPT, "'mediaType' is missing or malformed");
	*ret_media_type = xstrdup(text);
	return 0;
}

int descriptor_decode(const json_t *object, struct descriptor *ret_descriptor, struct error *err)
{
	cleanup(descriptor_release) struct descriptor descriptor = DESCRIPTOR_INIT;
	json_t *platform = NULL;

	if (!json_is_object(object))
		return error_set(err, ERROR_CORRUPT, "descriptor is not an object");
	if (decode_check_keys(object, KEYS, countof(KEYS), err) < 0 ||
	    decode_media_type(object, &descriptor.media_type, err) < 0 ||
	    decode_digest(object, &descriptor.digest, err) < 0 ||
	    decode_size(object, &descriptor.size, err) < 0 ||
	    decode_text_map(object, "annotations", &descriptor.annotations, err) < 0)
		return -1;
	int found = value_get_object(object, "platform", &platform, err);
	if (found < 0 || (found && platform_decode(platform, &descriptor.platform, err) < 0))
		return -1;
	descriptor.has_platform = found;
	*ret_descriptor = descriptor;
	descriptor = (struct descriptor)DESCRIPTOR_INIT;
	return 0;
}
