/* SPDX-License-Identifier: Apache-2.0 */
#include "image/fetch.h"

#include "source.h"

#include "base/text.h"
#include "job/fan_out.h"
#include "job/job.h"
#include "store/blob.h"

int image_fetch_layer(const struct image_env *env, const struct layer_ref *layer,
		      const struct progress *progress, struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = NULL;
	autoclose int lock = -1;
	bool is_verified = false;
	struct digest digest;
	uint64_t size;

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
	const struct image_source *source = image_source_of(layer->image->origin);
	if (blob_ingest_new(env->store, &ingest, err) < 0 ||
	    source->get_blob(env, layer->image, &layer->digest, layer->size, blob_ingest_fd(ingest),
			     progress, &is_verified, err) < 0 ||
	    blob_ingest_finish(take_ptr(&ingest), &layer->digest, layer->size, is_verified, &digest,
			       &size, err) < 0)
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
