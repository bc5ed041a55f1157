/* SPDX-License-Identifier: Apache-2.0 */
#include "base/write_target.h"

#include "base/alloc.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

/* "a/" of "a/b", "./" of "b". */
static char *directory_of(const char *path)
{
	size_t len = (size_t)(path_base_name(path) - path);

	return len ? xstrndup(path, len) : xstrdup("./");
}

/* What a link of /proc shows is no name: the file may have none, and another may have got it. */
static bool is_in_proc(const char *directory)
{
	struct statfs fs;

	return statfs(directory, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

int write_target_find(const char *host_path, char **ret_path, struct error *err)
{
	autofree char *path = xstrdup(host_path);
	char target[PATH_MAX];
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t len = readlink(path, target, sizeof(target) - 1);
		if (len < 0) {
			*ret_path = take_ptr(&path);
			return 1;
		}
		target[len] = '\0';
		autofree char *directory = directory_of(path);
		if (is_in_proc(directory))
			return 0;
		char *next =
			*target == '/' ? xstrdup(target) : xasprintf("%s%s", directory, target);
		free(path);
		path = next;
	}
	errno = ELOOP;
	return error_sys(err, "'%s'", host_path);
}
