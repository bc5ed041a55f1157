/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_place.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { NEAR_MISSES_MAX = 3, STREAM_READ_SIZE = 64 * 1024 };

static const char DEFAULT_NAME[] = "Dockerfile";
static const char LOWER_NAME[] = "dockerfile";

void dockerfile_place_release(struct dockerfile_place *place)
{
	if (place->dir_fd >= 0)
		(void)close(place->dir_fd);
	free(place->host_dir);
	free(place->name);
	*place = (struct dockerfile_place)DOCKERFILE_PLACE_INIT;
}

int place_read_file(int dir_fd, const char *name, const char *shown, size_t max, struct buf *text,
		    struct error *err)
{
	cleanup(buf_release) struct buf what = BUF_INIT;
	autoclose int fd = -1;
	struct stat st;

	buf_printf(&what, "'%s'", shown);
	/* A pipe of that name must not hold us up. */
	int found = fs_open_in_root(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "'%s'", shown);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "'%s' is not a regular file", shown);
	return fs_read_fd(fd, max, what.data, text, err) < 0 ? -1 : 1;
}

/* A name that somebody may have meant. */
static bool is_near_miss(const char *name)
{
	autofree char *lower = xstrdup(name);

	text_make_lower(lower);
	if (text_has_suffix(lower, ".dockerignore"))
		return false;
	const char *const meant[] = { LOWER_NAME };
	return text_has_prefix(lower, LOWER_NAME) || text_has_suffix(lower, ".dockerfile") ||
	       text_has_prefix(lower, "containerfile") || text_nearest(lower, meant, 1);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "; there is 'Dockerfile.txt'", or nothing. What cannot be read has none. */
static void add_near_misses(int dir_fd, const char *missing, struct buf *text)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	cleanup(strv_release) struct strv names = STRV_INIT;
	struct error ignored = ERROR_INIT;
	const char *name = NULL;
	unsigned char type = 0;

	if (dir_reader_open(dir_fd, &reader, &ignored) < 0)
		return;
	while (dir_reader_next(&reader, &name, &type, &ignored) > 0)
		if (is_near_miss(name) && strcmp(name, missing) != 0)
			strv_add(&names, name);
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), compare_texts);
	for (size_t i = 0; i < names.len && i < NEAR_MISSES_MAX; i++) {
		buf_add_text(text, i ? ", '" : "; there is '");
		text_add_printable(text, names.items[i], strlen(names.items[i]));
		buf_add_char(text, '\'');
	}
}

