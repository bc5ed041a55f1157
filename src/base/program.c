/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include "base/alloc.h"

#include <string.h>

int program_find(const char *name, char **ret_path)
{
	const char *paths = getenv("PATH");

	for (const char *at = paths ? paths : "/usr/local/bin:/usr/bin:/bin"; *at;) {
		size_t len = strcspn(at, ":");
		autofree char *path = xasprintf("%.*s/%s", (int)len, at, name);
		if (*at == '/' && access(path, X_OK) == 0) {
			*ret_path = take_ptr(&path);
			return 1;
		}
		at += len + (at[len] == ':');
	}
	return 0;
}
