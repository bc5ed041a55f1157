/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include "base/alloc.h"
#include "base/confined_open.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

/* openat2 answers EAGAIN while somebody renames in the tree; an attacker can do that for ever. */
enum { OPEN_RETRY_SECONDS = 2 };

static int open_resolved(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC), .resolve = resolve };
	struct timespec start = { 0 }, now = { 0 };

	if (flags & (O_CREAT | __O_TMPFILE))
		how.mode = mode;
	for (;;) {
		int fd = confined_open(dir_fd, path, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return fd;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (!start.tv_sec)
			start = now;
		if (now.tv_sec - start.tv_sec > OPEN_RETRY_SECONDS) {
			errno = EAGAIN;
			return -1;
		}
	}
}

static int answer_open(int fd, const char *path, int *ret_fd, struct error *err)
{
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	*ret_fd = fd;
	return 1;
}

int fs_open_in_root(int root_fd, const char *root_path, int flags, mode_t mode, int *ret_fd,
		    struct error *err)
{
	const char *path = *root_path ? root_path : ".";
	int fd = open_resolved(root_fd, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return answer_open(fd, path, ret_fd, err);
}

int fs_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, int *ret_fd,
		    struct error *err)
{
	const char *name = *path ? path : ".";
	int fd = open_resolved(dir_fd, name, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);

	return answer_open(fd, name, ret_fd, err);
}

int fs_make_dirs(int dir_fd, const char *path, mode_t mode, struct error *err)
{
	autofree char *copy = xstrdup(path);

	for (char *c = copy + 1; *copy; c++) {
		char was = *c;
		if (was && was != '/')
			continue;
		*c = '\0';
		if (mkdirat(dir_fd, copy, mode) < 0 && errno != EEXIST)
			return error_sys(err, "make directory '%s'", copy);
		*c = was;
		if (!was)
			break;
	}
	return 0;
}

int fs_open_dir(const char *host_path, bool create, int *ret_fd, struct error *err)
{
	if (create && fs_make_dirs(AT_FDCWD, host_path, 0700, err) < 0)
		return -1;
	int fd = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory '%s'", host_path);
	*ret_fd = fd;
	return 0;
}

int fs_read_fd(int fd, size_t max, const char *what, struct buf *buf, struct error *err)
{
	size_t start = buf->len;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size <= max)
		buf_reserve(buf, (size_t)st.st_size);
	for (;;) {
		buf_reserve(buf, 4096);
		ssize_t n = read(fd, buf->data + buf->len, buf->size - buf->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read %s", what);
		if (!n)
			return 0;
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		if (buf->len - start > max)
			return error_set(err, ERROR_CORRUPT, "%s is larger than %zu bytes", what,
					 max);
	}
}

int fs_read_whole(int dir_fd, const char *path, size_t max, const char *what, struct buf *buf,
		  struct error *err)
{
	autoclose int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_sys(err, "open %s '%s'", what, path);
	return fs_read_fd(fd, max, what, buf, err) < 0 ? -1 : 1;
}

int fs_write_all(int fd, const void *data, size_t len, struct error *err)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "write");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_read_full(int fd, void *data, size_t len, size_t *ret_len, struct error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read");
		if (!n)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return 0;
}

void fs_random_name(const char *prefix, struct buf *ret_name)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint64_t)getpid() << 32 ^ (uint64_t)clock();
	buf_printf(ret_name, "%s.%016llx", prefix, (unsigned long long)random);
}

int fs_write_atomic(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		    struct error *err)
{
	cleanup(buf_release) struct buf aside = BUF_INIT;

	fs_random_name(name, &aside);
	autoclose int fd =
		openat(dir_fd, aside.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return error_sys(err, "create '%s'", aside.data);
	if (fs_write_all(fd, data, len, err) < 0) {
		(void)unlinkat(dir_fd, aside.data, 0);
		return error_wrap(err, "'%s'", name);
	}
	if (renameat(dir_fd, aside.data, dir_fd, name) < 0) {
		(void)error_sys(err, "rename to '%s'", name);
		(void)unlinkat(dir_fd, aside.data, 0);
		return -1;
	}
	return 0;
}
