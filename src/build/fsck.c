/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a store: every blob has its name's content, every record reads and names a blob that is
 * there, every tag is complete, every snapshot is what its layer unpacks to.
 */
#include "engine.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/trace.h"
#include "build/manage.h"
#include "exec/result.h"
#include "image/rootfs.h"
#include "image/snapshot_check.h"
#include "layer/member_files.h"
#include "store/blob.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct checking {
	struct engine *engine;
	struct strv *findings, *notes;
	struct image_env env; /* of the flavour of snapshots that is being checked */
	bool skips_devices;
	struct map layers; /* hex chain id -> text of the digest of the blob, in the arena */
	struct arena arena;
};

static void checking_release(struct checking *checking)
{
	map_release(&checking->layers);
	arena_release(&checking->arena);
}
DEFINE_RELEASE(struct checking, checking_release);

static int visit_blob(void *context, const struct digest *digest, uint64_t size, struct error *err)
{
	struct checking *checking = context;

	(void)size;
	int good = blob_verify(checking->engine->store, digest, err);
	if (good < 0)
		strv_printf(checking->findings, "blob %s cannot be read: %s",
			    digest_format(digest).text, err->text);
	else if (!good)
		strv_printf(checking->findings, "blob %s does not have that content",
			    digest_format(digest).text);
	return 0;
}

static int check_blob_is_there(struct checking *checking, const struct digest *digest,
			       const char *what, struct error *err)
{
	int found = blob_find(checking->engine->store, digest, NULL, err);

	if (found == 0)
		strv_printf(checking->findings, "%s: blob %s is missing", what,
			    digest_format(digest).text);
	return found < 0 ? -1 : 0;
}

static void remember_layer(struct checking *checking, const struct digest *chain_id,
			   const struct digest *blob)
{
	(void)map_set(&checking->layers, digest_hex(chain_id).text,
		      arena_strdup(&checking->arena, digest_format(blob).text));
}

/* --- member indexes --------------------------------------------------------------------------- */

static int visit_member_file(void *context, const struct digest *blob, struct error *err)
{
	struct checking *checking = context;
	const struct store *store = checking->engine->store;
	cleanup(member_index_free) struct member_index *index = NULL;
	autoclose int blob_fd = -1;

	int found = blob_open(store, blob, &blob_fd, err);
	if (found <= 0)
		return found; /* without its blob it helps nobody: prune takes it */
	if (member_file_read(store_root_fd(store), blob, &index, err) < 0) {
		strv_printf(checking->findings, "%s", err->text);
		return 0;
	}
	if (index && member_index_verify(index, blob_fd, err) <= 0)
		strv_printf(checking->findings, "member index of %s does not fit its blob",
			    digest_format(blob).text);
	return 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static void note_damaged(void *context, const char *name)
{
	struct checking *checking = context;

	strv_printf(checking->findings, "cache record %s is damaged", name);
}

/* A record of a URL: what it gave lies in a blob. */
static bool read_url_digest(const char *payload, struct digest *ret_digest)
{
	cleanup(value_free) json_t *object = NULL;
	struct error ignored = ERROR_INIT;
	const char *kind = NULL, *digest = NULL;

	return value_read(payload, strlen(payload), "record", &object, &ignored) == 0 &&
	       value_get_text(object, "kind", &kind, &ignored) > 0 && strcmp(kind, "url") == 0 &&
	       value_get_text(object, "digest", &digest, &ignored) > 0 &&
	       digest_parse(digest, ret_digest, &ignored) == 0;
}

static int visit_record(void *context, const struct cache_record *record, struct error *err)
{
	struct checking *checking = context;
	autofree char *what = xasprintf("cache record %s", digest_format(&record->key).text);
	cleanup(step_result_release) struct step_result result = { 0 };
	struct digest digest;

	if (digest_parse(record->payload, &digest, err) == 0)
		return check_blob_is_there(checking, &digest, what, err);
	if (read_url_digest(record->payload, &digest))
		return check_blob_is_there(checking, &digest, what, err);
	if (step_result_decode(record->payload, strlen(record->payload), &result, err) < 0) {
		strv_printf(checking->findings, "%s: %s", what, err->text);
		return 0;
	}
	if (!digest_is_zero(&result.chain_id))
		remember_layer(checking, &result.chain_id, &result.digest);
	return check_blob_is_there(checking, &result.digest, what, err);
}

/* --- tags ------------------------------------------------------------------------------------- */

static int check_manifest(struct checking *checking, const char *name, const struct digest *digest,
			  const char *media_type, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT, config_text = BUF_INIT;
	cleanup(manifest_free) struct manifest *manifest = NULL;
	cleanup(image_config_free) struct image_config *config = NULL;
	struct store *store = checking->engine->store;
	struct digest chain = { 0 };

	if (check_blob_is_there(checking, digest, name, err) < 0)
		return -1;
	if (blob_read(store, digest, MANIFEST_SIZE_MAX, &text, err) <= 0)
		return 0; /* missing or damaged: named already */
	if (manifest_decode(text.data, text.len, media_type, &manifest, err) < 0) {
		strv_printf(checking->findings, "%s: %s", name, err->text);
		return 0;
	}
	if (check_blob_is_there(checking, &manifest->config.digest, name, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest->n_layers; i++)
		if (check_blob_is_there(checking, &manifest->layers[i].digest, name, err) < 0)
			return -1;
	if (blob_read(store, &manifest->config.digest, CONFIG_SIZE_MAX, &config_text, err) <= 0 ||
	    image_config_decode(config_text.data, config_text.len, &config, err) < 0)
		return 0;
	for (size_t i = 0; i < config->n_diff_ids && i < manifest->n_layers; i++) {
		chain = chain_id_extend(i ? &chain : NULL, &config->diff_ids[i]);
		remember_layer(checking, &chain, &manifest->layers[i].digest);
	}
	return 0;
}

static int check_index(struct checking *checking, const char *name, const struct digest *digest,
		       const char *media_type, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_index_free) struct image_index *index = NULL;

	if (check_blob_is_there(checking, digest, name, err) < 0)
		return -1;
	if (blob_read(checking->engine->store, digest, MANIFEST_SIZE_MAX, &text, err) <= 0)
		return 0; /* missing or damaged: named already */
	if (image_index_decode(text.data, text.len, media_type, &index, err) < 0) {
		strv_printf(checking->findings, "%s: %s", name, err->text);
		return 0;
	}
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *entry = &index->manifests[i];
		if (media_type_is_manifest(entry->media_type) &&
		    check_manifest(checking, name, &entry->digest, entry->media_type, err) < 0)
			return -1;
	}
	return 0;
}

