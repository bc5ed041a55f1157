/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context.h"

#include "dockerfile_place.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static const char IGNORE_NAME[] = ".dockerignore";

void context_close(struct context *context)
{
	if (!context)
		return;
	if (context->fd >= 0)
		(void)close(context->fd);
	free(context->host_path);
	buf_release(&context->dockerfile);
	free(context->dockerfile_name);
	ignore_free(context->ignore);
	free(context);
}

static struct context *context_new(void)
{
	struct context *context = xcalloc(1, sizeof(*context));

	context->fd = -1;
	context->dockerfile = (struct buf)BUF_INIT;
	return context;
}

static int open_dir(const char *path, struct context *context, struct error *err)
{
	context->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (context->fd < 0 && errno == ENOTDIR)
		return error_set(err, ERROR_USAGE,
				 "build context '%s' is not a directory (an archive is given as "
				 "standard input: - < %s)",
				 path, path);
	if (context->fd < 0)
		return error_sys(err, "build context '%s'", path);
	context->host_path = xstrdup(path);
	return 0;
}

/* 1/0/-1 */
static int read_ignore_file(int dir_fd, const char *name, const char *shown,
			    struct context *context, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	int found = place_read_file(dir_fd, name, shown, IGNORE_FILE_SIZE_MAX, &text, err);
	if (found <= 0)
		return found;
	return ignore_parse(text.data, text.len, shown, &context->ignore, err) < 0 ? -1 : 1;
}

/* The one that was asked for by name. */
static int read_given_ignore_file(const char *host_path, struct context *context, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	int found =
		fs_read_whole(AT_FDCWD, host_path, IGNORE_FILE_SIZE_MAX, "ignore file", &text, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "no ignore file '%s'", host_path);
	return ignore_parse(text.data, text.len, host_path, &context->ignore, err);
}

static int read_ignore(const struct context_request *request, const struct dockerfile_place *place,
		       struct context *context, struct error *err)
{
	if (request->ignore_file)
		return read_given_ignore_file(request->ignore_file, context, err);
	if (place->dir_fd >= 0) {
		autofree char *name = xasprintf("%s%s", place->name, IGNORE_NAME);
		autofree char *shown =
			request->dockerfile ? path_join(place->host_dir, name) : xstrdup(name);
		int found = read_ignore_file(place->dir_fd, name, shown, context, err);
		if (found)
			return found < 0 ? -1 : 0;
	}
	return read_ignore_file(context->fd, IGNORE_NAME, IGNORE_NAME, context, err) < 0 ? -1 : 0;
}

/* As docker has it: only a directory of the caller's has an ignore file. One given by name counts.
 */
static bool has_ignore_rules(const struct context_request *request)
{
	return !request->is_fetched || request->ignore_file;
}

static bool is_stdin(const char *text)
{
	return text && strcmp(text, "-") == 0;
}

int context_open(const struct context_request *request, struct context **ret_context,
		 struct error *err)
{
	cleanup(context_close) struct context *context = context_new(), *fetched = NULL;
	cleanup(dockerfile_place_release) struct dockerfile_place place = DOCKERFILE_PLACE_INIT;

	if (is_stdin(request->path) && is_stdin(request->dockerfile))
		return error_set(err, ERROR_USAGE,
				 "standard input cannot be both build context and Dockerfile");
	if (request->is_fetched) {
		if (context_of_dir(request->dir_fd, request->path, &fetched, err) < 0)
			return -1;
		context->fd = take_fd(&fetched->fd);
		context->host_path = take_ptr(&fetched->host_path);
	} else if (request->path && open_dir(request->path, context, err) < 0) {
		return -1;
	}
	if (dockerfile_read(request, context, &place, err) < 0)
		return -1;
	if (context->fd >= 0 && has_ignore_rules(request) &&
	    read_ignore(request, &place, context, err) < 0)
		return -1;
	*ret_context = take_ptr(&context);
	return 0;
}

int context_of_dir(int dir_fd, const char *name, struct context **ret_context, struct error *err)
{
	cleanup(context_close) struct context *context = context_new();

	context->fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	if (context->fd < 0)
		return error_sys(err, "build context '%s'", name);
	context->host_path = xstrdup(name);
	*ret_context = take_ptr(&context);
	return 0;
}

int context_open_named(const char *path, struct context **ret_context, struct error *err)
{
	cleanup(context_close) struct context *context = context_new();
	autofree char *shown = path_join(path, IGNORE_NAME);

	if (open_dir(path, context, err) < 0)
		return -1;
	if (read_ignore_file(context->fd, IGNORE_NAME, shown, context, err) < 0)
		return -1;
	*ret_context = take_ptr(&context);
	return 0;
}

const char *context_ignore_name(const struct context *context)
{
	return context->ignore ? ignore_name(context->ignore) : NULL;
}
