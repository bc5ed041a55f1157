/* SPDX-License-Identifier: Apache-2.0 */
#include "reachable.h"

#include "base/text.h"
#include "oci/manifest.h"
#include "store/blob.h"

#include <string.h>

void reachable_release(struct reachable *reachable)
{
	map_release(&reachable->blobs);
	map_release(&reachable->snapshots);
}

static void mark(struct map *map, const struct digest *digest)
{
	(void)map_set(map, digest_hex(digest).text, map);
}

bool reachable_has(const struct map *map, const struct digest *digest)
{
	return map_has(map, digest_hex(digest).text);
}

/* A document that is gone or damaged marks nothing: fsck names it, prune goes on. */
static int read_document(const struct engine *engine, const struct digest *digest, struct buf *text)
{
	struct error ignored = ERROR_INIT;

	return blob_read(engine->store, digest, MANIFEST_SIZE_MAX, text, &ignored) > 0;
}

static void mark_chain(const struct engine *engine, const struct digest *config,
		       struct reachable *reachable)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_config_free) struct image_config *decoded = NULL;
	struct error ignored = ERROR_INIT;
	struct digest chain = { 0 };

	if (!read_document(engine, config, &text) ||
	    image_config_decode(text.data, text.len, &decoded, &ignored) < 0)
		return;
	for (size_t i = 0; i < decoded->n_diff_ids; i++) {
		chain = chain_id_extend(i ? &chain : NULL, &decoded->diff_ids[i]);
		mark(&reachable->snapshots, &chain);
	}
}

static void mark_manifest(const struct engine *engine, const struct digest *digest,
			  const char *media_type, struct reachable *reachable)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(manifest_free) struct manifest *manifest = NULL;
	struct error ignored = ERROR_INIT;

	mark(&reachable->blobs, digest);
	if (!read_document(engine, digest, &text) ||
	    manifest_decode(text.data, text.len, media_type, &manifest, &ignored) < 0)
		return;
	mark(&reachable->blobs, &manifest->config.digest);
	for (size_t i = 0; i < manifest->n_layers; i++)
		mark(&reachable->blobs, &manifest->layers[i].digest);
	mark_chain(engine, &manifest->config.digest, reachable);
}

static void mark_index(const struct engine *engine, const struct digest *digest,
		       const char *media_type, struct reachable *reachable)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_index_free) struct image_index *index = NULL;
	struct error ignored = ERROR_INIT;

	mark(&reachable->blobs, digest);
	if (!read_document(engine, digest, &text) ||
	    image_index_decode(text.data, text.len, media_type, &index, &ignored) < 0)
		return;
	for (size_t i = 0; i < index->n_manifests; i++)
		mark_manifest(engine, &index->manifests[i].digest, index->manifests[i].media_type,
			      reachable);
}

int reachable_mark_tags(const struct engine *engine, const struct map *dropped,
			struct reachable *reachable, struct error *err)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };

	if (store_list_tags(engine->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.len; i++) {
		const struct store_tag *tag = &tags.items[i];
		if (!tag->name && reachable_has(dropped, &tag->digest))
			continue;
		if (media_type_is_index(tag->media_type))
			mark_index(engine, &tag->digest, tag->media_type, reachable);
		else
			mark_manifest(engine, &tag->digest, tag->media_type, reachable);
	}
	return 0;
}

static void mark_named(const json_t *object, const char *key, struct map *map)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct error ignored = ERROR_INIT;
	struct digest digest;

	if (text && digest_parse(text, &digest, &ignored) == 0)
		mark(map, &digest);
}

void reachable_mark_record(const struct engine *engine, const char *payload,
			   struct reachable *reachable)
{
	struct error ignored = ERROR_INIT;
	cleanup(value_free) json_t *object = NULL;
	struct digest digest;

	if (text_has_prefix(payload, "sha256:")) {
		/* an image that was assembled before, or a layer in another compression */
		if (digest_parse(payload, &digest, &ignored) == 0)
			mark_manifest(engine, &digest, MEDIA_TYPE_MANIFEST, reachable);
		return;
	}
	if (value_read(payload, strlen(payload), "record", &object, &ignored) < 0)
		return;
	mark_named(object, "digest", &reachable->blobs);
	mark_named(object, "chainID", &reachable->snapshots);
}
