/* SPDX-License-Identifier: Apache-2.0 */
#include "build/manage.h"

#include "engine.h"
#include "manage_find.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "image/image_set.h"
#include "oci/reference.h"
#include "store/blob.h"

#include <errno.h>
#include <string.h>

void image_summaries_release(struct image_summaries *summaries)
{
	for (size_t i = 0; i < summaries->len; i++) {
		free(summaries->items[i].name);
		free(summaries->items[i].created);
		free(summaries->items[i].platform);
	}
	free(summaries->items);
	*summaries = (struct image_summaries){ 0 };
}

/* The one that is asked for, else this machine's, else the first. */
static const struct image *pick_own(const struct image_set *set)
{
	struct platform own = platform_host();

	return image_set_pick(set, &own);
}

/* With one image its own; of an index all of its blobs, those that images share once. */
static uint64_t set_blobs_size(const struct image_set *set)
{
	cleanup(map_release) struct map seen = MAP_INIT;
	uint64_t size = set->has_index ? set->index.size : 0;

	for (size_t i = 0; i < set->len; i++) {
		const struct image *image = set->items[i];
		size += image->size + image->manifest->config.size;
		for (size_t k = 0; k < image->manifest->n_layers; k++) {
			const struct descriptor *layer = &image->manifest->layers[k];
			if (!map_set(&seen, digest_hex(&layer->digest).text, &seen))
				size += layer->size;
		}
	}
	return size;
}

static uint64_t image_size(const struct image *image)
{
	uint64_t size = image->size + image->manifest->config.size;

	for (size_t i = 0; i < image->manifest->n_layers; i++)
		size += image->manifest->layers[i].size;
	return size;
}

/* An index has no config: what it is called by is its own digest. */
static void summarize(const char *name, const struct image_set *set, struct image_summary *summary)
{
	const struct image *own = pick_own(set);
	struct buf platforms = BUF_INIT;

	for (size_t i = 0; i < set->len; i++) {
		buf_add_text(&platforms, i ? "," : "");
		platform_format(&set->items[i]->config->platform, &platforms);
	}
	*summary = (struct image_summary){
		.name = name ? xstrdup(name) : NULL,
		.manifest_digest = *image_set_digest(set),
		.config_digest = set->has_index ? set->index.digest : own->manifest->config.digest,
		.created = xstrdup(own->config->created ? own->config->created : ""),
		.size = set_blobs_size(set),
		.platform = buf_take(&platforms),
	};
}

int manage_images(const char *root, struct image_summaries *ret_images, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	cleanup(image_summaries_release) struct image_summaries images = { 0 };

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0 ||
	    store_list_tags(engine->store, &tags, err) < 0)
		return -1;
	images.items = xcalloc(tags.len, sizeof(*images.items));
	for (size_t i = 0; i < tags.len; i++) {
		cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
		autofree char *unnamed =
			xasprintf("image@%s", digest_format(&tags.items[i].digest).text);
		const char *name = tags.items[i].name;
		int found = manage_find(engine, name ? name : unnamed, &set, err);
		if (found < 0)
			return -1;
		if (found)
			summarize(tags.items[i].name, &set, &images.items[images.len++]);
	}
	*ret_images = images;
	images = (struct image_summaries){ 0 };
	return 0;
}

/* --- inspect ---------------------------------------------------------------------------------- */

/* Names and name@digest of all tags that point at the image. */
static int add_names(const struct engine *engine, const struct digest *digest, json_t *document,
		     struct error *err)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	json_t *names = json_array(), *digests = json_array();

	json_object_set_new(document, "RepoTags", names);
	json_object_set_new(document, "RepoDigests", digests);
	if (store_list_tags(engine->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.len; i++) {
		cleanup(reference_release) struct reference reference = REFERENCE_INIT;
		cleanup(buf_release) struct buf name = BUF_INIT;
		if (!tags.items[i].name || !digest_equal(&tags.items[i].digest, digest))
			continue;
		if (reference_parse(tags.items[i].name, &reference, err) < 0)
			return -1;
		reference_format_familiar(&reference, false, &name);
		json_array_append_new(names, json_string(name.data));
		char *colon = strrchr(name.data, ':');
		if (colon && !strchr(colon, '/'))
			buf_truncate(&name, (size_t)(colon - name.data));
		buf_printf(&name, "@%s", digest_format(digest).text);
		json_array_append_new(digests, json_string(name.data));
	}
	return 0;
}

