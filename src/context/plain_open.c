/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_open.h"

#include "base/confined_open.h"

#include <errno.h>
#include <fcntl.h>

/* The kernel answers EAGAIN when a rename in the tree came between. */
enum { ATTEMPTS_MAX = 1000 };

int plain_open(int dir_fd, const char *path, int flags)
{
	/* openat2 refuses what means nothing, such as O_NOCTTY with O_PATH. */
	int always = O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY);
	struct open_how how = {
		.flags = (unsigned)(flags | always),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fd = confined_open(dir_fd, *path ? path : ".", &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}
