/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scratch folder with a root to unpack into and, beside it, a canary that nothing may touch.
 * Trees are compared as text, one line an entry.
 */
#ifndef CBUILD_TESTS_LAYER_SCRATCH_H
#define CBUILD_TESTS_LAYER_SCRATCH_H

#include "tar_builder.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "layer/unpack.h"

#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

struct scratch {
	char path[64], root[80], canary[80];
	int root_fd;
	char *canary_before;
	struct buf tar;
	struct unpack_options options;
	struct unpack_result result;
	struct error err;
};

static inline int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static inline void add_xattrs(struct buf *text, const char *path)
{
	static const char *const names[] = { "security.capability", "trusted.overlay.opaque",
					     "user.kept" };
	char value[64];

	for (size_t i = 0; i < 3; i++) {
		ssize_t len = lgetxattr(path, names[i], value, sizeof(value) - 1);
		if (len >= 0)
			buf_printf(text, " %s[%zd]", names[i], len);
	}
}

static inline void add_content(struct buf *text, const char *path, off_t size)
{
	char content[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (size < (off_t)sizeof(content) && read(fd, content, sizeof(content) - 1) >= 0)
		buf_printf(text, " '%s'", content);
	else
		buf_printf(text, " %lld bytes", (long long)size);
	close(fd);
}

/* "path type mode uid:gid mtime ..."; with details, inode and link count too. */
static inline char *describe_tree(const char *path, bool details)
{
	struct buf text = BUF_INIT;
	char *paths[] = { (char *)(uintptr_t)path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	while ((entry = fts_read(fts))) {
		const struct stat *st = entry->fts_statp;
		char target[4096] = "";
		if (entry->fts_info == FTS_DP || (entry->fts_level == 0 && !details))
			continue;
		bool is_whiteout = S_ISCHR(st->st_mode) && st->st_rdev == 0;
		buf_printf(&text, "%s %o %u:%u %lld", entry->fts_path + strlen(path), st->st_mode,
			   st->st_uid, st->st_gid, is_whiteout ? 0 : (long long)st->st_mtime);
		if (details)
			buf_printf(&text, " #%llu n%u", (unsigned long long)st->st_ino,
				   (unsigned)st->st_nlink);
		if (S_ISLNK(st->st_mode) && readlink(entry->fts_accpath, target, 4095) > 0)
			buf_printf(&text, " -> %s", target);
		if (S_ISREG(st->st_mode))
			add_content(&text, entry->fts_accpath, st->st_size);
		if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
			buf_printf(&text, " %u/%u", major(st->st_rdev), minor(st->st_rdev));
		add_xattrs(&text, entry->fts_accpath);
		buf_add_char(&text, '\n');
	}
	fts_close(fts);
	return buf_take(&text);
}

static inline void write_text(const char *dir, const char *name, const char *content)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_return_code(fd, 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static inline void make_dir(const char *dir, const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_return_code(mkdir(path, 0755), errno);
}

static inline int scratch_set_up(void **state)
{
	struct scratch *scratch = xcalloc(1, sizeof(*scratch));

	(void)umask(077);
	(void)snprintf(scratch->path, sizeof(scratch->path), "/tmp/cbuild-layer-XXXXXX");
	assert_non_null(mkdtemp(scratch->path));
	(void)snprintf(scratch->root, sizeof(scratch->root), "%s/root", scratch->path);
	(void)snprintf(scratch->canary, sizeof(scratch->canary), "%s/canary", scratch->path);
	make_dir(scratch->path, "root");
	make_dir(scratch->path, "canary");
	make_dir(scratch->canary, "dir");
	write_text(scratch->canary, "file", "tweet");
	write_text(scratch->canary, "dir/inner", "tweet tweet");
	scratch->canary_before = describe_tree(scratch->canary, true);
	scratch->root_fd = open(scratch->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch->tar = (struct buf)BUF_INIT;
	scratch->options = (struct unpack_options){ .mode = UNPACK_OVERLAY_LOWER,
						    .overlay_prefix = "trusted.overlay." };
	*state = scratch;
	return 0;
}

static inline void scratch_empty_root(struct scratch *scratch)
{
	struct error err = ERROR_INIT;
	int fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	close(scratch->root_fd);
	if (fs_remove_tree(fd, "root", &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	make_dir(scratch->path, "root");
	scratch->root_fd = open(scratch->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline void assert_canary_alive(const struct scratch *scratch)
{
	autofree char *now = describe_tree(scratch->canary, true);

	assert_string_equal(now, scratch->canary_before);
}

static inline int scratch_tear_down(void **state)
{
	struct scratch *scratch = *state;
	struct error err = ERROR_INIT;

	assert_canary_alive(scratch);
	close(scratch->root_fd);
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs_remove_tree(fd, scratch->path + strlen("/tmp/"), &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	buf_release(&scratch->tar);
	free(scratch->canary_before);
	free(scratch);
	return 0;
}

/* Unpacks the tar built so far; the builder starts anew. */
static inline int scratch_unpack(struct scratch *scratch)
{
	int fd = file_of(scratch->tar.data, scratch->tar.len);

	scratch->err = (struct error)ERROR_INIT;
	int result = layer_unpack(fd, scratch->root_fd, &scratch->options, NULL, &scratch->result,
				  &scratch->err);
	close(fd);
	buf_clear(&scratch->tar);
	return result;
}

static inline void assert_unpacks(struct scratch *scratch)
{
	tar_end(&scratch->tar);
	if (scratch_unpack(scratch) < 0)
		fail_msg("%s", scratch->err.text);
}

static inline void assert_tree(const struct scratch *scratch, const char *expected)
{
	autofree char *tree = describe_tree(scratch->root, false);

	assert_string_equal(tree, expected);
}

#endif
