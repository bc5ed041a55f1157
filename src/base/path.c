/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include "base/alloc.h"

#include <string.h>

/* Appends the cleaned components of path to out, which never shrinks below `floor`. */
static void clean_into(struct buf *out, const char *path, bool rooted)
{
	size_t floor = out->len;

	while (*path) {
		const char *end = strchrnul(path, '/');
		size_t len = (size_t)(end - path);
		bool is_up = len == 2 && path[0] == '.' && path[1] == '.';
		if (is_up && out->len > floor) {
			const char *slash = memrchr(out->data + floor, '/', out->len - floor);
			buf_truncate(out, slash ? (size_t)(slash - out->data) : floor);
		} else if (is_up && !rooted) {
			if (out->len)
				buf_add_char(out, '/');
			buf_add_text(out, "..");
			floor = out->len;
		} else if (!is_up && len && !(len == 1 && path[0] == '.')) {
			if (out->len && out->data[out->len - 1] != '/')
				buf_add_char(out, '/');
			buf_add(out, path, len);
		}
		path = *end ? end + 1 : end;
	}
}

char *path_clean(const char *path)
{
	struct buf out = BUF_INIT;

	clean_into(&out, path, true);
	return buf_take(&out);
}

char *path_clean_go(const char *path)
{
	struct buf out = BUF_INIT;

	if (*path == '/') {
		buf_add_char(&out, '/');
		autofree char *rest = path_clean(path);
		buf_add_text(&out, rest);
	} else {
		clean_into(&out, path, false);
		if (!out.len)
			buf_add_char(&out, '.');
	}
	return buf_take(&out);
}

char *path_join(const char *base, const char *name)
{
	size_t len = strlen(base);

	if (!len)
		return xstrdup(name);
	return xasprintf("%s%s%s", base, base[len - 1] == '/' ? "" : "/", name);
}

const char *path_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
}

bool path_is_within(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !len || (strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}

int path_compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}
