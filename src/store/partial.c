/* SPDX-License-Identifier: Apache-2.0 */
#include "partial.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/lock.h"
#include "base/trace.h"
#include "base/vec.h"
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char FOLDER[] = "partial";

/* Removed by a sweep between its making and our lock: once more. */
enum { OPEN_TRIES_MAX = 100 };

/* 1/0/-1 */
static int open_folder(int root_fd, int *ret_fd, struct error *err)
{
	int fd = openat(root_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open '%s'", FOLDER);
	*ret_fd = fd;
	return 1;
}

static int make_folder(int root_fd, int *ret_fd, struct error *err)
{
	if (mkdirat(root_fd, FOLDER, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "make '%s'", FOLDER);
	int found = open_folder(root_fd, ret_fd, err);
	if (found == 0)
		return error_set(err, ERROR_SYSTEM, "'%s' went away", FOLDER);
	return found < 0 ? -1 : 0;
}

/* 1 locked, 0 somebody has it, -1. */
static int open_locked(int folder_fd, const char *name, int *ret_fd, struct stat *ret_st,
		       struct error *err)
{
	for (int i = 0; i < OPEN_TRIES_MAX; i++) {
		autoclose int fd =
			openat(folder_fd, name,
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (fd < 0)
			return error_sys(err, "open '%s/%s'", FOLDER, name);
		int taken = lock_fd(fd, LOCK_EXCLUSIVE, false, err);
		if (taken <= 0)
			return taken;
		if (fstat(fd, ret_st) < 0)
			return error_sys(err, "look at '%s/%s'", FOLDER, name);
		if (!S_ISREG(ret_st->st_mode))
			return error_set(err, ERROR_CORRUPT, "'%s/%s' is no regular file", FOLDER,
					 name);
		if (!ret_st->st_nlink)
			continue;
		*ret_fd = take_fd(&fd);
		return 1;
	}
	return 0;
}

/* What is there can be gone on with: not older than that, and not the whole, which none is. */
static uint64_t usable(const struct stat *st, uint64_t size)
{
	if (time(NULL) - st->st_mtim.tv_sec > BLOB_PARTIAL_SECONDS_MAX || !size)
		return 0;
	return (uint64_t)st->st_size < size ? (uint64_t)st->st_size : size - 1;
}

int partial_open(int root_fd, const struct digest *digest, uint64_t size,
		 struct partial *ret_partial, struct error *err)
{
	autoclose int folder_fd = -1, fd = -1;
	struct stat st = { 0 };

	if (make_folder(root_fd, &folder_fd, err) < 0)
		return -1;
	int taken = open_locked(folder_fd, digest_hex(digest).text, &fd, &st, err);
	if (taken <= 0)
		return taken;
	uint64_t have = usable(&st, size);
	if (ftruncate(fd, (off_t)have) < 0 || lseek(fd, (off_t)have, SEEK_SET) < 0)
		return error_sys(err, "cut '%s/%s'", FOLDER, digest_hex(digest).text);
	trace("store", "%s: %llu bytes are there", digest_format(digest).text,
	      (unsigned long long)have);
	/* ours is locked, and so stays */
	if (!have && partial_sweep(root_fd, false, err) < 0)
		return -1;
	*ret_partial = (struct partial){ .folder_fd = take_fd(&folder_fd),
					 .fd = take_fd(&fd),
					 .have = have };
	return 1;
}

/* --- sweeping --------------------------------------------------------------------------------- */

struct leftover {
	char *name;
	int64_t written;
	uint64_t size;
};

struct leftovers {
	VEC(struct leftover) list;
};

static void leftovers_release(struct leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->list.len; i++)
		free(leftovers->list.items[i].name);
	vec_release(&leftovers->list);
}
DEFINE_RELEASE(struct leftovers, leftovers_release);

static int compare_age(const void *a, const void *b)
{
	const struct leftover *left = a, *right = b;

	return (left->written < right->written) - (left->written > right->written);
}

static int list(int folder_fd, struct leftovers *leftovers, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	struct stat st;
	int more;

	if (dir_reader_open(folder_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			vec_push(&leftovers->list,
				 (struct leftover){ xstrdup(name), st.st_mtim.tv_sec,
						    (uint64_t)st.st_size });
	return more;
}

static void remove_unused(int folder_fd, const char *name)
{
	autoclose int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct error ignored = ERROR_INIT;

	if (fd >= 0 && lock_fd(fd, LOCK_EXCLUSIVE, false, &ignored) > 0)
		(void)unlinkat(folder_fd, name, 0);
}

int partial_sweep(int root_fd, bool all, struct error *err)
{
	cleanup(leftovers_release) struct leftovers leftovers = { { 0 } };
	autoclose int folder_fd = -1;
	int64_t now = time(NULL);
	uint64_t bytes = 0;

	int found = open_folder(root_fd, &folder_fd, err);
	if (found <= 0)
		return found;
	if (list(folder_fd, &leftovers, err) < 0)
		return -1;
	if (leftovers.list.len)
		qsort(leftovers.list.items, leftovers.list.len, sizeof(struct leftover),
		      compare_age);
	for (size_t i = 0; i < leftovers.list.len; i++) {
		const struct leftover *leftover = &leftovers.list.items[i];
		bytes += leftover->size;
		if (all || now - leftover->written > BLOB_PARTIAL_SECONDS_MAX ||
		    bytes > BLOB_PARTIAL_BYTES_MAX)
			remove_unused(folder_fd, leftover->name);
	}
	return 0;
}
