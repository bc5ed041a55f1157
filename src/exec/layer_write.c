/* SPDX-License-Identifier: Apache-2.0 */
#include "layer_write.h"

#include "base/fs.h"
#include "image/layer_blob.h"

#include <sys/mman.h>
#include <time.h>

static int pack_into_store(const struct exec_env *env, const struct pack_source *source,
			   const struct progress *progress, struct step_result *result,
			   struct error *err)
{
	struct pack_options options = {
		.compression = env->compression,
		.level = env->level,
		.has_epoch = env->plan->has_epoch && env->rewrites_times,
		.epoch = env->plan->epoch,
	};
	struct pack_result packed;
	struct timespec now;

	if (layer_blob_pack(&env->image_env, source, &options, progress, &packed, err) < 0)
		return -1;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	result->has_layer = true;
	result->diff_id = packed.diff_id;
	result->digest = packed.digest;
	result->size = packed.size;
	result->n_members = packed.n_members;
	result->n_reused = packed.n_reused;
	result->compression = env->compression;
	result->made = now.tv_sec;
	result->made_nsec = (uint32_t)now.tv_nsec;
	return 0;
}

struct landed_cursor {
	const struct landed *entries;
	size_t next, n;
};

static int next_landed(void *context, const struct fs_entry **ret_entry, struct error *err)
{
	struct landed_cursor *cursor = context;

	(void)err;
	if (cursor->next == cursor->n)
		return 0;
	*ret_entry = &cursor->entries[cursor->next++].entry;
	return 1;
}

/* Text of the Dockerfile as a file that can be read. */
static int open_data(const void *data, size_t len, int *ret_fd, struct error *err)
{
	autoclose int fd = memfd_create("content", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "memfd");
	if (fs_write_all(fd, data, len, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_landed(void *context, const struct fs_entry *entry, int *ret_fd, struct error *err)
{
	const struct landed_cursor *cursor = context;
	const struct landed_content *content = &cursor->entries[cursor->next - 1].content;

	if (!content->open)
		return open_data(content->data, content->len, ret_fd, err);
	int found = content->open(content->context, content->path, ret_fd, err);
	if (found == 0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away while it was copied",
				 entry->path);
	return found < 0 ? -1 : 0;
}

int layer_write_landed(const struct exec_env *env, const struct landed *entries, size_t n,
		       const struct progress *progress, struct step_result *result,
		       struct error *err)
{
	struct landed_cursor cursor = { .entries = entries, .n = n };
	struct pack_source source = { .next = next_landed,
				      .open = open_landed,
				      .context = &cursor };

	return pack_into_store(env, &source, progress, result, err);
}

struct changes_cursor {
	const struct changes *changes;
	size_t next;
	struct leak_scan *scan; /* or NULL */
};

static int next_change(void *context, const struct fs_entry **ret_entry, struct error *err)
{
	struct changes_cursor *cursor = context;

	if (cursor->next == cursor->changes->len)
		return 0;
	*ret_entry = &cursor->changes->items[cursor->next++];
	if (cursor->scan && leak_scan_entry(cursor->scan, *ret_entry, err) < 0)
		return -1;
	return 1;
}

static int open_change(void *context, const struct fs_entry *entry, int *ret_fd, struct error *err)
{
	const struct changes_cursor *cursor = context;
	int found = fs_open_beneath(cursor->changes->upper_fd, entry->path,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, ret_fd, err);

	if (found == 0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away while it was packed",
				 entry->path);
	return found < 0 ? -1 : 0;
}

static int inspect_change(void *context, const void *data, size_t len, struct error *err)
{
	const struct changes_cursor *cursor = context;

	return leak_scan_content(cursor->scan, data, len, err);
}

int layer_write_changes(const struct exec_env *env, const struct changes *changes,
			struct leak_scan *scan, const struct progress *progress,
			struct step_result *result, struct error *err)
{
	struct changes_cursor cursor = { .changes = changes, .scan = scan };
	struct pack_source source = { .next = next_change,
				      .open = open_change,
				      .inspect = scan ? inspect_change : NULL,
				      .context = &cursor };

	return pack_into_store(env, &source, progress, result, err);
}
