/* SPDX-License-Identifier: Apache-2.0 */
#include "image/snapshot_check.h"

#include "base/alloc.h"
#include "cache/content.h"
#include "image/rootfs.h"
#include "snapshot/view.h"
#include "store/blob.h"

#include <string.h>

struct comparing {
	struct snapshot_view *expected, *actual;
	char *difference; /* the first one, or NULL */
};

static int same_content(struct comparing *comparing, const char *path, struct error *err)
{
	autoclose int expected_fd = -1, actual_fd = -1;
	struct digest expected, actual;

	int found = snapshot_view_open_file(comparing->expected, path, &expected_fd, err);
	if (found > 0)
		found = snapshot_view_open_file(comparing->actual, path, &actual_fd, err);
	if (found <= 0)
		return found;
	if (content_hash_fd(expected_fd, &expected, NULL, err) < 0 ||
	    content_hash_fd(actual_fd, &actual, NULL, err) < 0)
		return -1;
	return digest_equal(&expected, &actual);
}

static int compare_entry(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
			 struct error *err)
{
	struct comparing *comparing = context;
	struct fs_entry actual = { 0 };

	(void)dev;
	(void)inode;
	if (comparing->difference || !*entry->path)
		return 0;
	int found = snapshot_view_find(comparing->actual, entry->path, &actual, err);
	if (found < 0)
		return -1;
	bool is_same =
		found && actual.type == entry->type && actual.mode == entry->mode &&
		actual.uid == entry->uid && actual.gid == entry->gid &&
		actual.size == entry->size && actual.dev_major == entry->dev_major &&
		actual.dev_minor == entry->dev_minor &&
		actual.capability_len == entry->capability_len &&
		(!entry->capability_len ||
		 memcmp(actual.capability, entry->capability, entry->capability_len) == 0) &&
		strcmp(actual.target ? actual.target : "", entry->target ? entry->target : "") == 0;
	if (is_same && entry->type == FS_FILE) {
		int same = same_content(comparing, entry->path, err);
		if (same < 0)
			return -1;
		is_same = same > 0;
	}
	if (!is_same)
		comparing->difference = xstrdup(entry->path);
	return 0;
}

/* 1 as expected, 0 not. */
static int compare(const struct snapshots *snapshots, int expected_fd, int actual_fd,
		   char **ret_difference, struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *expected = NULL, *actual = NULL;

	if (snapshot_view_of_dirs(snapshots, &expected_fd, 1, &expected, err) < 0 ||
	    snapshot_view_of_dirs(snapshots, &actual_fd, 1, &actual, err) < 0)
		return -1;
	struct comparing comparing = { .expected = expected, .actual = actual };
	int walked = snapshot_view_walk(expected, "", compare_entry, &comparing, err);
	if (walked < 0) {
		free(comparing.difference);
		return -1;
	}
	*ret_difference = comparing.difference;
	return !comparing.difference;
}

int snapshot_check(const struct image_env *env, const struct digest *chain_id,
		   const struct digest *blob, unpack_open_below *open_below, void *context,
		   bool skips_devices, char **ret_difference, struct error *err)
{
	cleanup(snapshot_draft_free) struct snapshot_draft *draft = NULL;
	struct unpack_options options = { .mode = UNPACK_OVERLAY_LOWER,
					  .open_below = open_below,
					  .open_below_context = context };
	struct unpack_result result;
	autoclose int blob_fd = -1, snapshot_fd = -1;

	int found = snapshot_open(env->snapshots, chain_id, &snapshot_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : 1;
	found = blob_open(env->store, blob, &blob_fd, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "blob %s is not in the store",
				 digest_format(blob).text);
	if (found < 0 || snapshot_draft_new(env->snapshots, &draft, err) < 0)
		return -1;
	rootfs_format_options(env, &options);
	options.skips_devices = options.skips_devices || skips_devices;
	if (layer_unpack(blob_fd, snapshot_draft_fd(draft), &options, NULL, &result, err) < 0)
		return error_wrap(err, "layer %s", digest_format(blob).text);
	return compare(env->snapshots, snapshot_draft_fd(draft), snapshot_fd, ret_difference, err);
}