static int add_config(const struct engine *engine, const struct image *image, json_t *document,
		      struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(value_free) json_t *config = NULL;
	static const struct {
		const char *ours, *dockers;
	} keys[] = { { "created", "Created" }, { "author", "Author" },
		     { "config", "Config" },   { "architecture", "Architecture" },
		     { "variant", "Variant" }, { "os", "Os" },
		     { "history", "History" } };

	if (blob_read(engine->store, &image->manifest->config.digest, CONFIG_SIZE_MAX, &text,
		      err) <= 0 ||
	    value_read(text.data, text.len, "image config", &config, err) < 0)
		return -1;
	for (size_t i = 0; i < countof(keys); i++) {
		json_t *value = json_object_get(config, keys[i].ours);
		if (value)
			json_object_set(document, keys[i].dockers, value);
	}
	return 0;
}

static void add_rootfs(const struct image *image, json_t *document)
{
	json_t *rootfs = json_object(), *layers = json_array();

	for (size_t i = 0; i < image->config->n_diff_ids; i++)
		json_array_append_new(layers,
				      json_string(digest_format(&image->config->diff_ids[i]).text));
	json_object_set_new(rootfs, "Type", json_string("layers"));
	json_object_set_new(rootfs, "Layers", layers);
	json_object_set_new(document, "RootFS", rootfs);
}

static json_t *dump_descriptor(const char *media_type, const struct digest *digest, uint64_t size,
			       const struct platform *platform)
{
	cleanup(descriptor_release) struct descriptor descriptor =
		descriptor_make(media_type, digest, size);

	if (platform) {
		descriptor.has_platform = true;
		descriptor.platform = *platform;
	}
	return descriptor_encode(&descriptor);
}

/* What the name points to; of an index also what there is of it. */
static void add_descriptors(const struct image_set *set, json_t *document)
{
	json_t *manifests = json_array();

	json_object_set_new(document, "Descriptor",
			    dump_descriptor(image_set_media_type(set), image_set_digest(set),
					    image_set_size(set), NULL));
	for (size_t i = 0; set->has_index && i < set->len; i++) {
		const struct image *image = set->items[i];
		json_array_append_new(manifests,
				      dump_descriptor(image->manifest->media_type, &image->digest,
						      image->size, &image->config->platform));
	}
	if (set->has_index)
		json_object_set(document, "Manifests", manifests);
	json_decref(manifests);
}

/* NULL with an error where a platform was asked for that is not there. */
static const struct image *choose(const struct image_set *set, const struct platform *platform,
				  const char *name, struct error *err)
{
	cleanup(buf_release) struct buf wanted = BUF_INIT;
	const struct image *image = platform ? image_set_pick(set, platform) : pick_own(set);

	if (!platform || platform_match(&image->config->platform, platform))
		return image;
	platform_format(platform, &wanted);
	(void)error_set(err, ERROR_NOT_FOUND, "'%s' has no image for %s", name, wanted.data);
	return NULL;
}

int manage_inspect(const char *root, const char *name, const struct platform *platform,
		   json_t **ret_document, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	cleanup(value_free) json_t *document = json_object();

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	int found = manage_find_any(engine, name, &set, err);
	if (found <= 0)
		return found;
	const struct image *image = choose(&set, platform, name, err);
	if (!image)
		return -1;
	value_set_text(document, "Id", digest_format(&image->manifest->config.digest).text);
	if (add_names(engine, image_set_digest(&set), document, err) < 0 ||
	    add_config(engine, image, document, err) < 0)
		return -1;
	json_object_set_new(document, "Size", json_integer((json_int_t)image_size(image)));
	add_rootfs(image, document);
	add_descriptors(&set, document);
	*ret_document = take_ptr(&document);
	return 1;
}

/* --- reset ------------------------------------------------------------------------------------ */

int manage_reset(const char *root, struct error *err)
{
	cleanup(store_close) struct store *store = NULL;
	autofree char *cleaned = path_clean_go(root);
	autofree char *parent = xasprintf("%s/..", cleaned);
	autoclose int parent_fd = -1;

	if (access(cleaned, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (store_open(cleaned, &store, err) < 0 || fs_open_dir(parent, false, &parent_fd, err) < 0)
		return -1;
	int idle = store_is_idle(store, err);
	if (idle < 0)
		return -1;
	if (!idle)
		return error_set(err, ERROR_SYSTEM,
				 "a build is running on %s; reset when it is done", root);
	cleanup(isolation_free) struct isolation *isolation = isolation_new(ISOLATION_AUTO);
	if (isolation_ensure(isolation, err) < 0 ||
	    isolation_enter(isolation, &parent_fd, 1, err) < 0)
		return -1;
	return fs_remove_tree(parent_fd, path_base_name(cleaned), err);
}
