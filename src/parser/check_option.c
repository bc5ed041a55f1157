/* SPDX-License-Identifier: Apache-2.0 */
/* The value of "# check=": up to three of skip=, error= and experimental=, with ";" between. */
#include "directive.h"
#include "quote.h"

#include "base/text.h"

#include <string.h>

enum { OPTIONS_MAX = 3 };

static int read_option(const char *option, size_t len, struct arena *arena, struct error *err)
{
	static const char *const keys[] = { "skip", "error", "experimental" };
	char *key = arena_strndup(arena, option, len), *equals = strchr(key, '=');
	bool is_on;

	if (!equals)
		return error_set(err, ERROR_SYNTAX, "invalid check option %s%s", quote(key).text,
				 suggestion(key, keys, countof(keys)).text);
	*equals = '\0';
	if (strcmp(key, "error") == 0 && text_parse_bool(equals + 1, &is_on, err) < 0)
		return error_wrap(err, "failed to parse check option \"error=%.100s\"", equals + 1);
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return 0;
	return error_set(err, ERROR_SYNTAX, "invalid check option %s%s", quote(key).text,
			 suggestion(key, keys, countof(keys)).text);
}

int directive_check_read(const struct detected_directives *found, struct arena *arena,
			 struct error *err)
{
	struct position at = { found->check_line, 1, found->check_line };
	const char *option = found->check;

	for (int i = 1; option && *found->check; i++) {
		const char *end = i < OPTIONS_MAX ? strchrnul(option, ';') : strchr(option, '\0');
		if (read_option(option, (size_t)(end - option), arena, err) < 0) {
			if (found->check_is_cut)
				(void)error_wrap(err, "the value ends at its first blank");
			err->at = at;
			return error_wrap(err, "failed to parse check options");
		}
		option = *end ? end + 1 : NULL;
	}
	return 0;
}
