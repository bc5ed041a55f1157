/* SPDX-License-Identifier: Apache-2.0 */
#include "context/source.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DEFAULT_NAME "Dockerfile"
#define LOWER_NAME   "dockerfile"
#define IGNORE_NAME  ".dockerignore"

static bool is_remote(const char *text)
{
	return strstr(text, "://") || text_has_prefix(text, "git@");
}

int context_open_dir(const char *host_path, int *ret_fd, struct error *err)
{
	if (strcmp(host_path, "-") == 0)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"a context from standard input is not supported yet (unpack it and "
			"give the directory; -f - reads only the Dockerfile)");
	if (is_remote(host_path))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"context '%s': remote contexts are not supported yet (fetch it and "
			"give the directory)",
			host_path);
	int fd = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		return error_set(err, ERROR_NOT_FOUND,
				 "the context '%s' is no directory (name a Dockerfile with -f)",
				 host_path);
	if (fd < 0)
		return error_sys(err, "build context '%s'", host_path);
	*ret_fd = fd;
	return 0;
}

static int read_text(int fd, const char *name, struct buf *text, struct error *err)
{
	cleanup(buf_release) struct buf what = BUF_INIT;

	buf_printf(&what, "%s (the ceiling is 16 MiB): it", name);
	return fs_read_fd(fd, DOCKERFILE_CEILING, what.data, text, err);
}

/* 1/0/-1 */
static int read_in_context(int context_fd, const char *name, size_t max, struct buf *text,
			   struct error *err)
{
	autoclose int fd = -1;
	int found =
		fs_open_in_root(context_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err);

	if (found <= 0)
		return found;
	if (max == DOCKERFILE_CEILING)
		return read_text(fd, name, text, err) < 0 ? -1 : 1;
	return fs_read_fd(fd, max, name, text, err) < 0 ? -1 : 1;
}

static int no_dockerfile(const char *context_path, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "no Dockerfile in '%s' (looked for Dockerfile and dockerfile; -f names "
			 "another file)",
			 context_path);
}

static int read_default(int context_fd, const char *context_path, struct buf *text, char **ret_name,
			struct error *err)
{
	static const char *const names[] = { DEFAULT_NAME, LOWER_NAME };

	if (context_fd < 0)
		return error_set(err, ERROR_USAGE, "neither a context nor a Dockerfile is given");
	for (size_t i = 0; i < countof(names); i++) {
		int found = read_in_context(context_fd, names[i], DOCKERFILE_CEILING, text, err);
		if (found < 0)
			return -1;
		if (found) {
			*ret_name = xstrdup(names[i]);
			return 0;
		}
	}
	return no_dockerfile(context_path, err);
}

int context_read_dockerfile(int context_fd, const char *context_path, const char *file,
			    struct buf *ret_text, char **ret_name, struct error *err)
{
	if (!file)
		return read_default(context_fd, context_path, ret_text, ret_name, err);
	if (strcmp(file, "-") == 0) {
		*ret_name = xstrdup(DEFAULT_NAME);
		return read_text(STDIN_FILENO, "the Dockerfile on standard input", ret_text, err);
	}
	if (is_remote(file))
		return error_set(err, ERROR_UNSUPPORTED,
				 "-f '%s': a remote Dockerfile is not supported yet", file);
	autoclose int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_sys(err, "Dockerfile '%s'", file);
	*ret_name = xstrdup(path_base_name(file));
	return read_text(fd, file, ret_text, err);
}

int context_read_ignore(int context_fd, const char *file, const char *ignore_file,
			struct ignore **ret_ignore, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *beside = file && strcmp(file, "-") != 0 ? file : NULL;
	autofree char *own = xasprintf("%s" IGNORE_NAME, beside ? beside : DEFAULT_NAME);
	const char *name = ignore_file ? ignore_file : own;
	int found;

	if (ignore_file || beside)
		found = fs_read_whole(AT_FDCWD, name, IGNORE_FILE_SIZE_MAX, name, &text, err);
	else
		found = context_fd < 0 ? 0
				       : read_in_context(context_fd, name, IGNORE_FILE_SIZE_MAX,
							 &text, err);
	if (found == 0 && ignore_file)
		return error_set(err, ERROR_NOT_FOUND, "no ignore file '%s'", ignore_file);
	if (found == 0 && context_fd >= 0) {
		name = IGNORE_NAME;
		found = read_in_context(context_fd, name, IGNORE_FILE_SIZE_MAX, &text, err);
	}
	if (found < 0)
		return -1;
	*ret_ignore = NULL;
	if (!found)
		return 0;
	if (ignore_parse(text.data, text.len, name, ret_ignore, err) < 0)
		return error_wrap(err, "failed parsing %s", name);
	return 0;
}
