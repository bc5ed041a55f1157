/* SPDX-License-Identifier: Apache-2.0 */
/* Where the store is when nobody says: a cluster may give a uid without passwd entry or home. */
#include "base/alloc.h"
#include "build/manage.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOTS_STORE "/var/lib/cbuild"

/* An absolute path to a directory that we can write to, or that can be made. */
static bool is_usable_dir(const char *path)
{
	return path && *path == '/' && access(path, W_OK | X_OK) == 0;
}

static int private_tmp(char **ret_root, char **ret_note, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	autofree char *root =
		xasprintf("%s/cbuild-%u", tmp && *tmp == '/' ? tmp : "/tmp", (unsigned)geteuid());
	struct stat st;

	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "make the store '%s' (name one with --root)", root);
	if (lstat(root, &st) < 0)
		return error_sys(err, "store '%s'", root);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return error_set(err, ERROR_USAGE,
				 "'%s' is not a directory that only we can use; name a store with "
				 "--root",
				 root);
	*ret_note =
		xasprintf("no usable home directory: the store is %s (--root names another)", root);
	*ret_root = take_ptr(&root);
	return 0;
}

int manage_default_root(char **ret_root, char **ret_note, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	*ret_note = NULL;
	if (geteuid() == 0) {
		*ret_root = xstrdup(ROOTS_STORE);
		return 0;
	}
	if (is_usable_dir(data)) {
		*ret_root = xasprintf("%s/cbuild", data);
		return 0;
	}
	if (is_usable_dir(home)) {
		*ret_root = xasprintf("%s/.local/share/cbuild", home);
		return 0;
	}
	return private_tmp(ret_root, ret_note, err);
}
