/* SPDX-License-Identifier: Apache-2.0 */
#include "image/rootfs.h"

#include "base/alloc.h"
#include "base/text.h"
#include "image/fetch.h"
#include "image/snapshot_check.h"
#include "job/fan_out.h"
#include "job/job.h"
#include "layer/unpack.h"
#include "sandbox/isolation.h"
#include "snapshot/view.h"
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* The lock of "unpack this layer": a name apart from that of the blob's fetch and of any step. */
static struct digest lock_name(const struct layer_ref *layer)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	buf_printf(&text, "snapshot %s", digest_hex(&layer->chain_id).text);
	return digest_of(text.data, text.len);
}

/* The digest of two zero blocks, which is a whole tar. */
bool layer_is_empty(const struct digest *diff_id)
{
	static const struct digest empty = { { 0x5f, 0x70, 0xbf, 0x18, 0xa0, 0x86, 0x00, 0x70,
					       0x16, 0xe9, 0x48, 0xb0, 0x4a, 0xed, 0x3b, 0x82,
					       0x10, 0x3a, 0x36, 0xbe, 0xa4, 0x17, 0x55, 0xb6,
					       0xcd, 0xdf, 0xaf, 0x10, 0xac, 0xe3, 0xc6, 0xef } };

	return digest_equal(diff_id, &empty);
}

/* A RUN that set times of directories has an empty layer, but a snapshot that has them. */
static bool has_snapshot(const struct image_env *env, const struct layer_ref *layer)
{
	struct error ignored = ERROR_INIT;

	return !layer_is_empty(&layer->diff_id) ||
	       snapshot_find(env->snapshots, &layer->chain_id, &ignored) > 0;
}

size_t rootfs_chain_ids(const struct image_env *env, const struct layer_ref *layers, size_t n,
			struct digest **ret_chain_ids)
{
	struct digest *chain_ids = xcalloc(n, sizeof(*chain_ids));
	size_t n_chain_ids = 0;

	for (size_t i = 0; i < n; i++)
		if (has_snapshot(env, &layers[i]))
			chain_ids[n_chain_ids++] = layers[i].chain_id;
	*ret_chain_ids = chain_ids;
	return n_chain_ids;
}

int rootfs_enter_isolation(const struct image_env *env, struct error *err)
{
	int fds[STORE_DIR_FDS];

	if (isolation_mode(env->isolation) == ISOLATION_CHROOT)
		snapshots_prefer(env->snapshots, SNAPSHOTS_COPY_PLAIN);
	if (isolation_mode(env->isolation) == ISOLATION_NONE)
		snapshots_prefer(env->snapshots, SNAPSHOTS_RECORDED);
	if (isolation_mode(env->isolation) == ISOLATION_NS_SINGLE)
		snapshots_prefer(env->snapshots, SNAPSHOTS_SINGLE_ID);
	if (isolation_is_inside(env->isolation))
		return 0;
	store_dir_fds(env->store, fds);
	if (isolation_enter(env->isolation, fds, STORE_DIR_FDS, err) < 0)
		return -1;
	return isolation_is_inside(env->isolation) ? store_sweep_again(env->store, err) : 0;
}

void rootfs_format_options(const struct image_env *env, struct unpack_options *options)
{
	const struct snapshot_format *format = snapshots_format(env->snapshots);

	options->overlay_prefix = format->attribute_prefix;
	options->has_named_marks = format->has_named_marks;
	options->has_records = format->has_records;
	options->has_recorded_owners = format->has_recorded_owners;
	/* in a chroot nothing is mounted, so nothing keeps a step from opening them */
	options->skips_devices =
		(isolation_has_namespace(env->isolation) && !format->has_recorded_owners) ||
		isolation_mode(env->isolation) == ISOLATION_CHROOT;
}

struct unpacking {
	const struct image_env *env;
	const struct layer_ref *layers;
	const size_t *missing; /* indices into layers */
	size_t index;	       /* the layer being unpacked, for open_below */
};

/*
 * A hard link may name a file of a layer below, which another process may be unpacking right now:
 * wait for it. Rare, so a short sleep does; if that process fails, so does the whole job.
 */
