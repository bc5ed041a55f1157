/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the store's images: given, taken away, pushed. */
#include "engine.h"
#include "manage_find.h"

#include "base/alloc.h"
#include "build/manage.h"
#include "export/export.h"
#include "oci/reference.h"
#include "store/blob.h"

/* --- names ------------------------------------------------------------------------------------ */

static int no_such_image(const char *name, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "no image '%s' in the store (cbuild images lists what there is)", name);
}

int manage_tag(const char *root, const char *source, const struct strv *names, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	cleanup(strv_release) struct strv full = STRV_INIT;
	cleanup(store_tag_release) struct store_tag target = { 0 };
	struct buf platform = BUF_INIT;

	for (size_t i = 0; i < names->len; i++) {
		char *name = NULL;
		if (manage_full_name(names->items[i], &name, err) < 0)
			return -1;
		strv_give(&full, name);
	}
	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	int found = manage_find_any(engine, source, &set, err);
	if (found <= 0)
		return found < 0 ? -1 : no_such_image(source, err);
	if (!set.has_index) {
		platform_format(&set.items[0]->config->platform, &platform);
		target.platform = buf_take(&platform);
	}
	target.media_type = xstrdup(image_set_media_type(&set));
	target.digest = *image_set_digest(&set);
	target.size = image_set_size(&set);
	return store_set_tags(engine->store, (const char *const *)full.items, full.len, &target,
			      err);
}

/*
 * All names of the image; several only if that is meant. 1/0/-1; what was removed before a failure
 * is among the names.
 */
static int remove_id(const struct engine *engine, const char *id, bool force,
		     struct strv *ret_names, struct error *err)
{
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	cleanup(strv_release) struct strv names = STRV_INIT;

	int found = manage_find_id(engine, id, &set, err);
	if (found <= 0)
		return found;
	const struct digest *digest = image_set_digest(&set);
	if (store_list_tags(engine->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.len; i++)
		if (tags.items[i].name && digest_equal(&tags.items[i].digest, digest))
			strv_add(&names, tags.items[i].name);
	if (names.len > 1 && !force)
		return error_set(err, ERROR_USAGE,
				 "image '%s' has %zu names: say them, or --force for all of them",
				 id, names.len);
	for (size_t i = 0; i < names.len; i++) {
		if (store_remove_tag(engine->store, names.items[i], err) < 0)
			return -1;
		strv_add(ret_names, names.items[i]);
	}
	if (store_forget_untagged(engine->store, digest, 1, err) < 0)
		return -1;
	if (!ret_names->len)
		strv_add(ret_names, digest_format(digest).text);
	return 1;
}

int manage_rmi(const char *root, const char *name, bool force, struct strv *ret_names,
	       struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	autofree char *full = NULL;
	struct error naming = ERROR_INIT;

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	int is_name = manage_full_name(name, &full, &naming) == 0;
	int removed = is_name ? store_remove_tag(engine->store, full, err) : 0;
	if (removed > 0)
		strv_add(ret_names, name);
	if (removed)
		return removed;
	removed = remove_id(engine, name, force, ret_names, err);
	if (!removed && !is_name) {
		*err = naming;
		return -1;
	}
	return removed;
}

/* --- push ------------------------------------------------------------------------------------- */

struct push_work {
	const struct engine *engine;
	const struct image_set *set;
	char *reference, *title;
};

static int run_push(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct push_work *push = arg;

	(void)record;
	return export_push(&push->engine->env, push->set, push->reference, channel, err);
}

/* An index of which a part was removed from the store cannot be pushed. */
static int check_whole(const struct engine *engine, const struct image_set *set, const char *name,
		       struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_index_free) struct image_index *index = NULL;

	if (!set->has_index)
		return 0;
	if (blob_read(engine->store, &set->index.digest, MANIFEST_SIZE_MAX, &text, err) <= 0)
		return error_set(err, ERROR_NOT_FOUND, "the index of '%s' is gone", name);
	if (image_index_decode(text.data, text.len, set->index.media_type, &index, err) < 0)
		return -1;
	size_t n = 0;
	for (size_t i = 0; i < index->n_manifests; i++)
		n += !descriptor_is_attestation(&index->manifests[i]);
	if (n == set->len)
		return 0;
	return error_set(err, ERROR_NOT_FOUND,
			 "'%s' is an index of %zu images, of which %zu are in the store", name, n,
			 set->len);
}

static int push_one(struct engine *engine, const char *name, const struct event_sink *sink,
		    struct strv *lines, struct error *err)
{
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	autofree char *reference = NULL, *title = NULL;
	struct engine_run run = { .sink = sink, .signal_fd = -1 };

	if (manage_full_name(name, &reference, err) < 0)
		return -1;
	int found = manage_find(engine, name, &set, err);
	if (found <= 0)
		return found < 0 ? -1 : no_such_image(name, err);
	if (check_whole(engine, &set, name, err) < 0)
		return -1;
	title = xasprintf("pushing %s", reference);
	struct push_work push = { .engine = engine, .set = &set, .reference = reference };
	struct work work = { .title = title, .arg = &push, .run = run_push };
	if (engine_run_works(engine, &run, &work, 1, err) < 0)
		return -1;
	strv_printf(lines, "%s: digest: %s size: %llu", reference,
		    digest_format(image_set_digest(&set)).text,
		    (unsigned long long)image_set_size(&set));
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
