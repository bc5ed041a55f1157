/* SPDX-License-Identifier: Apache-2.0 */
/* Images of a registry, asked through cbuild-net. */
#include "source.h"

#include "base/alloc.h"
#include "image/load.h"
#include "oci/reference.h"
#include "store/blob.h"
#include "transfer/transfer.h"

#include <string.h>

/* A document of the registry, put into the store under the digest it was verified for. */
static int fetch_manifest(const struct image_env *env, const char *repository, const char *what,
			  struct buf *body, char **media_type, struct digest *digest,
			  struct error *err)
{
	struct digest stored;

	if (transfer_get_manifest(env->transfer, repository, what, body, media_type, digest, err) <
	    0)
		return -1;
	return blob_put(env->store, body->data, body->len, &stored, err);
}

static int fetch_config(const struct image_env *env, const struct image *image,
			const struct descriptor *config, struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = NULL;
	if (store_pin(env->store, &config->digest, 1, err) < 0)
		return -1;
	int found = blob_find(env->store, &config->digest, NULL, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (config->size > CONFIG_SIZE_MAX)
		return error_set(err, ERROR_CORRUPT, "%s: config of %llu bytes, the ceiling is %d",
				 image->reference, (unsigned long long)config->size,
				 CONFIG_SIZE_MAX);
	if (blob_ingest_new(env->store, &ingest, err) < 0 ||
	    transfer_get_blob(env->transfer, image->place, &config->digest, config->size,
			      blob_ingest_fd(ingest), NULL, err) < 0)
		return -1;
	struct digest digest;
	uint64_t size;
	return blob_ingest_finish(take_ptr(&ingest), &config->digest, config->size, true, &digest,
				  &size, err);
}

static int fetch_documents(const struct image_env *env, const struct reference *parsed,
			   const struct platform *platform, struct image *image, char **media_type,
			   struct error *err)
{
	cleanup(buf_release) struct buf body = BUF_INIT;
	cleanup(descriptor_release) struct descriptor chosen = DESCRIPTOR_INIT;
	bool is_index = false;

	struct digest_text by_digest = { 0 };
	if (parsed->has_digest)
		by_digest = digest_format(&parsed->digest);
	const char *what = parsed->has_digest ? by_digest.text : parsed->tag;
	if (fetch_manifest(env, image->place, what, &body, media_type, &image->digest, err) < 0)
		return -1;
	struct digest named = image->digest;
	if (image_pick_manifest(image->reference, body.data, body.len, *media_type, platform,
				&is_index, &chosen, err) < 0)
		return -1;
	if (is_index) {
		struct digest_text inner = digest_format(&chosen.digest);
		buf_clear(&body);
		free(take_ptr(media_type));
		if (fetch_manifest(env, image->place, inner.text, &body, media_type, &image->digest,
				   err) < 0)
			return -1;
	}
	image->note = xasprintf("%s (from the registry)", digest_format(&named).text);

	cleanup(manifest_free) struct manifest *manifest = NULL;
	if (manifest_decode(body.data, body.len, *media_type, &manifest, err) < 0)
		return error_wrap(err, "%s", image->reference);
	return fetch_config(env, image, &manifest->config, err);
}

static int registry_resolve(const struct image_env *env, const char *reference,
			    const struct platform *platform, struct image **ret_image,
			    struct error *err)
{
	cleanup(reference_release) struct reference parsed = REFERENCE_INIT;
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));
	autofree char *media_type = NULL;

	if (reference_parse(reference, &parsed, err) < 0)
		return -1;
	image->reference = xstrdup(reference);
	image->place = xasprintf("%s/%s", parsed.domain, parsed.path);
	image->origin = ORIGIN_REGISTRY;
	if (fetch_documents(env, &parsed, platform, image, &media_type, err) < 0 ||
	    image_fill(env, media_type, image, err) < 0)
		return -1;
	*ret_image = take_ptr(&image);
	return 1;
}

static int registry_get_blob(const struct image_env *env, const struct image *image,
			     const struct digest *digest, uint64_t size, int out_fd,
			     const struct progress *progress, bool *ret_is_verified,
			     struct error *err)
{
	*ret_is_verified = true;
	return transfer_get_blob(env->transfer, image->place, digest, size, out_fd, progress, err);
}

const struct image_source image_source_registry = {
	.origin = ORIGIN_REGISTRY,
	.resolve = registry_resolve,
	.get_blob = registry_get_blob,
};
