/* SPDX-License-Identifier: Apache-2.0 */
/* Making and reading directory trees the plain way, for tests. */
#ifndef CBUILD_TESTS_TREE_H
#define CBUILD_TESTS_TREE_H

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/fs_entry.h"
#include "base/strv.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static inline void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static inline void make_file(int dir_fd, const char *path, const char *text)
{
	int fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static inline void make_dirs(int dir_fd, const char *path)
{
	struct error err = ERROR_INIT;

	must(fs_make_dirs(dir_fd, path, 0755, &err), &err);
}

static inline void make_whiteout(int dir_fd, const char *path)
{
	assert_int_equal(mknodat(dir_fd, path, S_IFCHR, makedev(0, 0)), 0);
}

static inline void set_opaque(int dir_fd, const char *path, const char *attribute)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fsetxattr(fd, attribute, "y", 1, 0), 0);
	(void)close(fd);
}

static inline int open_subdir(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static inline void add_hex(struct buf *line, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(line, "%02x", ((const unsigned char *)bytes)[i]);
}

/* One line that says everything about an entry but its times and sizes of directories. */
static inline void describe_entry(const struct fs_entry *entry, struct buf *line)
{
	buf_printf(line, "%s type=%d mode=%o owner=%u:%u size=%llu dev=%u:%u", entry->path,
		   (int)entry->type, entry->mode, entry->uid, entry->gid,
		   (unsigned long long)entry->size, entry->dev_major, entry->dev_minor);
	if (entry->type != FS_DIR)
		buf_printf(line, " mtime=%lld.%09u", (long long)entry->mtime, entry->mtime_nsec);
	if (entry->target)
		buf_printf(line, " -> %s", entry->target);
	if (entry->capability) {
		buf_add_text(line, " capability=");
		add_hex(line, entry->capability, entry->capability_len);
	}
}

/* An entry as it is found by path; 0 = not there. */
static inline int look_at(int root_fd, const char *path, struct fs_entry *entry, struct stat *st)
{
	static char target[PATH_MAX];
	static char capability[64];

	*entry = (struct fs_entry){ .path = path };
	if (fstatat(root_fd, *path ? path : ".", st, AT_SYMLINK_NOFOLLOW) < 0) {
		assert_true(errno == ENOENT || errno == ENOTDIR);
		return 0;
	}
	fs_entry_from_stat(st, entry);
	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(root_fd, path, target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = '\0';
		entry->target = target;
	}
	if (S_ISREG(st->st_mode)) {
		autofree char *full = xasprintf("/proc/self/fd/%d/%s", root_fd, path);
		ssize_t n = lgetxattr(full, "security.capability", capability, sizeof(capability));
		if (n > 0) {
			entry->capability = capability;
			entry->capability_len = (size_t)n;
		}
	}
	return 1;
}

static inline int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, sorted. */
static inline void read_dir_names(int root_fd, const char *path, struct strv *names)
{
	int fd = open_subdir(root_fd, *path ? path : ".");
	DIR *dir = fdopendir(fd);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			strv_add(names, entry->d_name);
	(void)closedir(dir);
	if (names->len)
		qsort(names->items, names->len, sizeof(*names->items), compare_texts);
}

/* All paths below a directory in walk order; what the kernel lists but does not have is left out.
 */
static inline void walk_tree(int root_fd, const char *path, struct strv *paths)
{
	cleanup(strv_release) struct strv names = STRV_INIT;

	read_dir_names(root_fd, path, &names);
	for (size_t i = 0; i < names.len; i++) {
		autofree char *child = xasprintf("%s%s%s", path, *path ? "/" : "", names.items[i]);
		struct stat st;
		if (fstatat(root_fd, child, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			assert_int_equal(errno, ENOENT);
			continue;
		}
		strv_add(paths, child);
		if (S_ISDIR(st.st_mode))
			walk_tree(root_fd, child, paths);
	}
}

/* The whole tree as text, a line an entry. */
static inline void describe_tree(int root_fd, struct strv *lines)
{
	cleanup(strv_release) struct strv paths = STRV_INIT;
	struct fs_entry entry;
	struct stat st;

	strv_add(&paths, "");
	walk_tree(root_fd, "", &paths);
	for (size_t i = 0; i < paths.len; i++) {
		cleanup(buf_release) struct buf line = BUF_INIT;
		assert_int_equal(look_at(root_fd, paths.items[i], &entry, &st), 1);
		describe_entry(&entry, &line);
		strv_add(lines, line.data);
	}
}

static inline void assert_same_lines(const struct strv *actual, const struct strv *expected)
{
	for (size_t i = 0; i < actual->len && i < expected->len; i++)
		if (strcmp(actual->items[i], expected->items[i]) != 0)
			fail_msg("line %zu:\n  is        %s\n  should be %s", i, actual->items[i],
				 expected->items[i]);
	if (actual->len > expected->len)
		fail_msg("too much: %s", actual->items[expected->len]);
	if (actual->len < expected->len)
		fail_msg("missing: %s", expected->items[actual->len]);
}

/* Numbers that are the same in every run of a seed. */
struct dice {
	uint64_t state;
};

static inline unsigned roll(struct dice *dice, unsigned sides)
{
	dice->state = dice->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(dice->state >> 33) % sides;
}

#endif