/* A relative -f counts from the working directory, as docker has it; many expect the context. */
static void add_place_in_context(const struct context_request *request,
				 const struct context *context, struct buf *text)
{
	struct stat st;

	if (!request->dockerfile || *request->dockerfile == '/' || context->fd < 0 ||
	    request->is_fetched)
		return;
	if (fstatat(context->fd, request->dockerfile, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	buf_printf(text,
		   "; there is one in the context: -f is relative to the working directory, so "
		   "write '%s/%s'",
		   context->host_path, request->dockerfile);
}

static int no_dockerfile(const struct context_request *request, const struct context *context,
			 const struct dockerfile_place *place, struct error *err)
{
	cleanup(buf_release) struct buf hint = BUF_INIT;
	autofree char *shown = path_join(place->host_dir, place->name);
	char target[PATH_MAX];
	struct stat st;

	ssize_t len = readlinkat(place->dir_fd, place->name, target, sizeof(target) - 1);
	if (len >= 0 && fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "'%s' is a symbolic link to '%.*s', which is not in '%s'", shown,
				 (int)len, target, *place->host_dir ? place->host_dir : ".");
	add_near_misses(place->dir_fd, place->name, &hint);
	add_place_in_context(request, context, &hint);
	if (strcmp(place->name, DEFAULT_NAME) == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no Dockerfile: neither '%s' nor '%s' is in '%s'%s", DEFAULT_NAME,
				 LOWER_NAME, *place->host_dir ? place->host_dir : ".", hint.data);
	return error_set(err, ERROR_NOT_FOUND, "no Dockerfile '%s'%s", shown, hint.data);
}

static int open_place(const struct context_request *request, const struct context *context,
		      struct dockerfile_place *place, struct error *err)
{
	const char *path = request->dockerfile;

	if (request->is_fetched) {
		place->name = path ? path_clean(path) : xstrdup(DEFAULT_NAME);
		place->host_dir = xstrdup(context->host_path);
		place->dir_fd = fcntl(context->fd, F_DUPFD_CLOEXEC, 3);
		return place->dir_fd < 0 ? error_sys(err, "build context") : 0;
	}
	place->name = xstrdup(path ? path_base_name(path) : DEFAULT_NAME);
	if (path) {
		size_t dir_len = (size_t)(path_base_name(path) - path);
		place->host_dir = xstrndup(path, dir_len > 1 ? dir_len - 1 : dir_len);
	} else if (context->fd >= 0) {
		place->host_dir = xstrdup(context->host_path);
	} else {
		return error_set(err, ERROR_USAGE, "neither a build context nor a Dockerfile");
	}
	if (!*place->name)
		return error_set(err, ERROR_USAGE, "Dockerfile '%s' is a directory", path);
	const char *dir = *place->host_dir ? place->host_dir : ".";
	place->dir_fd = path ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)
			     : fcntl(context->fd, F_DUPFD_CLOEXEC, 3);
	if (place->dir_fd < 0)
		return error_sys(err, "directory '%s' of the Dockerfile", dir);
	return 0;
}

static int read_in_place(const struct context_request *request, struct context *context,
			 struct dockerfile_place *place, struct error *err)
{
	if (open_place(request, context, place, err) < 0)
		return -1;
	const char *const names[] = { place->name, LOWER_NAME };
	size_t n_names = strcmp(place->name, DEFAULT_NAME) == 0 ? 2 : 1;
	for (size_t i = 0; i < n_names; i++) {
		autofree char *shown = path_join(place->host_dir, names[i]);
		int found = place_read_file(place->dir_fd, names[i], shown, CONTEXT_DOCKERFILE_MAX,
					    &context->dockerfile, err);
		if (found < 0)
			return -1;
		if (!found)
			continue;
		bool is_shown = request->dockerfile && !request->is_fetched;
		context->dockerfile_name = xstrdup(is_shown ? shown : names[i]);
		char *name = xstrdup(names[i]);
		free(place->name);
		place->name = name;
		return 0;
	}
	return no_dockerfile(request, context, place, err);
}

static int read_stream(const struct context_request *request, int fd, const char *name,
		       struct context *context, struct error *err)
{
	struct buf *text = &context->dockerfile;

	while (text->len <= CONTEXT_DOCKERFILE_MAX) {
		if (request->wait && request->wait(request->wait_context, fd, err) < 0)
			return error_wrap(err, "waiting for %s", name);
		buf_reserve(text, STREAM_READ_SIZE);
		ssize_t n = read(fd, text->data + text->len, STREAM_READ_SIZE - 1);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return error_sys(err, "read %s", name);
		if (n == 0) {
			context->dockerfile_name = xstrdup(name);
			return 0;
		}
		text->len += n > 0 ? (size_t)n : 0;
		text->data[text->len] = '\0';
	}
	return error_set(err, ERROR_CORRUPT, "%s is larger than %d bytes", name,
			 CONTEXT_DOCKERFILE_MAX);
}

int dockerfile_read(const struct context_request *request, struct context *context,
		    struct dockerfile_place *place, struct error *err)
{
	const char *path = request->dockerfile;
	struct stat st;

	if (path && strcmp(path, "-") == 0)
		return read_stream(request, request->stdin_fd, "Dockerfile from standard input",
				   context, err);
	if (request->text_name)
		return read_stream(request, request->text_fd, request->text_name, context, err);
	/* A shell's <(...) is a pipe under a name of the caller's choice. */
	if (path && !request->is_fetched && stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
		/* opening one waits for a writer as well, where nobody could call us off */
		int flags = request->wait ? O_NONBLOCK : 0;
		autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
		if (fd < 0)
			return error_sys(err, "open Dockerfile '%s'", path);
		return read_stream(request, fd, path, context, err);
	}
	return read_in_place(request, context, place, err);
}
