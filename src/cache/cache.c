/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/cache.h"

#include "record.h"
#include "state.h"

#include "base/alloc.h"
#include "base/aside.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/text.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* When a record was used matters by the day; writing it down each time would cost an inode. */
enum { USED_SECONDS = 3600, ASIDE_SECONDS_MAX = 86400 };

void cache_record_release(struct cache_record *record)
{
	free(record->payload);
	free(record->inputs);
	*record = (struct cache_record){ 0 };
}

int cache_open(int root_fd, struct cache **ret_cache, struct error *err)
{
	int fd = openat(root_fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (fs_make_dirs(root_fd, "cache", 0700, err) < 0)
			return -1;
		fd = openat(root_fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_sys(err, "open 'cache' of the store");
	struct cache *cache = xcalloc(1, sizeof(*cache));
	cache->fd = fd;
	*ret_cache = cache;
	return 0;
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	(void)close(cache->fd);
	free(cache);
}

/* Where the kernel does not say, no boot is the same as another. */
static const struct boot_id *this_boot(struct cache *cache)
{
	if (!cache->knows_boot) {
		autoclose int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, cache->boot.text, RECORD_BOOT_SIZE - 1);
		if (n < 0)
			n = 0;
		memset(cache->boot.text + n, 0, RECORD_BOOT_SIZE - (size_t)n);
		cache->knows_boot = true;
	}
	return &cache->boot;
}

struct record_name {
	char text[sizeof("records/") + DIGEST_TEXT_SIZE];
};

static struct record_name name_of(const struct digest *key)
{
	struct record_name name;

	(void)snprintf(name.text, sizeof(name.text), "records/%s", digest_hex(key).text);
	return name;
}

static int64_t note_use(int fd, const struct stat *st)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	int64_t now = time(NULL), used = st->st_mtim.tv_sec;

	/* a time in the future comes from a clock that was wrong */
	if (used > now || now - used > USED_SECONDS) {
		(void)futimens(fd, times);
		used = now;
	}
	return used;
}

