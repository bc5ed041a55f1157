/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_hash.h"
#include "listing_walk.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <string.h>
#include <unistd.h>

static int compare_linked(const void *a, const void *b)
{
	const struct linked_file *left = a, *right = b;

	if (left->dev != right->dev)
		return left->dev < right->dev ? -1 : 1;
	if (left->ino != right->ino)
		return left->ino < right->ino ? -1 : 1;
	return left->record < right->record ? -1 : left->record > right->record;
}

/* Every record of one file points to the first of them. */
static void join_links(struct walk_result *result)
{
	struct linked_file *linked = result->linked.items;

	if (result->linked.len)
		qsort(linked, result->linked.len, sizeof(*linked), compare_linked);
	for (size_t i = 1, first = 0; i < result->linked.len; i++) {
		if (linked[i].dev != linked[first].dev || linked[i].ino != linked[first].ino)
			first = i;
		result->draft.records.items[linked[i].record].first_link = linked[first].record;
	}
}

/* A file with several names is read once. */
static void drop_later_links(struct walk_result *result)
{
	size_t n = 0;

	for (size_t i = 0; i < result->unread.len; i++) {
		struct unread_file *file = &result->unread.items[i];
		if (result->draft.records.items[file->record].first_link == file->record)
			result->unread.items[n++] = *file;
	}
	result->unread.len = n;
}

static void set_content(struct listing_draft *draft, const struct unread_file *file)
{
	struct listing_record *record = &draft->records.items[file->record];
	struct fs_entry entry;

	fs_entry_from_stat(&file->st, &entry);
	record->mode = entry.mode;
	record->size = entry.size;
	record->mtime = entry.mtime;
	record->mtime_nsec = entry.mtime_nsec;
	record->has_digest = true;
	memcpy(record->digest, file->digest.bytes, DIGEST_SIZE);
}

/* The other names of a file have what its first one has. */
static void copy_to_links(struct walk_result *result)
{
	struct listing_record *records = result->draft.records.items;

	for (size_t i = 0; i < result->linked.len; i++) {
		struct listing_record *record = &records[result->linked.items[i].record];
		const struct listing_record *first = &records[record->first_link];
		record->mode = first->mode;
		record->size = first->size;
		record->mtime = first->mtime;
		record->mtime_nsec = first->mtime_nsec;
		record->has_digest = first->has_digest;
		memcpy(record->digest, first->digest, DIGEST_SIZE);
	}
}

static int read_files(int context_fd, struct walk_result *result, struct content_memo *memo,
		      unsigned threads, struct error *err)
{
	join_links(result);
	drop_later_links(result);
	if (listing_hash(context_fd, &result->draft, result->unread.items, result->unread.len,
			 threads, err) < 0)
		return -1;
	for (size_t i = 0; i < result->unread.len; i++) {
		const struct unread_file *file = &result->unread.items[i];
		set_content(&result->draft, file);
		if (memo)
			content_memo_add(memo, &file->st, &file->digest);
	}
	copy_to_links(result);
	return 0;
}

static int write_draft(const struct listing_draft *draft, int out_fd, struct error *err)
{
	struct listing_header header = {
		.magic = LISTING_MAGIC,
		.n_records = draft->records.len,
		.texts_len = draft->texts.len,
	};

	if (lseek(out_fd, 0, SEEK_SET) < 0 || ftruncate(out_fd, 0) < 0)
		return error_sys(err, "listing of the build context");
	if (fs_write_all(out_fd, &header, sizeof(header), err) < 0 ||
	    fs_write_all(out_fd, draft->records.items,
			 draft->records.len * sizeof(*draft->records.items), err) < 0 ||
	    fs_write_all(out_fd, draft->texts.data, draft->texts.len, err) < 0)
		return error_wrap(err, "listing of the build context");
	return 0;
}

/* Wants what the symlinks that patterns name lead to: 1 if that is more than was walked. */
static int follow_matched(struct wanted *wanted, int context_fd, const struct walk_result *result,
			  struct error *err)
{
	int n_new = 0;

	for (size_t i = 0; i < result->matched_links.len; i++) {
		const char *path = result->matched_links.items[i];
		/* The link itself has been walked. */
		(void)wanted_add(wanted, path);
		int is_new = wanted_follow(wanted, context_fd, path, err);
		if (is_new < 0)
			return -1;
		n_new += is_new;
	}
	return n_new > 0;
}

int listing_make(int context_fd, const struct ignore *ignore, const struct listing_source *sources,
		 size_t n_sources, struct content_memo *memo, unsigned threads, int out_fd,
		 struct error *err)
{
	cleanup(wanted_release) struct wanted wanted = WANTED_INIT;
	cleanup(walk_result_release) struct walk_result result = WALK_RESULT_INIT;
	cleanup(walk_result_release) struct walk_result second = WALK_RESULT_INIT;

	for (size_t i = 0; i < n_sources; i++)
		if (wanted_add_source(&wanted, context_fd, &sources[i], err) < 0)
			return -1;
	if (listing_walk(context_fd, ignore, &wanted, memo, &result, err) < 0)
		return -1;
	int more = follow_matched(&wanted, context_fd, &result, err);
	if (more < 0)
		return -1;
	struct walk_result *last = more ? &second : &result;
	if (more && listing_walk(context_fd, ignore, &wanted, memo, last, err) < 0)
		return -1;
	if (read_files(context_fd, last, memo, threads, err) < 0)
		return -1;
	return write_draft(&last->draft, out_fd, err);
}
