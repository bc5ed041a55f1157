/* SPDX-License-Identifier: Apache-2.0 */
#include "missing.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "context/ignore.h"

#include <dirent.h>
#include <string.h>

/* Whoever has more in a directory gets no suggestion; everything is near to a shorter name. */
enum { NAMES_MAX = 10000, NAME_MIN = 3 };

static bool is_ignored(const struct exec_context *context, const char *path)
{
	struct error ignored = ERROR_INIT;

	return context->ignore && ignore_match(context->ignore, path, &ignored) > 0;
}

/* The deepest directory above the path that is there, as a stream; and how long its path is. */
static DIR *open_nearest_dir(const struct exec_context *context, const char *path, size_t *ret_len)
{
	struct error ignored = ERROR_INIT;
	size_t len = strlen(path);

	for (;;) {
		autoclose int fd = -1;
		const char *slash = memrchr(path, '/', len);
		len = slash ? (size_t)(slash - path) : 0;
		autofree char *dir = len ? xstrndup(path, len) : xstrdup(".");
		if (fs_open_in_root(context->dir_fd, dir, O_RDONLY | O_DIRECTORY, 0, &fd,
				    &ignored) > 0) {
			DIR *stream = fdopendir(fd);
			if (stream)
				(void)take_fd(&fd);
			*ret_len = len;
			return stream;
		}
		if (!len)
			return NULL;
	}
}

/* What lies beside the part of the path that is not there; only what a COPY could name. */
static void read_names(const struct exec_context *context, const char *dir, DIR *stream,
		       struct strv *names)
{
	for (struct dirent *entry; (entry = readdir(stream)) && names->len < NAMES_MAX;) {
		autofree char *path = path_join(dir, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !is_ignored(context, path))
			strv_add(names, entry->d_name);
	}
}

static void suggest(const struct exec_context *context, const char *path, struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;
	size_t len = 0;
	DIR *stream = open_nearest_dir(context, path, &len);

	if (!stream)
		return;
	autofree char *dir = xstrndup(path, len);
	const char *name = path + len + (len > 0);
	autofree char *missing = xstrndup(name, strcspn(name, "/"));
	read_names(context, dir, stream, &names);
	(void)closedir(stream);
	const char *near = text_nearest(missing, (const char *const *)names.items, names.len);
	if (!near || strlen(missing) < NAME_MIN)
		return;
	autofree char *nearest = path_join(dir, near);
	struct error cause = *err;
	(void)error_set(err, cause.code, "%.1500s (did you mean %.400s?)", cause.text, nearest);
}

static bool is_there(const struct exec_context *context, const char *path)
{
	struct error ignored = ERROR_INIT;
	autoclose int fd = -1;

	return fs_open_in_root(context->dir_fd, path, O_PATH | O_NOFOLLOW, 0, &fd, &ignored) > 0;
}

void missing_explain(const struct exec_context *context, const char *path, struct error *err)
{
	struct position at = err->at;

	if (context->dir_fd < 0 || !*path)
		return;
	if (is_there(context, path) && is_ignored(context, path)) {
		const char *name = ignore_name(context->ignore);
		struct error cause = *err;
		(void)error_set(err, cause.code,
				"%.1500s (it is there, but a rule of '%.300s' leaves it out; "
				"'cbuild context ls --why' names the rule)",
				cause.text, name ? name : ".dockerignore");
	} else {
		suggest(context, path, err);
	}
	err->at = at;
}
