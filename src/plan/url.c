/* SPDX-License-Identifier: Apache-2.0 */
#include "url.h"

#include "base/text.h"

#include <string.h>

static bool is_name_char(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_';
}

/* user@host:path, as ssh and scp take it */
static bool is_scp_like(const char *source)
{
	const char *c = source;

	while (is_name_char(*c))
		c++;
	if (c == source || *c != '@')
		return false;
	const char *host = ++c;
	while (is_name_char(*c) || *c == '.')
		c++;
	return c > host && *c == ':';
}

bool url_is_http(const char *source)
{
	return text_has_prefix(source, "http://") || text_has_prefix(source, "https://");
}

bool url_is_git(const char *source)
{
	if (text_has_prefix(source, "git://") || text_has_prefix(source, "ssh://"))
		return true;
	if (!url_is_http(source))
		return is_scp_like(source);
	const char *host = strstr(source, "://") + 3;
	const char *path = strchr(host, '/');
	size_t len = path ? strcspn(path, "?#") : 0;
	return len >= 4 && memcmp(path + len - 4, ".git", 4) == 0;
}
