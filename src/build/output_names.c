/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be here before a name is given, and the names. A tag of the store is complete. */
#include "output_work.h"

#include "base/alloc.h"
#include "store/blob.h"

int build_fetch_layers(struct build *build, struct image *image, struct error *err)
{
	struct output_work arg = { .build = build, .image = image };
	struct work work = { .title = "fetching base layers",
			     .arg = &arg,
			     .run = output_run_fetch };

	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		int found = blob_find(build->engine->store, &image->layers[i].digest, NULL, err);
		if (found < 0)
			return -1;
		if (!found)
			return engine_run_works(build->engine, &build->run, &work, 1, err);
	}
	return 0;
}

int build_set_tags(struct build *build, const struct image_set *set, const struct strv *names,
		   struct error *err)
{
	cleanup(store_tag_release) struct store_tag target = { 0 };
	struct buf platform = BUF_INIT;

	if (!set->has_index) {
		platform_format(&set->items[0]->config->platform, &platform);
		target.platform = buf_take(&platform);
	}
	target.media_type = xstrdup(image_set_media_type(set));
	target.digest = *image_set_digest(set);
	target.size = image_set_size(set);
	return store_set_tags(build->engine->store, (const char *const *)names->items, names->len,
			      &target, err);
}

/* Is every blob here? Then, and only then, may a tag of the store point at it. */
static int is_complete(const struct build *build, const struct image *image, struct error *err)
{
	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		int found = blob_find(build->engine->store, &image->layers[i].digest, NULL, err);
		if (found <= 0)
			return found;
	}
	return 1;
}

int build_has_all_layers(const struct build *build, const struct image_set *set, struct error *err)
{
	for (size_t i = 0; i < set->len; i++) {
		int complete = is_complete(build, set->items[i], err);
		if (complete <= 0)
			return complete;
	}
	return 1;
}

/*
 * What a base's name points to from now on: the image, and besides it what the name had for other
 * platforms, as an index.
 */
static int tag_base(struct build *build, const struct image *image, struct error *err)
{
	const struct image_env *env = &build->engine->env;
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT, before = IMAGE_SET_INIT;
	cleanup(strv_release) struct strv names = STRV_INIT;
	struct image *copy = NULL;

	strv_add(&names, image->reference);
	if (image_copy(env, image, &copy, err) < 0)
		return -1;
	image_set_add(&set, copy);
	/* what cannot be read is replaced, as a tag is */
	struct error unreadable = ERROR_INIT;
	if (image_set_find(env, image->reference, &before, &unreadable) < 0 &&
	    unreadable.code != ERROR_CORRUPT) {
		*err = unreadable;
		return -1;
	}
	for (size_t i = 0; i < before.len; i++) {
		if (platform_equal(&before.items[i]->config->platform, &image->config->platform))
			continue;
		int complete = is_complete(build, before.items[i], err);
		if (complete < 0)
			return -1;
		if (complete)
			image_set_add(&set, take_ptr(&before.items[i]));
	}
	if (set.len > 1 && image_set_write_index(env, &set, false, NULL, err) < 0)
		return -1;
	return build_set_tags(build, &set, &names, err);
}

/* A base that came from a registry is found in the store the next time, once it is all there. */
int build_tag_bases(struct build *build, struct error *err)
{
	for (size_t i = 0; i < build->plan->n_images; i++) {
		const struct image *image = build->plan_images[i];
		if (image->origin != ORIGIN_REGISTRY)
			continue;
		int complete = is_complete(build, image, err);
		if (complete < 0 || (complete && tag_base(build, image, err) < 0))
			return -1;
	}
	return 0;
}
