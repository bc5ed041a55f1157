/* SPDX-License-Identifier: Apache-2.0 */
#include "wanted.h"

#include "plain_open.h"

#include "base/alloc.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

void wanted_release(struct wanted *wanted)
{
	map_release(&wanted->paths);
	map_release(&wanted->ancestors);
	for (size_t i = 0; i < wanted->patterns.len; i++)
		pattern_free(wanted->patterns.items[i].pattern);
	vec_release(&wanted->patterns);
}

bool wanted_add(struct wanted *wanted, const char *path)
{
	autofree char *above = xstrdup(path);

	if (map_has(&wanted->paths, "") || map_has(&wanted->paths, path))
		return false;
	for (char *slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
		*slash = '\0';
		if (map_has(&wanted->paths, above))
			return false;
		(void)map_set(&wanted->ancestors, above, NULL);
	}
	(void)map_set(&wanted->paths, path, NULL);
	return true;
}

/* 1 and the text of a symlink, 0 when it is none or not there. */
static int read_link(int context_fd, const char *dir, const char *name, char target[PATH_MAX],
		     struct error *err)
{
	autoclose int fd = plain_open(context_fd, dir, O_PATH | O_DIRECTORY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return error_sys(err, "directory '%s' in the build context", dir);
	ssize_t len = readlinkat(fd, name, target, PATH_MAX - 1);
	if (len < 0 && (errno == EINVAL || errno == ENOENT || errno == ENAMETOOLONG))
		return 0;
	if (len < 0)
		return error_sys(err, "'%s%s%s' in the build context", dir, *dir ? "/" : "", name);
	target[len] = '\0';
	return 1;
}

/* Takes the first component off rest; NULL when there is none. */
static char *take_component(struct buf *rest)
{
	size_t start = strspn(rest->data, "/");
	size_t len = strcspn(rest->data + start, "/");

	if (!len)
		return NULL;
	char *component = xstrndup(rest->data + start, len);
	struct buf shorter = BUF_INIT;
	buf_add_text(&shorter, rest->data + start + len);
	buf_release(rest);
	*rest = shorter;
	return component;
}

/* "target/rest" */
static void put_in_front(struct buf *rest, const char *target)
{
	struct buf longer = BUF_INIT;

	buf_printf(&longer, "%s/%s", target, rest->data);
	buf_release(rest);
	*rest = longer;
}

/* The directory that has been reached, without links on the way; and what is still to go. */
struct way {
	char *done;
	struct buf rest;
	int n_links;
};

static void way_release(struct way *way)
{
	free(way->done);
	buf_release(&way->rest);
}
DEFINE_RELEASE(struct way, way_release);

static void go_to(struct way *way, char *done)
{
	free(way->done);
	way->done = done;
}

/* One component further, or over one link. 1 when that link was not known, 0, -1. */
static int advance(struct wanted *wanted, int context_fd, struct way *way, const char *component,
		   struct error *err)
{
	char target[PATH_MAX];

	if (strcmp(component, ".") == 0)
		return 0;
	if (strcmp(component, "..") == 0) {
		go_to(way, path_parent(way->done));
		return 0;
	}
	autofree char *path = path_join(way->done, component);
	int is_link = read_link(context_fd, way->done, component, target, err);
	if (is_link < 0)
		return -1;
	if (!is_link) {
		go_to(way, take_ptr(&path));
		return 0;
	}
	way->n_links++;
	bool is_new = wanted_add(wanted, path);
	put_in_front(&way->rest, target);
	if (*target == '/')
		go_to(way, xstrdup(""));
	return is_new;
}

/* Where the path leads; the links on the way are added, what is there is not. */
static int resolve(struct wanted *wanted, int context_fd, const char *path, struct way *way,
		   struct error *err)
{
	int n_new = 0;

	way->done = xstrdup("");
	buf_add_text(&way->rest, path);
	/* A chain that does not end leads nowhere: whoever opens the path will say so. */
	while (way->n_links <= LISTING_LINKS_MAX) {
		autofree char *component = take_component(&way->rest);
		if (!component)
			break;
		int is_new = advance(wanted, context_fd, way, component, err);
		if (is_new < 0)
			return -1;
		n_new += is_new;
	}
	return n_new > 0;
}

int wanted_follow(struct wanted *wanted, int context_fd, const char *path, struct error *err)
{
	cleanup(way_release) struct way way = { .rest = BUF_INIT };

	int is_new = resolve(wanted, context_fd, path, &way, err);
	if (is_new < 0 || way.n_links > LISTING_LINKS_MAX)
		return is_new;
	return wanted_add(wanted, way.done) || is_new;
}

/* A pattern below a directory that is reached over links: all of that directory is wanted. */
static int follow_prefix(struct wanted *wanted, int context_fd, const char *pattern,
			 struct error *err)
{
	cleanup(way_release) struct way way = { .rest = BUF_INIT };
	autofree char *dir = xstrndup(pattern, pattern_literal_dir_len(pattern));

	if (resolve(wanted, context_fd, dir, &way, err) < 0)
		return -1;
	if (way.n_links && way.n_links <= LISTING_LINKS_MAX)
		(void)wanted_add(wanted, way.done);
	return 0;
}

int wanted_add_source(struct wanted *wanted, int context_fd, const struct listing_source *source,
		      struct error *err)
{
	struct wanted_pattern pattern = { .follows_links = source->kind == LISTING_GLOB };

	if (source->kind == LISTING_PATH)
		return wanted_follow(wanted, context_fd, source->path, err) < 0 ? -1 : 0;
	if (pattern_compile(source->path,
			    source->kind == LISTING_GLOB ? PATTERN_GLOB : PATTERN_DEEP,
			    &pattern.pattern, err) < 0)
		return -1;
	vec_push(&wanted->patterns, pattern);
	return pattern.follows_links ? follow_prefix(wanted, context_fd, source->path, err) : 0;
}

int wanted_ask(const struct wanted *wanted, const char *path, enum wanted_answer *ret_answer,
	       struct error *err)
{
	enum wanted_answer answer = WANTED_NOT;

	if (map_has(&wanted->ancestors, path) || !*path)
		answer = WANTED_BELOW;
	if (map_has(&wanted->paths, path))
		answer = WANTED_ALL;
	for (size_t i = 0; i < wanted->patterns.len && answer != WANTED_MATCHED; i++) {
		const struct wanted_pattern *pattern = &wanted->patterns.items[i];
		if (answer == WANTED_ALL && !pattern->follows_links)
			continue;
		int matches = pattern_match(pattern->pattern, path, err);
		if (matches < 0)
			return -1;
		if (matches)
			answer = pattern->follows_links ? WANTED_MATCHED : WANTED_ALL;
		else if (answer == WANTED_NOT && pattern_may_match_below(pattern->pattern, path))
			answer = WANTED_BELOW;
	}
	*ret_answer = answer;
	return 0;
}
