/* SPDX-License-Identifier: Apache-2.0 */
#include "image/fetch.h"

#include "source.h"

#include "base/text.h"
#include "job/fan_out.h"
#include "job/job.h"
#include "store/blob.h"
#include "transfer/transfer.h"

/* Of a registry, and large: what came of it before is still there, and what comes now will be. */
static bool can_resume(const struct layer_ref *layer)
{
	return layer->image->origin == ORIGIN_REGISTRY && layer->size >= BLOB_PARTIAL_SIZE_MIN;
}

/* 1 there, 0 what was resumed was not the beginning of the blob, -1. */
static int fetch_resuming(const struct image_env *env, const struct layer_ref *layer,
			  const struct progress *progress, struct error *err)
{
	struct blob_ingest *ingest = NULL;
	uint64_t have = 0;

	int taken =
		blob_ingest_resume(env->store, &layer->digest, layer->size, &ingest, &have, err);
	if (taken <= 0)
		return taken;
	int result = transfer_resume_blob(env->transfer, layer->image->place, &layer->digest,
					  layer->size, have, blob_ingest_fd(ingest), progress, err);
	if (result == 0)
		result = blob_ingest_finish(ingest, &layer->digest, layer->size, !have, NULL, NULL,
					    err);
	else if (err->code == ERROR_CORRUPT)
		blob_ingest_discard(ingest);
	else
		blob_ingest_free(ingest);
	if (result == 0)
		return 1;
	return have && err->code == ERROR_CORRUPT ? 0 : -1;
}

static int fetch(const struct image_env *env, const struct layer_ref *layer,
		 const struct progress *progress, struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = NULL;
	const struct image_source *source = image_source_of(layer->image->origin);
	bool is_verified = false;

	if (can_resume(layer)) {
		int found = fetch_resuming(env, layer, progress, err);
		if (found)
			return found < 0 ? -1 : 0;
	}
	if (blob_ingest_new(env->store, &ingest, err) < 0 ||
	    source->get_blob(env, layer->image, &layer->digest, layer->size, blob_ingest_fd(ingest),
			     progress, &is_verified, err) < 0)
		return -1;
	return blob_ingest_finish(take_ptr(&ingest), &layer->digest, layer->size, is_verified, NULL,
				  NULL, err);
}

int image_fetch_layer(const struct image_env *env, const struct layer_ref *layer,
		      const struct progress *progress, struct error *err)
{
	autoclose int lock = -1;

	int found = blob_find(env->store, &layer->digest, NULL, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (!layer->image)
		return error_set(err, ERROR_NOT_FOUND, "layer %s is gone from the store",
				 digest_format(&layer->digest).text);
	if (cache_lock(env->cache, &layer->digest, &lock, err) < 0)
		return -1;
	found = blob_find(env->store, &layer->digest, NULL, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (fetch(env, layer, progress, err) < 0)
		return error_wrap(err, "layer of %s", layer->image->reference);
	return 0;
}

struct fetching {
	const struct image_env *env;
	const struct layer_ref *layers;
};

static int fetch_one(void *context, size_t i, struct job_channel *channel, struct error *err)
{
	const struct fetching *fetching = context;
	const struct layer_ref *layer = &fetching->layers[i];
	cleanup(buf_release) struct buf size = BUF_INIT;
	struct progress progress = job_progress(channel);

	if (image_fetch_layer(fetching->env, layer, &progress, err) < 0)
		return -1;
	text_add_size(&size, layer->size);
	job_note(channel, "%s %s", digest_format(&layer->digest).text, size.data);
	return 0;
}

int image_fetch_all(const struct image_env *env, const struct layer_ref *layers, size_t n,
		    struct job_channel *channel, struct error *err)
{
	struct fetching fetching = { .env = env, .layers = layers };

	return job_fan_out(channel, n, FAN_OUT_DEFAULT, fetch_one, &fetching, err);
}
