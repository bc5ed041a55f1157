/* SPDX-License-Identifier: Apache-2.0 */
#include "image/assemble.h"

#include "base/alloc.h"
#include "base/text.h"
#include "image/load.h"
#include "store/blob.h"

#include <string.h>

enum { ASSEMBLE_FORMAT = 1 };

static const char *manifest_type(const struct assemble_request *request)
{
	return request->is_docker ? MEDIA_TYPE_DOCKER_MANIFEST : MEDIA_TYPE_MANIFEST;
}

/* The format decides for all layers: a base may have been of the other one. */
static const char *layer_type(const struct assemble_request *request, size_t i)
{
	enum layer_compression compression = LAYER_UNCOMPRESSED;

	if (!media_type_layer_compression(request->layers[i].media_type, &compression))
		return request->layers[i].media_type;
	return media_type_of_layer(compression, request->is_docker);
}

static char *format_time(int64_t seconds, uint32_t nanoseconds)
{
	struct buf buf = BUF_INIT;

	text_add_time(&buf, seconds, nanoseconds);
	return buf_take(&buf);
}

/* The first layer at or behind entry i gives the time; else the last one before. */
static const struct assemble_history *dated_by(const struct assemble_request *request, size_t i)
{
	for (size_t j = i; j < request->n_history; j++)
		if (!request->history[j].is_base && request->history[j].has_layer)
			return &request->history[j];
	for (size_t j = i; j-- > 0;)
		if (!request->history[j].is_base && request->history[j].has_layer)
			return &request->history[j];
	return NULL;
}

static char *time_of_entry(const struct assemble_request *request, size_t i)
{
	if (request->has_epoch)
		return format_time(request->epoch, 0);
	const struct assemble_history *dated = dated_by(request, i);
	return dated ? format_time(dated->made, dated->made_nsec) : format_time(request->now, 0);
}

static void add_history(const struct assemble_request *request, bool with_times,
			struct image_config *config)
{
	for (size_t i = 0; i < request->n_history; i++) {
		const struct assemble_history *entry = &request->history[i];
		if (entry->is_base) {
			image_config_add_history(config,
						 &request->base->history[entry->base_index]);
			continue;
		}
		autofree char *created = with_times ? time_of_entry(request, i) : NULL;
		autofree char *created_by = xstrdup(entry->created_by);
		autofree char *author = entry->author ? xstrdup(entry->author) : NULL;
		autofree char *comment = entry->comment ? xstrdup(entry->comment) : NULL;
		struct history_entry made = { .created = created,
					      .created_by = created_by,
					      .author = author,
					      .comment = comment,
					      .empty_layer = !entry->has_layer };
		image_config_add_history(config, &made);
	}
}

static struct image_config *make_config(const struct assemble_request *request, bool with_times)
{
	struct image_config *config = image_config_dup(request->config);

	for (size_t i = 0; i < request->n_layers; i++)
		image_config_add_diff_id(config, &request->layers[i].diff_id);
	add_history(request, with_times, config);
	if (!with_times)
		return config;
	free(config->created);
	config->created = NULL;
	if (request->has_epoch)
		config->created = format_time(request->epoch, 0);
	else if (config->n_history && config->history[config->n_history - 1].created)
		config->created = xstrdup(config->history[config->n_history - 1].created);
	else
		config->created = format_time(request->now, 0);
	return config;
}

/* Everything that the image is, but for times that only say when it was first made. */
static void make_key(const struct assemble_request *request, struct cache_key *key)
{
	cleanup(image_config_free) struct image_config *config = make_config(request, false);
	cleanup(buf_release) struct buf text = BUF_INIT;

	image_config_encode(config, &text);
	cache_key_start(key, "image", ASSEMBLE_FORMAT);
	cache_key_add(key, "config", text.data, text.len);
	for (size_t i = 0; i < request->n_layers; i++) {
		cache_key_add_digest(key, "layer", &request->layers[i].digest);
		cache_key_add_text(key, "media type", layer_type(request, i));
	}
	cache_key_add_number(key, "docker", request->is_docker);
	if (request->annotations) {
		buf_clear(&text);
		value_write(request->annotations, 0, &text);
		cache_key_add(key, "annotations", text.data, text.len);
	}
	if (request->has_epoch)
		cache_key_add_number(key, "epoch", (uint64_t)request->epoch);
	for (size_t i = 0; i < request->n_history; i++) {
		const struct assemble_history *entry = &request->history[i];
		if (!entry->is_base && entry->has_layer && !request->has_epoch)
			cache_key_add_number(key, "made", (uint64_t)entry->made);
	}
	cache_key_finish(key);
}

/* 1 and the image that was made of the same before; 0 none. */
static int find_made_before(const struct image_env *env, const struct digest *key,
			    const char *media_type, struct image *image, struct error *err)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };

	int found = cache_find(env->cache, key, &record, err);
	if (found <= 0)
		return found;
	if (digest_parse(record.payload, &image->digest, err) < 0)
		return 0;
	if (image_fill(env, media_type, image, err) == 0)
		return 1;
	return err->code == ERROR_NOT_FOUND || err->code == ERROR_CORRUPT ? 0 : -1;
}

static int write_image(const struct image_env *env, const struct assemble_request *request,
		       struct digest *ret_digest, struct error *err)
{
	cleanup(image_config_free) struct image_config *config = make_config(request, true);
	cleanup(manifest_free) struct manifest *manifest = xcalloc(1, sizeof(*manifest));
	cleanup(buf_release) struct buf config_text = BUF_INIT, text = BUF_INIT;
	struct digest digest;

	image_config_encode(config, &config_text);
	if (blob_put(env->store, config_text.data, config_text.len, &digest, err) < 0)
		return -1;
	manifest->media_type = xstrdup(manifest_type(request));
	manifest->config =
		descriptor_make(request->is_docker ? MEDIA_TYPE_DOCKER_CONFIG : MEDIA_TYPE_CONFIG,
				&digest, config_text.len);
	manifest->layers = xcalloc(request->n_layers, sizeof(*manifest->layers));
	manifest->n_layers = request->n_layers;
	for (size_t i = 0; i < request->n_layers; i++)
		manifest->layers[i] =
			descriptor_make(layer_type(request, i), &request->layers[i].digest,
					request->layers[i].size);
	manifest->annotations = json_incref(request->annotations);
	manifest_encode(manifest, &text);
	return blob_put(env->store, text.data, text.len, ret_digest, err);
}

int image_assemble(const struct image_env *env, const struct assemble_request *request,
		   struct image **ret_image, struct error *err)
{
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));
	cleanup(cache_key_release) struct cache_key key;

	make_key(request, &key);
	image->origin = ORIGIN_STORE;
	image->reference = xstrdup("the image");
	int found = find_made_before(env, &key.digest, manifest_type(request), image, err);
	if (found < 0)
		return -1;
	if (!found) {
		image_free(image);
		image = xcalloc(1, sizeof(*image));
		image->origin = ORIGIN_STORE;
		image->reference = xstrdup("the image");
		if (write_image(env, request, &image->digest, err) < 0 ||
		    cache_put(env->cache, &key, digest_format(&image->digest).text, err) < 0 ||
		    image_fill(env, manifest_type(request), image, err) < 0)
			return -1;
	}
	/* where each layer can be had is known better by who gave it */
	for (size_t i = 0; i < request->n_layers; i++)
		image->layers[i].image = request->layers[i].image;
	*ret_image = take_ptr(&image);
	return 0;
}
