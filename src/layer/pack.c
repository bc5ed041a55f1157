/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/pack.h"

#include "compress.h"
#include "members.h"
#include "packing.h"
#include "tar_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int pack_options_resolve(const struct pack_options *options, struct pack_options *ret_options,
			 struct error *err)
{
	struct pack_options resolved = *options;

	if (compress_level(options->compression, options->level, &resolved.level, err) < 0)
		return -1;
	if (!resolved.n_threads) {
		long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
		resolved.n_threads = n_cores > 0 ? (unsigned)n_cores : 1;
	}
	if (resolved.n_threads > PACK_THREADS_MAX)
		resolved.n_threads = PACK_THREADS_MAX;
	*ret_options = resolved;
	return 0;
}

static int changed(const struct fs_entry *entry, const char *how, struct error *err)
{
	return error_set(err, ERROR_CHANGED, "'%s' %s while it was packed", entry->path, how);
}

/* One byte more than there should be is asked for: a file that grew shows without another call. */
static int add_content(struct members *members, const struct pack_source *source,
		       const struct fs_entry *entry, int fd, struct error *err)
{
	uint64_t left = entry->size;

	while (left) {
		size_t room = 0;
		unsigned char *to = members_room(members, &room);
		ssize_t n = read(fd, to, room == left ? room + 1 : room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read '%s'", entry->path);
		if (!n)
			return changed(entry, "shrank", err);
		if ((size_t)n > room)
			return changed(entry, "grew", err);
		left -= (size_t)n;
		if (source->inspect && source->inspect(source->context, to, (size_t)n, err) < 0)
			return -1;
		if (members_added(members, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static int add_file_content(struct members *members, const struct pack_source *source,
			    const struct fs_entry *entry, struct error *err)
{
	autoclose int fd = -1;

	if (source->open(source->context, entry, &fd, err) < 0)
		return -1;
	return add_content(members, source, entry, fd, err);
}

struct header {
	struct buf path, blocks; /* kept from entry to entry for their memory */
};

static void header_release(struct header *header)
{
	buf_release(&header->path);
	buf_release(&header->blocks);
}
DEFINE_RELEASE(struct header, header_release);

static int add_entry(struct members *members, const struct pack_source *source,
		     const struct fs_entry *entry, struct header *header, struct error *err)
{
	bool is_file = entry->type == FS_FILE;

	if (tar_write_header(entry, &header->path, &header->blocks, err) < 0)
		return -1;
	if (header->blocks.len > MEMBER_HEADER_MAX)
		return error_set(err, ERROR_UNSUPPORTED, "'%.200s...': the name is too long",
				 entry->path);
	if (members_begin(members, &header->path, &header->blocks, is_file ? entry->size : 0,
			  entry->has_digest, err) < 0)
		return -1;
	if (is_file && entry->size && add_file_content(members, source, entry, err) < 0)
		return -1;
	struct digest digest = members_end(members, tar_zeros);
	if (is_file && entry->has_digest && !digest_equal(&digest, &entry->digest))
		return changed(entry, "changed", err);
	return 0;
}

static int add_entries(struct members *members, const struct pack_source *source,
		       const struct pack_options *options, uint64_t *n_entries, struct error *err)
{
	cleanup(header_release) struct header header = { BUF_INIT, BUF_INIT };
	const struct fs_entry *given = NULL;

	for (;;) {
		int found = source->next(source->context, &given, err);
		if (found <= 0)
			return found;
		/* a socket is nothing without the process behind it; no layer has one */
		if (given->type == FS_SOCKET)
			continue;
		struct fs_entry entry = *given;
		if (options->has_epoch && entry.mtime > options->epoch)
			entry.mtime = options->epoch;
		if (add_entry(members, source, &entry, &header, err) < 0)
			return -1;
		++*n_entries;
	}
}

int layer_pack(const struct pack_source *source, const struct pack_sink *sink,
	       const struct pack_options *options, const struct progress *progress,
	       struct pack_result *ret_result, struct error *err)
{
	struct pack_options resolved;
	struct pack_result result = { 0 };

	if (pack_options_resolve(options, &resolved, err) < 0)
		return -1;
	cleanup(member_pool_free) struct member_pool *pool = member_pool_new(&resolved, sink);
	cleanup(members_release) struct members members;
	members_init(&members, pool, progress);
	if (add_entries(&members, source, &resolved, &result.n_entries, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (members_add_block(&members, tar_zeros, sizeof(tar_zeros), err) < 0)
			return -1;
	if (members_finish(&members, &result, err) < 0)
		return -1;
	*ret_result = result;
	return 0;
}