static int check_tags(struct checking *checking, struct error *err)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };

	if (store_list_tags(checking->engine->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.len; i++) {
		const struct store_tag *tag = &tags.items[i];
		const char *name = tag->name ? tag->name : "an untagged image";
		bool is_index = media_type_is_index(tag->media_type);
		if (is_index && check_index(checking, name, &tag->digest, tag->media_type, err) < 0)
			return -1;
		if (media_type_is_manifest(tag->media_type) &&
		    check_manifest(checking, name, &tag->digest, tag->media_type, err) < 0)
			return -1;
	}
	return 0;
}

/* --- snapshots -------------------------------------------------------------------------------- */

static int visit_snapshot(void *context, const struct digest *chain_id, struct error *err)
{
	struct checking *checking = context;
	const char *blob = map_get(&checking->layers, digest_hex(chain_id).text);
	struct digest digest;

	if (!blob)
		return 0; /* nothing names its layer any more: prune takes it */
	if (digest_parse(blob, &digest, err) < 0)
		return -1;
	autofree char *difference = NULL;
	struct error unreadable = ERROR_INIT;
	int same = snapshot_check(&checking->env, chain_id, &digest, NULL, NULL,
				  checking->skips_devices, &difference, &unreadable);
	if (same == 0)
		strv_printf(checking->findings, "snapshot %s differs from its layer at '/%s'",
			    digest_format(chain_id).text, difference);
	if (same < 0 && unreadable.code != ERROR_CORRUPT && unreadable.code != ERROR_NOT_FOUND) {
		*err = unreadable;
		return error_wrap(err, "snapshot %s", digest_format(chain_id).text);
	}
	/* a link into a layer below, or a damaged blob, which is named already */
	if (same < 0)
		trace("build", "snapshot %s: %s", digest_format(chain_id).text, unreadable.text);
	return 0;
}

static int count_snapshot(void *context, const struct digest *chain_id, struct error *err)
{
	size_t *n = context;

	(void)chain_id;
	(void)err;
	++*n;
	return 0;
}

/* What another mode left: where its owners can be read, it is compared as well. */
static int check_flavour(void *context, struct snapshots *flavour, struct error *err)
{
	struct checking *checking = context;
	const char *name = NULL;
	enum snapshots_state state = snapshots_state(flavour, &name);
	size_t n = 0;

	if (state == SNAPSHOTS_CURRENT)
		return 0;
	if (state == SNAPSHOTS_LEGIBLE) {
		checking->env.snapshots = flavour;
		checking->skips_devices = true;
		return snapshot_list(flavour, visit_snapshot, checking, err);
	}
	if (snapshot_list(flavour, count_snapshot, &n, err) < 0)
		return -1;
	if (n)
		strv_printf(checking->notes,
			    "%zu snapshots of another mode (snapshots/%s) are not checked: their "
			    "owners cannot be read in this one",
			    n, name);
	return 0;
}

static int check_snapshots(struct checking *checking, struct error *err)
{
	struct engine *engine = checking->engine;

	/* owners can be compared only where they are what they were */
	if (isolation_ensure(engine->isolation, err) < 0 ||
	    rootfs_enter_isolation(&engine->env, err) < 0)
		return -1;
	checking->env = engine->env;
	if (snapshot_list(engine->snapshots, visit_snapshot, checking, err) < 0)
		return -1;
	return snapshots_each_flavour(engine->snapshots, check_flavour, checking, err);
}

int manage_fsck(const char *root, struct strv *ret_findings, struct strv *ret_notes,
		struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	cleanup(checking_release) struct checking checking = { .findings = ret_findings,
							       .notes = ret_notes };

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	checking.engine = engine;
	if (blob_list(engine->store, visit_blob, &checking, err) < 0 ||
	    member_files_list(store_root_fd(engine->store), visit_member_file, &checking, err) <
		    0 ||
	    cache_check(engine->cache, note_damaged, &checking, err) < 0 ||
	    cache_list(engine->cache, visit_record, &checking, err) < 0 ||
	    check_tags(&checking, err) < 0)
		return -1;
	return check_snapshots(&checking, err);
}
