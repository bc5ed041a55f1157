/* SPDX-License-Identifier: Apache-2.0 */
#include "merged.h"

#include "base/alloc.h"
#include "base/confined_open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

void merged_dir_release(struct merged_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		(void)close(dir->parts[i].fd);
	free(dir->parts);
	*dir = (struct merged_dir)MERGED_DIR_INIT;
}

bool merged_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static void start(struct merged_dir *dir, const struct layers *layers, size_t n_max)
{
	*dir = (struct merged_dir){ .parts = xcalloc(n_max + 1, sizeof(*dir->parts)),
				    .format = layers->format };
}

static int open_name(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_path(int dir_fd, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return confined_open(dir_fd, path, &how);
}

/*
 * Takes what was opened in the next layer down (below `at`) as a further part. 1 go on, 0 the rest
 * is hidden. A layer without the name hides nothing; one with something else there hides all.
 */
static int add_part(const struct layers *layers, struct merged_dir *dir, size_t layer, int at,
		    int fd, bool is_last, const char *name, struct error *err)
{
	if (fd < 0 && errno == ENOENT) {
		int is_marked = format_is_marked(layers->format, at, name, err);
		return is_marked < 0 ? -1 : !is_marked;
	}
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return error_sys(err, "open directory '%s'", name);
	dir->parts[dir->n++] = (struct merged_part){ layer, fd };
	if (is_last)
		return 0;
	int is_opaque = format_is_opaque(layers->format, fd, err);
	return is_opaque < 0 ? -1 : !is_opaque;
}

/* The opaque mark means nothing on the root of a layer. */
int merged_open_root(const struct layers *layers, struct merged_dir *ret_dir, struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir dir = MERGED_DIR_INIT;

	start(&dir, layers, layers->n);
	for (size_t i = layers->n; i-- > 0;) {
		int fd = open_name(layers->fds[i], ".");
		if (fd < 0)
			return error_sys(err, "open layer");
		dir.parts[dir.n++] = (struct merged_part){ i, fd };
	}
	*ret_dir = dir;
	dir = (struct merged_dir)MERGED_DIR_INIT;
	return 0;
}

static int hand_out(struct merged_dir *dir, struct merged_dir *ret_dir)
{
	if (!dir->n)
		return 0;
	*ret_dir = *dir;
	*dir = (struct merged_dir)MERGED_DIR_INIT;
	return 1;
}

int merged_open_child(const struct layers *layers, const struct merged_dir *dir, const char *name,
		      struct merged_dir *ret_dir, struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir child = MERGED_DIR_INIT;
	int more = 1;

	start(&child, layers, dir->n);
	for (size_t i = 0; more > 0 && i < dir->n; i++) {
		const struct merged_part *part = &dir->parts[i];
		more = add_part(layers, &child, part->layer, part->fd, open_name(part->fd, name),
				i + 1 == dir->n, name, err);
	}
	return more < 0 ? -1 : hand_out(&child, ret_dir);
}

int merged_open_path(const struct layers *layers, const char *path, const size_t *of, size_t n_of,
		     struct merged_dir *ret_dir, struct error *err)
{
	cleanup(merged_dir_release) struct merged_dir dir = MERGED_DIR_INIT;
	int more = 1;

	start(&dir, layers, n_of);
	for (size_t i = 0; more > 0 && i < n_of; i++)
		more = add_part(layers, &dir, of[i], layers->fds[of[i]],
				open_path(layers->fds[of[i]], path), i + 1 == n_of, path, err);
	return more < 0 ? -1 : hand_out(&dir, ret_dir);
}

int merged_find(const struct merged_dir *dir, const char *name, struct stat *ret_st,
		size_t *ret_part, struct error *err)
{
	struct stat st;

	for (size_t i = 0; i < dir->n; i++) {
		int found = format_stat(dir->format, dir->parts[i].fd, name, &st, err);
		if (found == 0) {
			int is_marked = format_is_marked(dir->format, dir->parts[i].fd, name, err);
			if (is_marked)
				return is_marked < 0 ? -1 : 0;
			continue;
		}
		if (found < 0)
			return -1;
		if (merged_is_whiteout(&st))
			return 0;
		*ret_st = st;
		*ret_part = i;
		return 1;
	}
	return 0;
}
