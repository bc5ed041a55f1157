/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include "base/alloc.h"

#include <string.h>
#include <sys/stat.h>

int program_find_in(const char *paths, const char *name, char **ret_path)
{
	for (const char *at = paths ? paths : ""; *at;) {
		size_t len = strcspn(at, ":");
		autofree char *path = xasprintf("%.*s/%s", (int)len, at, name);
		struct stat st;
		if (*at == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(path, X_OK) == 0) {
			*ret_path = take_ptr(&path);
			return 1;
		}
		at += len + (at[len] == ':');
	}
	return 0;
}

int program_find(const char *name, char **ret_path)
{
	const char *paths = getenv("PATH");

	return program_find_in(paths ? paths : "/usr/local/bin:/usr/bin:/bin", name, ret_path);
}
