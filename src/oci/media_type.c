/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "base/text.h"
#include "oci/manifest.h"

#include <string.h>

/* Foreign layers are unpacked as any other, where their bytes can be had from the registry. */
static const struct layer_type {
	const char *media_type;
	enum layer_compression compression;
} LAYER_TYPES[] = {
	{ MEDIA_TYPE_LAYER_TAR, LAYER_UNCOMPRESSED },
	{ MEDIA_TYPE_LAYER_GZIP, LAYER_GZIP },
	{ MEDIA_TYPE_LAYER_ZSTD, LAYER_ZSTD },
	{ MEDIA_TYPE_DOCKER_LAYER_TAR, LAYER_UNCOMPRESSED },
	{ MEDIA_TYPE_DOCKER_LAYER_GZIP, LAYER_GZIP },
	{ MEDIA_TYPE_DOCKER_LAYER_ZSTD, LAYER_ZSTD },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar", LAYER_UNCOMPRESSED },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", LAYER_GZIP },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", LAYER_ZSTD },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar", LAYER_UNCOMPRESSED },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LAYER_GZIP },
};

int media_type_layer_compression(const char *media_type, enum layer_compression *ret_compression)
{
	for (size_t i = 0; i < countof(LAYER_TYPES); i++) {
		if (strcmp(media_type, LAYER_TYPES[i].media_type) == 0) {
			*ret_compression = LAYER_TYPES[i].compression;
			return 1;
		}
	}
	return 0;
}

bool media_type_is_index(const char *media_type)
{
	return strcmp(media_type, MEDIA_TYPE_INDEX) == 0 ||
	       strcmp(media_type, MEDIA_TYPE_DOCKER_INDEX) == 0;
}

bool media_type_is_manifest(const char *media_type)
{
	return strcmp(media_type, MEDIA_TYPE_MANIFEST) == 0 ||
	       strcmp(media_type, MEDIA_TYPE_DOCKER_MANIFEST) == 0;
}

bool media_type_is_config(const char *media_type)
{
	return strcmp(media_type, MEDIA_TYPE_CONFIG) == 0 ||
	       strcmp(media_type, MEDIA_TYPE_DOCKER_CONFIG) == 0;
}

const char *media_type_of_layer(enum layer_compression compression, bool is_docker)
{
	static const char *const types[][2] = {
		[LAYER_UNCOMPRESSED] = { MEDIA_TYPE_LAYER_TAR, MEDIA_TYPE_DOCKER_LAYER_TAR },
		[LAYER_GZIP] = { MEDIA_TYPE_LAYER_GZIP, MEDIA_TYPE_DOCKER_LAYER_GZIP },
		[LAYER_ZSTD] = { MEDIA_TYPE_LAYER_ZSTD, MEDIA_TYPE_DOCKER_LAYER_ZSTD },
	};

	return types[compression][is_docker];
}

/* RFC 6838: type/subtype, each a letter or digit and then up to 126 of letters, digits, !#$&-^_.+
 */
bool media_type_is_valid(const char *media_type)
{
	size_t slashes = 0, len = 0;

	for (const char *c = media_type; *c; c++) {
		bool is_alnum = text_is_alpha(*c) || text_is_digit(*c);
		if (*c == '/' && len && !slashes) {
			slashes++;
			len = 0;
		} else if (is_alnum || (len && strchr("!#$&-^_.+", *c))) {
			len++;
		} else {
			return false;
		}
		if (len > 127)
			return false;
	}
	return slashes == 1 && len;
}
