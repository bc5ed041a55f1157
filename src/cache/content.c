/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/content.h"

#include "memo.h"
#include "state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xxhash.h>

enum { MEMO_NAME_MAX = 64 * 1024 };
enum { READ_SIZE = 64 * 1024 };

static struct identity identity_of(const struct stat *st)
{
	return (struct identity){
		.dev = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.ctime = st->st_ctim.tv_sec,
		.mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_nsec = (uint32_t)st->st_ctim.tv_nsec,
	};
}

static uint64_t hash_of(const struct identity *identity)
{
	return XXH3_64bits(identity, sizeof(*identity));
}

uint64_t memo_checksum(const void *file, size_t len)
{
	size_t start = offsetof(struct memo_head, version);

	return XXH3_64bits((const char *)file + start, len - start);
}

size_t memo_padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* Everything that is not exactly as it was written is an empty memo. */
static bool read_map(struct content_memo *memo)
{
	struct memo_head head;
	size_t name_len = strlen(memo->name);

	if (memo->map_len < sizeof(head))
		return false;
	memcpy(&head, memo->map, sizeof(head));
	if (memcmp(head.magic, MEMO_MAGIC, sizeof(head.magic)) != 0 ||
	    head.version != MEMO_VERSION || head.name_len != name_len ||
	    head.n_entries > MEMO_ENTRIES_MAX)
		return false;
	size_t start = sizeof(head) + memo_padded(name_len);
	size_t hashes_len = head.n_entries * sizeof(uint64_t);
	if (memo->map_len != start + hashes_len + head.n_entries * sizeof(struct memo_entry) ||
	    memcmp((const char *)memo->map + sizeof(head), memo->name, name_len) != 0 ||
	    head.checksum != memo_checksum(memo->map, memo->map_len))
		return false;
	memo->hashes = (const void *)((const char *)memo->map + start);
	memo->entries = (const void *)((const char *)memo->map + start + hashes_len);
	memo->n_entries = (size_t)head.n_entries;
	memo->used = xcalloc(memo->n_entries + 1, 1);
	return true;
}

static int map_file(struct content_memo *memo, struct error *err)
{
	autoclose int fd = openat(memo->cache->fd, memo->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open '%s'", memo->file);
	if (fstat(fd, &st) < 0)
		return error_sys(err, "'%s'", memo->file);
	if (st.st_size < (off_t)sizeof(struct memo_head))
		return 0;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return error_sys(err, "map '%s'", memo->file);
	memo->map = map;
	memo->map_len = (size_t)st.st_size;
	if (!read_map(memo))
		trace("cache", "memo of '%s' is damaged or another's: starting anew", memo->name);
	return 0;
}

int content_memo_open(struct cache *cache, const char *name, struct content_memo **ret_memo,
		      struct error *err)
{
	cleanup(content_memo_free) struct content_memo *memo = NULL;
	size_t len = strlen(name);

	if (len > MEMO_NAME_MAX)
		return error_set(err, ERROR_USAGE, "a name of more than %d bytes", MEMO_NAME_MAX);
	struct digest digest = digest_of(name, len);
	memo = xcalloc(1, sizeof(*memo));
	memo->cache = cache;
	memo->name = xstrdup(name);
	memo->file = xasprintf("files/%s", digest_hex(&digest).text);
	/* the clock that file times are taken from */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &memo->opened);
	if (map_file(memo, err) < 0)
		return -1;
	*ret_memo = take_ptr(&memo);
	return 0;
}

void content_memo_free(struct content_memo *memo)
{
	if (!memo)
		return;
	if (memo->map)
		(void)munmap(memo->map, memo->map_len);
	vec_release(&memo->added);
	free(memo->used);
	free(memo->name);
	free(memo->file);
	free(memo);
}

/*
 * Hashes are spread evenly, so the place of one can be guessed from its value; where they are not,
 * halving ends the search. The index of the hash, or n_entries.
 */
static size_t search(const struct content_memo *memo, uint64_t hash)
{
	const uint64_t *hashes = memo->hashes;
	size_t low = 0, high = memo->n_entries;

	for (int guesses = 8; low < high; guesses--) {
		uint64_t first = hashes[low], last = hashes[high - 1];
		if (hash < first || hash > last)
			break;
		size_t at = low + (high - low) / 2;
		if (guesses > 0 && last > first)
			at = low + (size_t)((double)(hash - first) / (double)(last - first) *
					    (double)(high - 1 - low));
		if (at >= high)
			at = high - 1;
		if (hashes[at] == hash)
			return at;
		if (hashes[at] < hash)
			low = at + 1;
		else
			high = at;
	}
	return memo->n_entries;
}

bool content_memo_find(const struct content_memo *memo, const struct stat *st,
		       struct digest *ret_digest)
{
	struct identity identity = identity_of(st);
	size_t at = search(memo, hash_of(&identity));

	/* the hash finds, the identity decides */
	if (at == memo->n_entries ||
	    memcmp(&memo->entries[at].identity, &identity, sizeof(identity)) != 0)
		return false;
	__atomic_store_n(&memo->used[at], 1, __ATOMIC_RELAXED);
	*ret_digest = memo->entries[at].digest;
	return true;
}

static bool is_before(const struct timespec *a, const struct timespec *b, int64_t margin_ns)
{
	int64_t seconds = b->tv_sec - a->tv_sec;

	if (seconds < 0 || seconds > 3)
		return seconds > 0;
	return seconds * 1000000000 + b->tv_nsec - a->tv_nsec > margin_ns;
}

/*
 * A file whose times are not before this memo was opened (and it was opened before st was taken)
 * may be written to again within the same tick of its clock, and look the same. A tick is at most
 * 10 ms; on file systems that count seconds, two of those.
 */
static bool is_racy(const struct content_memo *memo, const struct stat *st)
{
	int64_t margin = st->st_ctim.tv_nsec ? 20 * 1000 * 1000 : 2 * 1000000000LL;

	return !is_before(&st->st_ctim, &memo->opened, margin) ||
	       !is_before(&st->st_mtim, &memo->opened, margin);
}

void content_memo_add(struct content_memo *memo, const struct stat *st, const struct digest *digest)
{
	struct hashed_entry added = { .entry = { .identity = identity_of(st), .digest = *digest } };

	if (is_racy(memo, st) || memo->added.len >= MEMO_ENTRIES_MAX)
		return;
	added.hash = hash_of(&added.entry.identity);
	vec_push(&memo->added, added);
}

int content_hash_fd(int fd, struct digest *ret_digest, uint64_t *ret_size, struct error *err)
{
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;
	unsigned char bytes[READ_SIZE];
	off_t at = 0;

	hasher_start(&hasher);
	for (;;) {
		ssize_t n = pread(fd, bytes, sizeof(bytes), at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read");
		if (!n)
			break;
		hasher_add(&hasher, bytes, (size_t)n);
		at += n;
	}
	*ret_digest = hasher_finish(&hasher);
	if (ret_size)
		*ret_size = (uint64_t)at;
	return 0;
}
