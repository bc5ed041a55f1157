/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbage collection over cache, snapshots and store: images without a name and records first (old
 * ones, or all), then what no tag and no remaining record names. What a running build uses or has
 * made is pinned by its lease and stays; while it is decided what goes, and until that is out of
 * reach, no build pins anything.
 */
#include "engine.h"
#include "reachable.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "build/manage.h"
#include "image/rootfs.h"
#include "layer/member_files.h"
#include "store/blob.h"

#include <sys/stat.h>
#include <time.h>

struct pruning {
	struct engine *engine;
	const struct prune_options *options;
	struct prune_result *result;
	struct reachable reachable;
	struct map pins;    /* of running builds: hex digests of blobs, snapshots, records */
	struct map dropped; /* hex digests of manifests without a name */
	int64_t now;
	VEC(struct digest) untagged, records, snapshots, blobs, members; /* that go */
};

static void pruning_release(struct pruning *pruning)
{
	reachable_release(&pruning->reachable);
	map_release(&pruning->pins);
	map_release(&pruning->dropped);
	vec_release(&pruning->untagged);
	vec_release(&pruning->records);
	vec_release(&pruning->snapshots);
	vec_release(&pruning->blobs);
	vec_release(&pruning->members);
}
DEFINE_RELEASE(struct pruning, pruning_release);

static bool is_old(const struct pruning *pruning, int64_t used)
{
	/* a clock that went back makes nothing old */
	return used <= pruning->now && pruning->now - used >= pruning->options->older_than;
}

static int visit_record(void *context, const struct cache_record *record, struct error *err)
{
	struct pruning *pruning = context;
	const struct prune_options *options = pruning->options;

	(void)err;
	if ((options->all || options->older_than) && is_old(pruning, record->used) &&
	    !reachable_has(&pruning->pins, &record->key))
		vec_push(&pruning->records, record->key);
	else
		reachable_mark_record(pruning->engine, record->payload, &pruning->reachable);
	return 0;
}

static int visit_snapshot(void *context, const struct digest *chain_id, struct error *err)
{
	struct pruning *pruning = context;

	(void)err;
	if (!reachable_has(&pruning->reachable.snapshots, chain_id) &&
	    !reachable_has(&pruning->pins, chain_id))
		vec_push(&pruning->snapshots, *chain_id);
	return 0;
}

static int list_flavour(void *context, struct snapshots *flavour, struct error *err)
{
	return snapshot_list(flavour, visit_snapshot, context, err);
}

/* What another flavour has is not there in this one, which is fine. */
static int clear_flavour(void *context, struct snapshots *flavour, struct error *err)
{
	const struct pruning *pruning = context;

	for (size_t i = 0; i < pruning->snapshots.len; i++)
		if (snapshot_set_aside(flavour, &pruning->snapshots.items[i], err) < 0)
			return -1;
	return 0;
}

static int visit_blob(void *context, const struct digest *digest, uint64_t size, struct error *err)
{
	struct pruning *pruning = context;

	(void)err;
	if (reachable_has(&pruning->reachable.blobs, digest) ||
	    reachable_has(&pruning->pins, digest))
		return 0;
	vec_push(&pruning->blobs, *digest);
	pruning->result->bytes += size;
	return 0;
}

/* An index goes with its blob, also when that went without us. */
static int visit_member_file(void *context, const struct digest *blob, struct error *err)
{
	struct pruning *pruning = context;
	int found = blob_find(pruning->engine->store, blob, NULL, err);

	if (found == 0 || (!reachable_has(&pruning->reachable.blobs, blob) &&
			   !reachable_has(&pruning->pins, blob)))
		vec_push(&pruning->members, *blob);
	return found < 0 ? -1 : 0;
}

/* By its manifest: nothing else tells when an image without a name was made. */
static bool is_old_blob(const struct pruning *pruning, const struct digest *digest)
{
	struct error ignored = ERROR_INIT;
	autoclose int fd = -1;
	struct stat st;

	if (!pruning->options->older_than)
		return true;
	return blob_open(pruning->engine->store, digest, &fd, &ignored) <= 0 ||
	       fstat(fd, &st) < 0 || is_old(pruning, st.st_mtim.tv_sec);
}

