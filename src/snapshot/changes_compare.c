/* SPDX-License-Identifier: Apache-2.0 */
#include "changes_compare.h"

#include "attribute.h"

#include "base/fs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum { BLOCK_SIZE = 32 * 1024 };

static int has_same_capability(const struct dir_listing_item *item, const struct place *below,
			       struct error *err)
{
	unsigned char capability[CAPABILITY_SIZE_MAX];

	if (!S_ISREG(item->st.st_mode))
		return 1;
	int len =
		format_read_capability(below->format, below->dir_fd, below->name, capability, err);
	if (len < 0)
		return -1;
	return (size_t)len == item->capability_len &&
	       (!len || memcmp(capability, item->capability, (size_t)len) == 0);
}

static int open_file(const struct place *place, int *ret_fd, struct error *err)
{
	int fd = openat(place->dir_fd, place->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open '%s'", place->name);
	*ret_fd = fd;
	return 0;
}

static int has_same_content(const struct place *a, const struct place *b, struct error *err)
{
	char bytes_a[BLOCK_SIZE], bytes_b[BLOCK_SIZE];
	autoclose int fd_a = -1, fd_b = -1;
	size_t len_a = 0, len_b = 0;

	if (open_file(a, &fd_a, err) < 0 || open_file(b, &fd_b, err) < 0)
		return -1;
	do {
		if (fs_read_full(fd_a, bytes_a, BLOCK_SIZE, &len_a, err) < 0 ||
		    fs_read_full(fd_b, bytes_b, BLOCK_SIZE, &len_b, err) < 0)
			return error_wrap(err, "'%s'", a->name);
		if (len_a != len_b || memcmp(bytes_a, bytes_b, len_a) != 0)
			return 0;
	} while (len_a);
	return 1;
}

static int has_same_target(const struct dir_listing_item *item, const struct place *below,
			   struct error *err)
{
	char target[PATH_MAX + 1];

	if (dir_listing_read_target(below->dir_fd, below->name, target, sizeof(target), err) < 0)
		return -1;
	return strcmp(target, item->target) == 0;
}

static bool has_same_metadata(const struct stat *a, const struct stat *b)
{
	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid)
		return false;
	if (S_ISDIR(a->st_mode))
		return true;
	return a->st_rdev == b->st_rdev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int changes_is_same(const struct place *upper, const struct dir_listing_item *item,
		    const struct place *below, const struct stat *below_st, struct error *err)
{
	if (!has_same_metadata(&item->st, below_st))
		return 0;
	int same = has_same_capability(item, below, err);
	if (same <= 0)
		return same;
	if (S_ISLNK(item->st.st_mode))
		return has_same_target(item, below, err);
	if (S_ISREG(item->st.st_mode) && item->st.st_size && !item->st.st_mtim.tv_nsec)
		return has_same_content(upper, below, err);
	return 1;
}
