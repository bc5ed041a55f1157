/* SPDX-License-Identifier: Apache-2.0 */
#include "context/listing.h"

#include "follow.h"
#include "listing_format.h"

#include "base/alloc.h"
#include "base/path.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct listing {
	void *map;
	size_t map_len;
	const struct listing_record *records;
	size_t n_records;
	const char *texts;
	uint64_t texts_len;
};

void listing_close(struct listing *listing)
{
	if (!listing)
		return;
	if (listing->map)
		(void)munmap(listing->map, listing->map_len);
	free(listing);
}

static bool is_text(const struct listing *listing, uint64_t at, uint32_t len)
{
	return at < listing->texts_len && len < listing->texts_len - at &&
	       listing->texts[at + len] == '\0';
}

static bool is_record(const struct listing *listing, size_t i)
{
	const struct listing_record *record = &listing->records[i];

	return is_text(listing, record->path_at, record->path_len) &&
	       is_text(listing, record->target_at, record->target_len) && record->first_link <= i &&
	       record->type >= FS_FILE && record->type <= FS_SOCKET;
}

static int check(struct listing *listing, struct error *err)
{
	const struct listing_header *header = listing->map;
	size_t room = listing->map_len;

	bool ok = room >= sizeof(*header) && memcmp(header->magic, LISTING_MAGIC, 8) == 0;
	room -= ok ? sizeof(*header) : 0;
	ok = ok && header->n_records <= room / sizeof(*listing->records);
	if (ok) {
		listing->n_records = (size_t)header->n_records;
		room -= listing->n_records * sizeof(*listing->records);
		listing->records = (const void *)(header + 1);
		listing->texts = (const char *)(listing->records + listing->n_records);
		listing->texts_len = header->texts_len;
		ok = header->texts_len == room;
	}
	for (size_t i = 0; ok && i < listing->n_records; i++)
		ok = is_record(listing, i);
	return ok ? 0 : error_set(err, ERROR_CORRUPT, "listing of the build context is damaged");
}

int listing_open(int fd, struct listing **ret_listing, struct error *err)
{
	cleanup(listing_close) struct listing *listing = xcalloc(1, sizeof(*listing));
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "listing of the build context");
	listing->map_len = (size_t)st.st_size;
	if (listing->map_len) {
		void *map = mmap(NULL, listing->map_len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			return error_sys(err, "map the listing of the build context");
		listing->map = map;
	}
	if (check(listing, err) < 0)
		return -1;
	*ret_listing = take_ptr(&listing);
	return 0;
}

size_t listing_count(const struct listing *listing)
{
	return listing->n_records;
}

static const char *path_of(const struct listing *listing, size_t i)
{
	return listing->texts + listing->records[i].path_at;
}

struct fs_entry listing_entry(const struct listing *listing, size_t i)
{
	const struct listing_record *record = &listing->records[i];
	struct fs_entry entry = {
		.path = path_of(listing, i),
		.type = (enum fs_type)record->type,
		.mode = record->mode,
		.size = record->size,
		.mtime = record->mtime,
		.mtime_nsec = record->mtime_nsec,
		.dev_major = record->dev_major,
		.dev_minor = record->dev_minor,
		.has_digest = record->has_digest,
	};

	if (entry.type == FS_SYMLINK)
		entry.target = listing->texts + record->target_at;
	memcpy(entry.digest.bytes, record->digest, DIGEST_SIZE);
	return entry;
}

size_t listing_first_link(const struct listing *listing, size_t i)
{
	return (size_t)listing->records[i].first_link;
}

/* The first entry from `first` on that is not before path, or with `beyond` not within it. */
static size_t lower_bound(const struct listing *listing, size_t first, const char *path,
			  bool beyond)
{
	size_t last = listing->n_records;

	while (first < last) {
		size_t middle = first + (last - first) / 2;
		const char *at = path_of(listing, middle);
		bool is_before = path_compare(at, path) < 0 || (beyond && path_is_within(at, path));
		if (is_before)
			first = middle + 1;
		else
			last = middle;
	}
	return first;
}

bool listing_find(const struct listing *listing, const char *path, size_t *ret_i)
{
	size_t i = lower_bound(listing, 0, path, false);

	if (i == listing->n_records || strcmp(path_of(listing, i), path) != 0)
		return false;
	*ret_i = i;
	return true;
}

static int read_listed_link(void *context, const char *dir, const char *name, const char *path,
			    char **ret_target, struct error *err)
{
	const struct listing *listing = context;
	size_t i = 0;

	(void)dir;
	(void)name;
	(void)err;
	if (!listing_find(listing, path, &i) || listing->records[i].type != FS_SYMLINK)
		return 0;
	*ret_target = xstrdup(listing->texts + listing->records[i].target_at);
	return 1;
}

int listing_resolve(const struct listing *listing, const char *path, char **ret_path,
		    struct error *err)
{
	/* It is only read: the reader of links takes any context. */
	void *context = (void *)(uintptr_t)listing;

	int found = follow_links(path, LISTING_LINKS_MAX, read_listed_link, context, ret_path, err);
	if (!found)
		return error_set(err, ERROR_NOT_FOUND,
				 "'%s' in the build context: more than %d symbolic links", path,
				 LISTING_LINKS_MAX);
	return found < 0 ? -1 : 0;
}

void listing_range(const struct listing *listing, const char *path, size_t *ret_first,
		   size_t *ret_last)
{
	*ret_first = lower_bound(listing, 0, path, false);
	*ret_last = lower_bound(listing, *ret_first, path, true);
}
