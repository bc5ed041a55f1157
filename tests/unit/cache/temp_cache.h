/* SPDX-License-Identifier: Apache-2.0 */
/* A cache in a directory of its own below the working directory, gone after the test. */
#ifndef CBUILD_TESTS_TEMP_CACHE_H
#define CBUILD_TESTS_TEMP_CACHE_H

#include "../cmocka_head.h"
#include "base/fs.h"
#include "cache/cache.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct temp_cache {
	char path[32];
	int root_fd;
	struct cache *cache;
};

static inline void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static inline int temp_cache_setup(void **state)
{
	struct temp_cache *temp = calloc(1, sizeof(*temp));
	struct error err = ERROR_INIT;

	strcpy(temp->path, "cache.XXXXXX");
	if (!mkdtemp(temp->path) || fs_open_dir(temp->path, false, &temp->root_fd, &err) < 0 ||
	    cache_open(temp->root_fd, &temp->cache, &err) < 0)
		return -1;
	*state = temp;
	return 0;
}

static inline int temp_cache_teardown(void **state)
{
	struct temp_cache *temp = *state;
	struct error err = ERROR_INIT;

	cache_close(temp->cache);
	(void)close(temp->root_fd);
	int result = fs_remove_tree(AT_FDCWD, temp->path, &err);
	free(temp);
	return result;
}

static inline void read_file(int root_fd, const char *path, struct buf *bytes)
{
	struct error err = ERROR_INIT;

	buf_clear(bytes);
	assert_int_equal(fs_read_whole(root_fd, path, 100 << 20, path, bytes, &err), 1);
}

static inline void write_file(int root_fd, const char *path, const void *bytes, size_t len)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd);
}

#endif
