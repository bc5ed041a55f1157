/* SPDX-License-Identifier: Apache-2.0 */
#include "build/manage.h"

#include "engine.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "export/export.h"
#include "image/resolve.h"
#include "oci/reference.h"
#include "store/blob.h"

#include <errno.h>
#include <stdio.h>
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

static int full_name(const char *name, char **ret_full, struct error *err)
{
	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	cleanup(buf_release) struct buf full = BUF_INIT;

	if (reference_parse(name, &reference, err) < 0)
		return -1;
	reference_format(&reference, &full);
	*ret_full = buf_take(&full);
	return 0;
}

/* The image behind a name of the store; 1/0/-1. */
static int find_image(const struct engine *engine, const char *name, struct image **ret_image,
		      struct error *err)
{
	struct platform platform = platform_host();
	autofree char *full = NULL;

	if (full_name(name, &full, err) < 0)
		return -1;
	return image_resolve_local(&engine->env, full, &platform, PULL_MISSING, ret_image, err);
}

static uint64_t image_size(const struct image *image)
{
	uint64_t size = image->size + image->manifest->config.size;

	for (size_t i = 0; i < image->manifest->n_layers; i++)
		size += image->manifest->layers[i].size;
	return size;
}

static void summarize(const char *name, const struct image *image, struct image_summary *summary)
{
	struct buf platform = BUF_INIT;

	platform_format(&image->config->platform, &platform);
	*summary = (struct image_summary){
		.name = name ? xstrdup(name) : NULL,
		.manifest_digest = image->digest,
		.config_digest = image->manifest->config.digest,
		.created = xstrdup(image->config->created ? image->config->created : ""),
		.size = image_size(image),
		.platform = buf_take(&platform),
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
		cleanup(image_free) struct image *image = NULL;
		if (!tags.items[i].name)
			continue;
		int found = find_image(engine, tags.items[i].name, &image, err);
		if (found < 0)
			return -1;
		if (found)
			summarize(tags.items[i].name, image, &images.items[images.len++]);
	}
	*ret_images = images;
	images = (struct image_summaries){ 0 };
	return 0;
}

/* --- inspect ---------------------------------------------------------------------------------- */

/* Names and name@digest of all tags that point at the image. */
static int add_names(const struct engine *engine, const struct image *image, json_t *document,
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
		if (!tags.items[i].name || !digest_equal(&tags.items[i].digest, &image->digest))
			continue;
		if (reference_parse(tags.items[i].name, &reference, err) < 0)
			return -1;
		reference_format_familiar(&reference, false, &name);
		json_array_append_new(names, json_string(name.data));
		char *colon = strrchr(name.data, ':');
		if (colon && !strchr(colon, '/'))
			buf_truncate(&name, (size_t)(colon - name.data));
		buf_printf(&name, "@%s", digest_format(&image->digest).text);
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

int manage_inspect(const char *root, const char *name, json_t **ret_document, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(image_free) struct image *image = NULL;
	cleanup(value_free) json_t *document = json_object();

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	int found = find_image(engine, name, &image, err);
	if (found <= 0)
		return found;
	value_set_text(document, "Id", digest_format(&image->manifest->config.digest).text);
	if (add_names(engine, image, document, err) < 0 ||
	    add_config(engine, image, document, err) < 0)
		return -1;
	json_object_set_new(document, "Size", json_integer((json_int_t)image_size(image)));
	json_t *rootfs = json_object(), *layers = json_array();
	for (size_t i = 0; i < image->config->n_diff_ids; i++)
		json_array_append_new(layers,
				      json_string(digest_format(&image->config->diff_ids[i]).text));
	json_object_set_new(rootfs, "Type", json_string("layers"));
	json_object_set_new(rootfs, "Layers", layers);
	json_object_set_new(document, "RootFS", rootfs);
	*ret_document = take_ptr(&document);
	return 1;
}

/* --- names ------------------------------------------------------------------------------------ */

static int no_such_image(const char *name, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "no image '%s' in the store (cbuild images lists what there is)", name);
}

int manage_tag(const char *root, const char *source, const struct strv *names, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(image_free) struct image *image = NULL;
	cleanup(strv_release) struct strv full = STRV_INIT;
	cleanup(store_tag_release) struct store_tag target = { 0 };
	cleanup(buf_release) struct buf platform = BUF_INIT;

	for (size_t i = 0; i < names->len; i++) {
		char *name = NULL;
		if (full_name(names->items[i], &name, err) < 0)
			return -1;
		strv_give(&full, name);
	}
	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	int found = find_image(engine, source, &image, err);
	if (found <= 0)
		return found < 0 ? -1 : no_such_image(source, err);
	platform_format(&image->config->platform, &platform);
	target.media_type = xstrdup(image->manifest->media_type);
	target.digest = image->digest;
	target.size = image->size;
	target.platform = xstrdup(platform.data);
	return store_set_tags(engine->store, (const char *const *)full.items, full.len, &target,
			      err);
}

int manage_rmi(const char *root, const char *name, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	autofree char *full = NULL;

	if (full_name(name, &full, err) < 0 ||
	    engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	return store_remove_tag(engine->store, full, err);
}

/* --- push ------------------------------------------------------------------------------------- */

struct push_work {
	const struct engine *engine;
	const struct image *image;
	char *reference, *title;
};

static int run_push(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct push_work *push = arg;

	(void)record;
	return export_push(&push->engine->env, push->image, push->reference, channel, err);
}

static int push_one(struct engine *engine, const char *name, const struct event_sink *sink,
		    struct strv *lines, struct error *err)
{
	cleanup(image_free) struct image *image = NULL;
	autofree char *reference = NULL, *title = NULL;
	struct engine_run run = { .sink = sink, .signal_fd = -1 };

	if (full_name(name, &reference, err) < 0)
		return -1;
	int found = find_image(engine, name, &image, err);
	if (found <= 0)
		return found < 0 ? -1 : no_such_image(name, err);
	title = xasprintf("pushing %s", reference);
	struct push_work push = { .engine = engine, .image = image, .reference = reference };
	struct work work = { .title = title, .arg = &push, .run = run_push };
	if (engine_run_works(engine, &run, &work, 1, err) < 0)
		return -1;
	strv_printf(lines, "%s: digest: %s size: %llu", reference,
		    digest_format(&image->digest).text, (unsigned long long)image->size);
	return 0;
}

int manage_push(const char *root, const struct strv *names, const struct registry_access *access,
		const struct event_sink *sink, struct strv *ret_lines, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;

	if (engine_open(root, ISOLATION_AUTO, access, &engine, err) < 0)
		return -1;
	for (size_t i = 0; i < names->len; i++)
		if (push_one(engine, names->items[i], sink, ret_lines, err) < 0)
			return -1;
	return 0;
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