static int wait_for_snapshot(const struct image_env *env, const struct digest *chain_id,
			     struct error *err)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	for (;;) {
		int found = snapshot_find(env->snapshots, chain_id, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
		(void)nanosleep(&pause, NULL);
	}
}

static int open_below(void *context, const char *root_path, int *ret_fd, struct error *err)
{
	const struct unpacking *unpacking = context;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	autofree struct digest *chain_ids = NULL;
	size_t n =
		rootfs_chain_ids(unpacking->env, unpacking->layers, unpacking->index, &chain_ids);

	for (size_t i = 0; i < n; i++)
		if (wait_for_snapshot(unpacking->env, &chain_ids[i], err) < 0)
			return -1;
	if (snapshot_view_open(unpacking->env->snapshots, chain_ids, n, &view, err) < 0)
		return -1;
	/* a symlink there, say, is what a directory of this layer takes the place of */
	struct fs_entry entry;
	int found = snapshot_view_find(view, root_path, &entry, err);
	if (found <= 0 || (entry.type != FS_DIR && entry.type != FS_FILE))
		return found < 0 ? -1 : 0;
	return snapshot_view_open_file(view, root_path, ret_fd, err);
}

static int unpack_layer(struct unpacking *unpacking, const struct layer_ref *layer,
			const struct progress *progress, uint64_t *ret_skipped, struct error *err)
{
	const struct image_env *env = unpacking->env;
	cleanup(snapshot_draft_free) struct snapshot_draft *draft = NULL;
	autoclose int blob_fd = -1;
	struct unpack_options options = {
		.mode = UNPACK_OVERLAY_LOWER,
		.open_below = open_below,
		.open_below_context = unpacking,
	};
	struct unpack_result result;

	if (image_fetch_layer(env, layer, progress, err) < 0)
		return -1;
	int found = blob_open(env->store, &layer->digest, &blob_fd, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "layer %s is gone from the store",
				 digest_format(&layer->digest).text);
	if (found < 0 || snapshot_draft_new(env->snapshots, &draft, err) < 0)
		return error_wrap(err, "layer %s", digest_format(&layer->digest).text);
	rootfs_format_options(env, &options);
	if (layer_unpack(blob_fd, snapshot_draft_fd(draft), &options, progress, &result, err) < 0)
		return error_wrap(err, "layer %s", digest_format(&layer->digest).text);
	if (!digest_equal(&result.diff_id, &layer->diff_id))
		return error_set(
			err, ERROR_CORRUPT, "layer %s unpacks to diff id %s, its config says %s",
			digest_format(&layer->digest).text, digest_format(&result.diff_id).text,
			digest_format(&layer->diff_id).text);
	*ret_skipped = result.n_skipped_devices;
	return snapshot_commit(take_ptr(&draft), &layer->chain_id, err);
}