/* 1 good, 0 not there or of a newer cbuild or (removed) damaged. */
static int read_record(struct cache *cache, const char *name, const struct digest *key, bool is_use,
		       bool *ret_damaged, struct cache_record *ret_record, struct error *err)
{
	cleanup(buf_release) struct buf bytes = BUF_INIT;
	autoclose int fd = openat(cache->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	size_t len = 0;

	*ret_damaged = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open cache record '%s'", name);
	if (fstat(fd, &st) < 0)
		return error_sys(err, "cache record '%s'", name);
	enum record_state state = RECORD_DAMAGED;
	if (st.st_size <= CACHE_RECORD_SIZE_MAX) {
		buf_reserve(&bytes, (size_t)st.st_size);
		if (fs_read_full(fd, bytes.data, (size_t)st.st_size, &len, err) < 0)
			return error_wrap(err, "cache record '%s'", name);
		state = record_decode(bytes.data, len, key, this_boot(cache), ret_record);
	}
	*ret_damaged = state == RECORD_DAMAGED;
	if (state != RECORD_GOOD)
		return 0;
	ret_record->used = is_use ? note_use(fd, &st) : st.st_mtim.tv_sec;
	return 1;
}

int cache_find(struct cache *cache, const struct digest *key, struct cache_record *ret_record,
	       struct error *err)
{
	struct record_name name = name_of(key);
	bool is_damaged = false;

	int found = read_record(cache, name.text, key, true, &is_damaged, ret_record, err);
	if (is_damaged) {
		trace("cache", "damaged record %s is removed", name.text);
		(void)unlinkat(cache->fd, name.text, 0);
	}
	return found;
}

static int write_file(struct cache *cache, const char *name, const struct buf *bytes,
		      struct error *err)
{
	cleanup(aside_release) struct aside aside = ASIDE_INIT;

	if (aside_open(cache->fd, 0600, &aside, err) < 0 ||
	    fs_write_all(aside.fd, bytes->data, bytes->len, err) < 0)
		return -1;
	return aside_replace(&aside, cache->fd, name, err);
}

int cache_write_file(struct cache *cache, const char *dir, const char *name,
		     const struct buf *bytes, struct error *err)
{
	int result = write_file(cache, name, bytes, err);

	if (result < 0 && err->sys == ENOENT) {
		if (fs_make_dirs(cache->fd, dir, 0700, err) < 0)
			return -1;
		result = write_file(cache, name, bytes, err);
	}
	return result < 0 ? error_wrap(err, "cache '%s'", name) : 0;
}

int cache_put(struct cache *cache, const struct cache_key *key, const char *payload,
	      struct error *err)
{
	cleanup(buf_release) struct buf inputs = BUF_INIT, bytes = BUF_INIT;
	struct record_name name = name_of(&key->digest);

	value_write(key->inputs, 0, &inputs);
	if (strlen(payload) + inputs.len > CACHE_RECORD_SIZE_MAX - 1024)
		return error_set(err, ERROR_USAGE, "a cache record would be larger than %d bytes",
				 CACHE_RECORD_SIZE_MAX);
	record_encode(&key->digest, this_boot(cache), time(NULL), payload, inputs.data, &bytes);
	return cache_write_file(cache, "records", name.text, &bytes, err);
}

int cache_mark_synced(struct cache *cache, const struct digest *keys, size_t n, struct error *err)
{
	const char mark = RECORD_SYNCED_MARK;

	for (size_t i = 0; i < n; i++) {
		struct record_name name = name_of(&keys[i]);
		autoclose int fd = openat(cache->fd, name.text, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return error_sys(err, "open cache record '%s'", name.text);
		if (pwrite(fd, &mark, 1, (off_t)record_synced_offset()) != 1)
			return error_sys(err, "mark cache record '%s'", name.text);
	}
	return 0;
}

int cache_remove(struct cache *cache, const struct digest *key, struct error *err)
{
	struct record_name name = name_of(key);

	if (unlinkat(cache->fd, name.text, 0) < 0 && errno != ENOENT)
		return error_sys(err, "remove cache record '%s'", name.text);
	return 0;
}

/*
 * All locks are bytes of one file that nobody ever removes. Two keys whose first 62 bits are the
 * same would wait for each other, and no more.
 */
static int lock_key(struct cache *cache, const struct digest *key, bool waits, int *ret_fd,
		    struct error *err)
{
	autoclose int fd =
		openat(cache->fd, "locks", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	uint64_t byte;

	if (fd < 0)
		return error_sys(err, "open 'cache/locks'");
	memcpy(&byte, key->bytes, sizeof(byte));
	int taken = lock_byte(fd, byte, LOCK_EXCLUSIVE, waits, err);
	if (taken > 0)
		*ret_fd = take_fd(&fd);
	return taken;
}

int cache_try_lock(struct cache *cache, const struct digest *key, int *ret_fd, struct error *err)
{
	return lock_key(cache, key, false, ret_fd, err);
}

int cache_lock(struct cache *cache, const struct digest *key, int *ret_fd, struct error *err)
{
	return lock_key(cache, key, true, ret_fd, err) < 0 ? -1 : 0;
}

struct walk {
	cache_visitor *visit; /* good records */
	cache_damaged *damaged;
	void *context;
};

static int look_at(struct cache *cache, const char *name, const struct walk *walk,
		   struct error *err)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };
	autofree char *path = xasprintf("records/%s", name);
	bool is_damaged = false;

	int found = read_record(cache, path, NULL, false, &is_damaged, &record, err);
	if (found < 0)
		return -1;
	if (found && strcmp(digest_hex(&record.key).text, name) != 0)
		is_damaged = true;
	if (is_damaged && walk->damaged)
		walk->damaged(walk->context, name);
	if (found && !is_damaged && walk->visit)
		return walk->visit(walk->context, &record, err);
	return 0;
}

static int walk_records(struct cache *cache, const struct walk *walk, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;

	int more = dir_reader_open_at(cache->fd, "records", &reader, err);
	if (more <= 0)
		return more;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (look_at(cache, name, walk, err) < 0)
			return -1;
	return more;
}

/* Only where files cannot be written without a name does anything of this kind stay behind. */
static int sweep_asides(struct cache *cache, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	int64_t now = time(NULL);
	const char *name = NULL;
	unsigned char type = 0;
	struct stat st;
	int more;

	if (dir_reader_open(cache->fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (text_has_prefix(name, "aside.") &&
		    fstatat(cache->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now - st.st_mtim.tv_sec > ASIDE_SECONDS_MAX)
			(void)unlinkat(cache->fd, name, 0);
	return more;
}

int cache_list(struct cache *cache, cache_visitor *visit, void *context, struct error *err)
{
	const struct walk walk = { .visit = visit, .context = context };

	return sweep_asides(cache, err) < 0 ? -1 : walk_records(cache, &walk, err);
}

int cache_check(struct cache *cache, cache_damaged *damaged, void *context, struct error *err)
{
	const struct walk walk = { .damaged = damaged, .context = context };

	return walk_records(cache, &walk, err);
}
