/* SPDX-License-Identifier: Apache-2.0 */
#include "wanted.h"

#include "follow.h"
#include "plain_open.h"

#include "base/alloc.h"

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

/* Links are read from the directory, and become wanted as they are met. */
struct link_reader {
	struct wanted *wanted;
	int context_fd;
	bool has_link; /* there was one */
	bool is_new;   /* one that was not wanted before */
};

static int read_link(void *context, const char *dir, const char *name, const char *path,
		     char **ret_target, struct error *err)
{
	struct link_reader *reader = context;
	char target[PATH_MAX];
	autoclose int fd = plain_open(reader->context_fd, dir, O_PATH | O_DIRECTORY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return error_sys(err, "directory '%s' in the build context", dir);
	ssize_t len = readlinkat(fd, name, target, sizeof(target) - 1);
	if (len < 0 && (errno == EINVAL || errno == ENOENT || errno == ENAMETOOLONG))
		return 0;
	if (len < 0)
		return error_sys(err, "'%s' in the build context", path);
	reader->has_link = true;
	reader->is_new = wanted_add(reader->wanted, path) || reader->is_new;
	*ret_target = xstrndup(target, (size_t)len);
	return 1;
}

int wanted_follow(struct wanted *wanted, int context_fd, const char *path, struct error *err)
{
	struct link_reader reader = { .wanted = wanted, .context_fd = context_fd };
	autofree char *end = NULL;

	/* A chain that does not end leads nowhere: whoever opens the path will say so. */
	int found = follow_links(path, LISTING_LINKS_MAX, read_link, &reader, &end, err);
	if (found < 0)
		return -1;
	return (found && wanted_add(wanted, end)) || reader.is_new;
}

/* A pattern below a directory that is reached over links: all of that directory is wanted. */
static int follow_prefix(struct wanted *wanted, int context_fd, const char *pattern,
			 struct error *err)
{
	struct link_reader reader = { .wanted = wanted, .context_fd = context_fd };
	autofree char *dir = xstrndup(pattern, pattern_literal_dir_len(pattern));
	autofree char *end = NULL;

	int found = follow_links(dir, LISTING_LINKS_MAX, read_link, &reader, &end, err);
	if (found < 0)
		return -1;
	if (found && reader.has_link)
		(void)wanted_add(wanted, end);
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
