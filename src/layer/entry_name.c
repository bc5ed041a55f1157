/* SPDX-License-Identifier: Apache-2.0 */
#include "entry_name.h"

#include "tar_write.h"

#include "base/path.h"
#include "base/text.h"
#include "layer/unpack.h"

#include <string.h>

/* The name before the last one of path is its end from now on; false: there is none. */
static bool drop_last(struct buf *path)
{
	const char *slash = path->len ? memrchr(path->data, '/', path->len) : NULL;
	bool has_name = path->len > 0;

	buf_truncate(path, slash ? (size_t)(slash - path->data) : 0);
	return has_name;
}

/* No real tree is as deep; a path of 4095 bytes could be twice that. */
enum { DEPTH_MAX = 1024 };

int entry_name_clean(const char *raw, const char *what, struct buf *ret_path, struct error *err)
{
	unsigned depth = 0;

	buf_clear(ret_path);
	if (strlen(raw) >= UNPACK_PATH_MAX)
		return error_set(err, ERROR_CORRUPT, "%s '%.100s...' has more than %d bytes", what,
				 raw, UNPACK_PATH_MAX - 1);
	if (!*raw)
		return error_set(err, ERROR_CORRUPT, "empty %s", what);
	for (const char *at = raw; *at;) {
		size_t len = strcspn(at, "/");
		bool is_up = len == 2 && memcmp(at, "..", 2) == 0;
		/* by its text alone, as docker does: no link is followed here */
		if (is_up && !drop_last(ret_path))
			return error_set(err, ERROR_CORRUPT, "%s '%.300s' leads out of the root",
					 what, raw);
		if (is_up)
			depth--;
		if (len && !is_up && !(len == 1 && *at == '.')) {
			if (++depth > DEPTH_MAX)
				return error_set(err, ERROR_CORRUPT,
						 "%s '%.100s...' is deeper than %d directories",
						 what, raw, DEPTH_MAX);
			if (ret_path->len)
				buf_add_char(ret_path, '/');
			buf_add(ret_path, at, len);
		}
		at += len;
		at += strspn(at, "/");
	}
	return 0;
}

static int bad_whiteout(const char *path, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "'%.300s' is no whiteout of anything", path);
}

int entry_name_read(const char *path, enum entry_meaning *ret_meaning, const char **ret_name,
		    struct error *err)
{
	const char *base = path_base_name(path);
	enum entry_meaning meaning = ENTRY_ORDINARY;

	for (const char *at = path; at < base; at += strcspn(at, "/") + 1) {
		if (text_has_prefix(at, TAR_WHITEOUT_PREFIX TAR_WHITEOUT_PREFIX)) {
			*ret_meaning = ENTRY_IGNORED;
			return 0;
		}
		if (text_has_prefix(at, TAR_WHITEOUT_PREFIX))
			return bad_whiteout(path, err);
	}
	if (strcmp(base, TAR_OPAQUE_NAME) == 0) {
		meaning = ENTRY_OPAQUE;
	} else if (text_has_prefix(base, TAR_WHITEOUT_PREFIX TAR_WHITEOUT_PREFIX)) {
		meaning = ENTRY_IGNORED;
	} else if (text_has_prefix(base, TAR_WHITEOUT_PREFIX)) {
		meaning = ENTRY_WHITEOUT;
		*ret_name = base + strlen(TAR_WHITEOUT_PREFIX);
		if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
			return bad_whiteout(path, err);
	}
	*ret_meaning = meaning;
	return 0;
}