static int ensure_one(void *context, size_t i, struct job_channel *channel, struct error *err)
{
	struct unpacking unpacking = *(const struct unpacking *)context;
	cleanup(buf_release) struct buf note = BUF_INIT;
	autoclose int lock = -1;
	struct progress progress = job_progress(channel);
	uint64_t skipped = 0;

	unpacking.index = unpacking.missing[i];
	const struct layer_ref *layer = &unpacking.layers[unpacking.index];
	struct digest name = lock_name(layer);
	if (cache_lock(unpacking.env->cache, &name, &lock, err) < 0)
		return -1;
	int found = snapshot_find(unpacking.env->snapshots, &layer->chain_id, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (unpack_layer(&unpacking, layer, &progress, &skipped, err) < 0)
		return -1;
	if (skipped)
		job_warn(channel,
			 "%llu devices of %s are not there for RUN and COPY --from: a user "
			 "namespace cannot have any",
			 (unsigned long long)skipped, digest_format(&layer->digest).text);
	buf_printf(&note, "unpacked %s ", digest_format(&layer->digest).text);
	text_add_size(&note, layer->size);
	job_note(channel, "%s", note.data);
	return 0;
}

/* --- verifying -------------------------------------------------------------------------------- */

/* A file in this build's tmp/ says that a snapshot was looked at: 1 it was, 0 not. */
static int was_verified(const struct image_env *env, const struct digest *chain_id,
			struct error *err)
{
	autofree char *name = xasprintf("verified.%s", digest_hex(chain_id).text);
	int tmp_fd = store_tmp_fd(env->store);

	if (tmp_fd < 0)
		return error_sys(err, "no folder in 'tmp' of the store");
	if (faccessat(tmp_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_sys(err, "look for '%s'", name);
}

static int set_verified(const struct image_env *env, const struct digest *chain_id,
			struct error *err)
{
	autofree char *name = xasprintf("verified.%s", digest_hex(chain_id).text);
	autoclose int fd = openat(store_tmp_fd(env->store), name,
				  O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? error_sys(err, "make '%s'", name) : 0;
}

/* As open_below, but nobody is making what is not there. */
static int open_there(void *context, const char *root_path, int *ret_fd, struct error *err)
{
	const struct unpacking *unpacking = context;

	for (size_t i = 0; i < unpacking->index; i++) {
		const struct layer_ref *layer = &unpacking->layers[i];
		if (layer_is_empty(&layer->diff_id))
			continue;
		int found = snapshot_find(unpacking->env->snapshots, &layer->chain_id, err);
		if (found <= 0)
			return found < 0 ? -1
					 : error_set(err, ERROR_NOT_FOUND,
						     "a layer below has no snapshot");
	}
	return open_below(context, root_path, ret_fd, err);
}

static int verify_one(struct unpacking *unpacking, struct job_channel *channel, struct error *err)
{
	const struct image_env *env = unpacking->env;
	const struct layer_ref *layer = &unpacking->layers[unpacking->index];
	autofree char *difference = NULL;
	autoclose int lock = -1;

	struct digest name = lock_name(layer);
	if (cache_lock(env->cache, &name, &lock, err) < 0)
		return -1;
	int done = was_verified(env, &layer->chain_id, err);
	if (done)
		return done < 0 ? -1 : 0;
	if (image_fetch_layer(env, layer, NULL, err) < 0)
		return -1;
	int same = snapshot_check(env, &layer->chain_id, &layer->digest, open_there, unpacking,
				  false, &difference, err);
	/* a full disk says nothing about the snapshot */
	if (same < 0 && err->code != ERROR_CORRUPT && err->code != ERROR_NOT_FOUND)
		return -1;
	if (same == 0)
		job_warn(channel,
			 "the snapshot of layer %s differs from it at '/%s' and is removed",
			 digest_format(&layer->digest).text, difference);
	/* the layer says what is wrong with it when somebody wants it unpacked */
	if (same < 0)
		job_note(channel, "the snapshot of layer %s cannot be compared and is removed: %s",
			 digest_format(&layer->digest).text, err->text);
	if (same <= 0 && snapshot_remove(env->snapshots, &layer->chain_id, err) < 0)
		return -1;
	return set_verified(env, &layer->chain_id, err);
}

int rootfs_verify(const struct image_env *env, const struct layer_ref *layers, size_t n,
		  struct job_channel *channel, struct error *err)
{
	struct unpacking unpacking = { .env = env, .layers = layers };

	for (size_t i = 0; env->verifies_snapshots && i < n; i++) {
		if (layer_is_empty(&layers[i].diff_id))
			continue;
		int found = snapshot_find(env->snapshots, &layers[i].chain_id, err);
		unpacking.index = i;
		if (found < 0 || (found && verify_one(&unpacking, channel, err) < 0))
			return -1;
	}
	return 0;
}

/* --- all of a tree ---------------------------------------------------------------------------- */

int rootfs_ensure(const struct image_env *env, const struct layer_ref *layers, size_t n,
		  struct job_channel *channel, struct error *err)
{
	autofree size_t *missing = xcalloc(n, sizeof(*missing));
	size_t n_missing = 0;

	if (rootfs_verify(env, layers, n, channel, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (layer_is_empty(&layers[i].diff_id))
			continue;
		int found = snapshot_find(env->snapshots, &layers[i].chain_id, err);
		if (found < 0)
			return -1;
		if (!found)
			missing[n_missing++] = i;
	}
	if (!n_missing)
		return 0;
	struct unpacking unpacking = { .env = env, .layers = layers, .missing = missing };
	return job_fan_out(channel, n_missing, FAN_OUT_DEFAULT, ensure_one, &unpacking, err);
}
