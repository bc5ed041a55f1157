/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_set.h"

#include "source.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "image/load.h"
#include "store/blob.h"

#include <string.h>

void image_set_release(struct image_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		image_free(set->items[i]);
	free(set->items);
	descriptor_release(&set->index);
	*set = (struct image_set)IMAGE_SET_INIT;
}

void image_set_add(struct image_set *set, struct image *image)
{
	vec_push(set, image);
}

const struct digest *image_set_digest(const struct image_set *set)
{
	return set->has_index ? &set->index.digest : &set->items[0]->digest;
}

uint64_t image_set_size(const struct image_set *set)
{
	return set->has_index ? set->index.size : set->items[0]->size;
}

const char *image_set_media_type(const struct image_set *set)
{
	return set->has_index ? set->index.media_type : set->items[0]->manifest->media_type;
}

const struct image *image_set_pick(const struct image_set *set, const struct platform *platform)
{
	const struct image *best = set->items[0];
	int best_match = 0;

	for (size_t i = 0; i < set->len; i++) {
		int match = platform_match(&set->items[i]->config->platform, platform);
		if (match > best_match) {
			best = set->items[i];
			best_match = match;
		}
	}
	return best;
}

static struct descriptor describe(const struct image *image)
{
	struct descriptor descriptor =
		descriptor_make(image->manifest->media_type, &image->digest, image->size);

	descriptor.has_platform = true;
	descriptor.platform = image->config->platform;
	return descriptor;
}

int image_set_write_index(const struct image_env *env, struct image_set *set, bool is_docker,
			  const struct index_annotations *annotations, struct error *err)
{
	cleanup(image_index_free) struct image_index *index = xcalloc(1, sizeof(*index));
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct digest digest;

	index->media_type = xstrdup(is_docker ? MEDIA_TYPE_DOCKER_INDEX : MEDIA_TYPE_INDEX);
	index->manifests = xcalloc(set->len, sizeof(*index->manifests));
	if (annotations)
		index->annotations = json_incref(annotations->index);
	for (size_t i = 0; i < set->len; i++) {
		index->manifests[i] = describe(set->items[i]);
		if (annotations)
			index->manifests[i].annotations = json_incref(annotations->descriptors[i]);
		index->n_manifests++;
	}
	image_index_encode(index, &text);
	if (blob_put(env->store, text.data, text.len, &digest, err) < 0)
		return -1;
	descriptor_release(&set->index);
	set->index = descriptor_make(index->media_type, &digest, text.len);
	set->has_index = true;
	return 0;
}

/* An image that is not here, or not whole, is left out. */
static int add_stored(const struct image_env *env, const char *reference,
		      const struct digest *digest, const char *media_type, struct image_set *set,
		      struct error *err)
{
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));

	image->reference = xstrdup(reference);
	image->origin = ORIGIN_STORE;
	image->digest = *digest;
	if (image_fill(env, media_type, image, err) == 0)
		image_set_add(set, take_ptr(&image));
	else if (err->code != ERROR_NOT_FOUND)
		return -1;
	return 0;
}

static int add_index(const struct image_env *env, const char *reference,
		     const struct digest *digest, const char *media_type, struct image_set *set,
		     struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_index_free) struct image_index *index = NULL;

	int found = blob_read(env->store, digest, MANIFEST_SIZE_MAX, &text, err);
	if (found <= 0)
		return found;
	if (image_index_decode(text.data, text.len, media_type, &index, err) < 0)
		return error_wrap(err, "%s", reference);
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *entry = &index->manifests[i];
		if (media_type_is_manifest(entry->media_type) &&
		    !descriptor_is_attestation(entry) &&
		    add_stored(env, reference, &entry->digest, entry->media_type, set, err) < 0)
			return -1;
	}
	set->index = descriptor_make(media_type, digest, text.len);
	set->has_index = true;
	return 0;
}

int image_set_find(const struct image_env *env, const char *reference, struct image_set *ret_set,
		   struct error *err)
{
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	autofree char *media_type = NULL;
	struct digest digest;

	int found = image_store_find(env, reference, &digest, &media_type, err);
	if (found <= 0)
		return found;
	int failed = media_type_is_index(media_type)
			     ? add_index(env, reference, &digest, media_type, &set, err)
			     : add_stored(env, reference, &digest, media_type, &set, err);
	if (failed < 0)
		return -1;
	if (!set.len)
		return 0;
	*ret_set = set;
	set = (struct image_set)IMAGE_SET_INIT;
	return 1;
}
