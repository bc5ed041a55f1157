/* SPDX-License-Identifier: Apache-2.0 */
/* Layers compressed anew where the first output wants another compression than the cache holds. */
#include "annotations.h"
#include "output_work.h"

#include "base/alloc.h"

bool build_is_docker(const struct build *build)
{
	return build->request->format == IMAGE_FORMAT_DOCKER;
}

size_t build_n_base_layers(const struct build *build, size_t place)
{
	uint32_t base = build->plan->targets[place].base_image;

	return base == NO_STEP ? 0 : build->plan_images[base]->manifest->n_layers;
}

struct convert_options build_convert_options(const struct build *build, size_t place,
					     const struct compression_request *wanted)
{
	return (struct convert_options){ .compression = wanted->kind,
					 .level = wanted->level < 0 ? 0 : wanted->level,
					 .first_new = build_n_base_layers(build, place),
					 .force = wanted->is_forced };
}

struct convert_work {
	const struct build *build;
	const struct image *image;
	size_t place;		 /* of the image in the set */
	struct image *converted; /* owned by who started it */
};

/* An image itself, as the first output wants it: what is cached may be compressed otherwise. */
static int run_convert(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	const struct convert_work *work = arg;
	const struct build *build = work->build;
	struct convert_options options =
		build_convert_options(build, work->place, build_compression(build->request));
	cleanup(image_free) struct image *converted = NULL;

	int changed = export_convert(&build->engine->env, work->image, &options, channel,
				     &converted, err);
	if (changed > 0)
		image_encode(converted, record);
	return changed < 0 ? -1 : 0;
}

static int finish_convert(void *arg, const char *record, size_t len, struct error *err)
{
	struct convert_work *work = arg;

	if (!len)
		return 0;
	return image_load(&work->build->engine->env, record, len, &work->converted, err);
}

static bool must_convert(const struct build *build, const struct image *image, size_t place)
{
	const struct compression_request *wanted = build_compression(build->request);
	size_t i = wanted->is_forced ? 0 : build_n_base_layers(build, place);
	enum layer_compression compression = LAYER_UNCOMPRESSED;

	for (; i < image->manifest->n_layers; i++)
		if (media_type_layer_compression(image->manifest->layers[i].media_type,
						 &compression) &&
		    compression != wanted->kind)
			return true;
	return false;
}

static int convert_image(struct build *build, struct image_set *set, size_t place,
			 struct error *err)
{
	struct image *image = set->items[place];
	struct convert_work arg = { .build = build, .image = image, .place = place };
	struct work work = { .title = "compressing layers anew",
			     .arg = &arg,
			     .run = run_convert,
			     .finished = finish_convert };

	if (!must_convert(build, image, place))
		return 0;
	if (engine_run_works(build->engine, &build->run, &work, 1, err) < 0)
		return -1;
	if (arg.converted) {
		for (size_t i = 0; i < image->manifest->n_layers; i++)
			arg.converted->layers[i].image = image->layers[i].image;
		image_free(image);
		set->items[place] = arg.converted;
		build->has_converted = true;
	}
	return 0;
}

/* Whatever the images have become, the index is made of them last. */
int build_convert_images(struct build *build, struct image_set *set, struct error *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (convert_image(build, set, i, err) < 0)
			return -1;
	if (!build->plan->is_multi_platform)
		return 0;
	return build_write_index(build, set, err);
}
