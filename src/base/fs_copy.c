/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs_copy.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

enum { COPY_BLOCK = 128 * 1024, COPY_RANGE = 64 * 1024 * 1024 };

static int copy_by_hand(int from_fd, int to_fd, struct error *err)
{
	autofree char *block = xmalloc(COPY_BLOCK);
	size_t len = 0;

	do {
		if (fs_read_full(from_fd, block, COPY_BLOCK, &len, err) < 0 ||
		    fs_write_all(to_fd, block, len, err) < 0)
			return -1;
	} while (len == COPY_BLOCK);
	return 0;
}

int fs_copy_content(int from_fd, int to_fd, struct error *err)
{
	ssize_t n = 1;
	bool has_begun = false;

	if (ioctl(to_fd, FICLONE, from_fd) == 0)
		return 0;
	while (n > 0) {
		n = copy_file_range(from_fd, NULL, to_fd, NULL, COPY_RANGE, 0);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			has_begun = true;
	}
	if (n == 0 && has_begun)
		return 0;
	if (n < 0 && has_begun)
		return error_sys(err, "copy a file");
	/* an empty file, one of procfs, or two file systems that do not speak with one another */
	return copy_by_hand(from_fd, to_fd, err);
}
