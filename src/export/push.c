/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "base/text.h"
#include "export/export.h"
#include "image/fetch.h"
#include "job/fan_out.h"
#include "oci/reference.h"
#include "store/blob.h"
#include "transfer/transfer.h"

#include <string.h>

struct pushing {
	const struct image_env *env;
	const struct image *image;
	const char *repository;
	const char *domain;
};

/* A blob may already lie in another repository of the same registry: it is mounted from there. */
static const char *mount_source(const struct pushing *pushing, const struct layer_ref *layer)
{
	const struct image *image = layer->image;

	if (!image || image->origin != ORIGIN_REGISTRY ||
	    !text_has_prefix(image->place, pushing->domain) ||
	    image->place[strlen(pushing->domain)] != '/' ||
	    strcmp(image->place, pushing->repository) == 0)
		return NULL;
	return image->place;
}

static int put_from_store(const struct pushing *pushing, const struct digest *digest, uint64_t size,
			  const char *mount_from, struct job_channel *channel, struct error *err)
{
	struct transfer *transfer = pushing->env->transfer;
	autoclose int fd = -1;
	bool is_uploaded = false;
	struct progress progress = job_progress(channel);

	int found = blob_open(pushing->env->store, digest, &fd, err);
	if (found <= 0)
		return found < 0 ? -1
				 : error_set(err, ERROR_NOT_FOUND, "blob %s is gone from the store",
					     digest_format(digest).text);
	if (transfer_put_blob(transfer, pushing->repository, digest, size, fd, mount_from,
			      &progress, &is_uploaded, err) < 0)
		return -1;
	job_note(channel, "%s %s", digest_format(digest).text,
		 is_uploaded ? "pushed" : "was there already");
	return 0;
}

static int push_layer(void *context, size_t i, struct job_channel *channel, struct error *err)
{
	const struct pushing *pushing = context;
	const struct layer_ref *layer = &pushing->image->layers[i];

	/* what the registry has need not be here: a base that was never fetched */
	int there = blob_find(pushing->env->store, &layer->digest, NULL, err);
	if (there == 0)
		there = transfer_find_blob(pushing->env->transfer, pushing->repository,
					   &layer->digest, layer->size, err) > 0
				? 2
				: 0;
	if (there == 2)
		return 0;
	if (there == 0 && image_fetch_layer(pushing->env, layer, NULL, err) < 0)
		return -1;
	return put_from_store(pushing, &layer->digest, layer->size, mount_source(pushing, layer),
			      channel, err);
}

/* A document of the store under `what`, a tag or its own digest. */
static int put_document(const struct pushing *pushing, const struct digest *digest,
			const char *media_type, const char *what, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct digest_text by_digest = digest_format(digest);

	int found = blob_read(pushing->env->store, digest, MANIFEST_SIZE_MAX, &text, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_NOT_FOUND, "the manifest is gone");
	return transfer_put_manifest(pushing->env->transfer, pushing->repository,
				     what ? what : by_digest.text, media_type, text.data, text.len,
				     err);
}

static int push_image(struct pushing *pushing, const struct image *image, const char *what,
		      struct job_channel *channel, struct error *err)
{
	const struct manifest *manifest = image->manifest;

	pushing->image = image;
	if (job_fan_out(channel, manifest->n_layers, FAN_OUT_DEFAULT, push_layer, pushing, err) <
		    0 ||
	    put_from_store(pushing, &manifest->config.digest, manifest->config.size, NULL, channel,
			   err) < 0)
		return -1;
	return put_document(pushing, &image->digest, manifest->media_type, what, err);
}

/* The images of an index have no name of their own. */
static int push_set(struct pushing *pushing, const struct image_set *set, const char *tag,
		    struct job_channel *channel, struct error *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (push_image(pushing, set->items[i], set->has_index ? NULL : tag, channel, err) <
		    0)
			return -1;
	if (!set->has_index)
		return 0;
	return put_document(pushing, &set->index.digest, set->index.media_type, tag, err);
}

int export_push(const struct image_env *env, const struct image_set *set, const char *reference,
		struct job_channel *channel, struct error *err)
{
	cleanup(reference_release) struct reference parsed = REFERENCE_INIT;

	if (reference_parse(reference, &parsed, err) < 0)
		return -1;
	autofree char *repository = xasprintf("%s/%s", parsed.domain, parsed.path);
	struct pushing pushing = { .env = env, .repository = repository, .domain = parsed.domain };
	if (push_set(&pushing, set, parsed.tag, channel, err) < 0)
		return error_wrap(err, "push %s", reference);
	return 0;
}