/*
 * Images that were built without a name. They leave the list of tags before it is read for what to
 * keep, so that one that gets a name meanwhile is kept.
 */
static int drop_untagged(struct pruning *pruning, struct error *err)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };

	if (store_list_tags(pruning->engine->store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.len; i++) {
		const struct digest *digest = &tags.items[i].digest;
		if (tags.items[i].name || reachable_has(&pruning->pins, digest) ||
		    !is_old_blob(pruning, digest))
			continue;
		vec_push(&pruning->untagged, *digest);
		(void)map_set(&pruning->dropped, digest_hex(digest).text, pruning);
	}
	if (!pruning->untagged.len || pruning->options->is_dry_run)
		return 0;
	return store_forget_untagged(pruning->engine->store, pruning->untagged.items,
				     pruning->untagged.len, err);
}

static int find_garbage(struct pruning *pruning, struct error *err)
{
	struct engine *engine = pruning->engine;

	if (drop_untagged(pruning, err) < 0 ||
	    reachable_mark_tags(engine, &pruning->dropped, &pruning->reachable, err) < 0 ||
	    cache_list(engine->cache, visit_record, pruning, err) < 0 ||
	    snapshots_each_flavour(engine->snapshots, list_flavour, pruning, err) < 0 ||
	    member_files_list(store_root_fd(engine->store), visit_member_file, pruning, err) < 0)
		return -1;
	return blob_list(engine->store, visit_blob, pruning, err);
}

/* Records before what they name, so that none ever names something that is gone. */
static int remove_garbage(struct pruning *pruning, struct error *err)
{
	struct engine *engine = pruning->engine;

	for (size_t i = 0; i < pruning->records.len; i++)
		if (cache_remove(engine->cache, &pruning->records.items[i], err) < 0)
			return -1;
	if (snapshots_each_flavour(engine->snapshots, clear_flavour, pruning, err) < 0)
		return -1;
	for (size_t i = 0; i < pruning->members.len; i++)
		if (member_file_remove(store_root_fd(engine->store), &pruning->members.items[i],
				       err) < 0)
			return -1;
	for (size_t i = 0; i < pruning->blobs.len; i++)
		if (blob_remove(engine->store, &pruning->blobs.items[i], err) < 0)
			return -1;
	return 0;
}

int manage_prune(const char *root, const struct prune_options *options,
		 struct prune_result *ret_result, struct error *err)
{
	cleanup(engine_close) struct engine *engine = NULL;
	struct prune_result result = { 0 };
	cleanup(pruning_release) struct pruning pruning = { .options = options,
							    .result = &result,
							    .now = (int64_t)time(NULL) };
	autoclose int lock = -1;

	if (engine_open(root, ISOLATION_AUTO, NULL, &engine, err) < 0)
		return -1;
	pruning.engine = engine;
	/* files of sub-ids can be removed only where those ids are */
	if (isolation_ensure(engine->isolation, err) < 0 ||
	    rootfs_enter_isolation(&engine->env, err) < 0)
		return -1;
	int known = store_collect(engine->store, &pruning.pins, &lock, err);
	if (known < 0)
		return -1;
	if (!known)
		return error_set(err, ERROR_SYSTEM,
				 "a build is running on %s that found no room on the disk to write "
				 "down what it uses; prune when it is done",
				 root);
	if (find_garbage(&pruning, err) < 0)
		return -1;
	if (!options->is_dry_run &&
	    (remove_garbage(&pruning, err) < 0 ||
	     blob_sweep_partial(engine->store, options->all && !options->older_than, err) < 0))
		return -1;
	result.n_records = pruning.records.len;
	result.n_snapshots = pruning.snapshots.len;
	result.n_blobs = pruning.blobs.len;
	*ret_result = result;
	return 0;
}
