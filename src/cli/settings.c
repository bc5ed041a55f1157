/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "host_file.h"

#include "base/alloc.h"
#include "base/strv.h"

#include <stdlib.h>

int settings_read(struct buf *ret_text, char **ret_path, struct error *err)
{
	cleanup(strv_release) struct strv paths = STRV_INIT;
	const char *named = getenv("CBUILD_CONFIG");
	const char *config_home = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (named && *named) {
		int found = host_file_read(named, SETTINGS_SIZE_MAX, ret_text, err);
		if (found == 0)
			return error_set(err, ERROR_USAGE, "CBUILD_CONFIG: there is no file '%s'",
					 named);
		if (found > 0)
			*ret_path = xstrdup(named);
		return found;
	}
	if (config_home && *config_home == '/')
		strv_printf(&paths, "%s/cbuild/config", config_home);
	else if (home && *home == '/')
		strv_printf(&paths, "%s/.config/cbuild/config", home);
	strv_add(&paths, "/etc/cbuild/config");
	for (size_t i = 0; i < paths.len; i++) {
		int found = host_file_read(paths.items[i], SETTINGS_SIZE_MAX, ret_text, err);
		if (found > 0)
			*ret_path = xstrdup(paths.items[i]);
		if (found != 0)
			return found;
	}
	return 0;
}
