/* SPDX-License-Identifier: Apache-2.0 */
/* Random changes to a tree, with so few names that they meet each other all the time. */
#ifndef CBUILD_TESTS_RANDOM_TREE_H
#define CBUILD_TESTS_RANDOM_TREE_H

#include "tree.h"

#include <sys/socket.h>

/* Version 2, cap_net_bind_service, effective. */
static const unsigned char SOME_CAPABILITY[20] = { 1, 0, 0, 2, 0, 4 };

/* a, a/c, c/b/a ... never "". */
static inline char *random_path(struct dice *dice)
{
	char path[16];
	unsigned depth = 1 + roll(dice, 4);

	for (unsigned i = 0; i < depth; i++) {
		path[2 * i] = (char)('a' + roll(dice, 4));
		path[2 * i + 1] = i + 1 < depth ? '/' : '\0';
	}
	return xstrdup(path);
}

static inline void try_make_file(int fd, const char *path, struct dice *dice)
{
	static const char *const texts[] = { "", "one", "two", "a longer text" };
	int file = openat(fd, path,
			  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	const char *text = texts[roll(dice, countof(texts))];

	if (file < 0)
		return;
	(void)!write(file, text, strlen(text)); /* it may be a device by now */
	(void)close(file);
}

static inline void try_capability(int fd, const char *path)
{
	int file = openat(fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file < 0)
		return;
	(void)fsetxattr(file, "security.capability", SOME_CAPABILITY, sizeof(SOME_CAPABILITY), 0);
	(void)close(file);
}

/* With whole seconds half of the time, of only two different ones. */
static inline void try_times(int fd, const char *path, struct dice *dice)
{
	struct timespec times[2] = { { .tv_sec = 1700000000 + roll(dice, 2) } };

	times[0].tv_nsec = roll(dice, 2) ? 0 : 5;
	times[1] = times[0];
	(void)!utimensat(fd, path, times, AT_SYMLINK_NOFOLLOW);
}

/* Opened for writing and not written to: an overlay copies it up. */
static inline void try_touch_nothing(int fd, const char *path)
{
	int file = openat(fd, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file >= 0)
		(void)close(file);
}

static inline void try_remove(int fd, const char *path)
{
	struct error err = ERROR_INIT;

	if (fs_remove_tree(fd, path, &err) < 0 && err.sys != ENOTDIR && err.sys != ELOOP)
		fail_msg("%s", err.text);
}

/* One random operation; whatever is not possible is not done. */
static inline void change_tree(int fd, struct dice *dice)
{
	autofree char *path = random_path(dice), *other = random_path(dice);
	struct stat st;

	switch (roll(dice, 24)) {
	case 0 ... 3:
		try_make_file(fd, path, dice);
		break;
	case 4 ... 7:
		(void)!mkdirat(fd, path, 0755);
		break;
	case 8:
		(void)!symlinkat(other, fd, path);
		break;
	case 9:
		(void)!linkat(fd, path, fd, other, 0);
		break;
	case 10:
		(void)!mknodat(fd, path, S_IFIFO | 0600, 0);
		break;
	case 11:
		(void)!mknodat(fd, path, S_IFCHR | 0640, makedev(1, 3 + roll(dice, 2)));
		break;
	case 12:
		(void)!mknodat(fd, path, S_IFSOCK | 0755, 0);
		break;
	case 13:
		(void)!fchmodat(fd, path, roll(dice, 2) ? 0755 : 04711, 0);
		break;
	case 14:
		(void)!fchownat(fd, path, roll(dice, 3), 0, AT_SYMLINK_NOFOLLOW);
		break;
	case 15:
		try_capability(fd, path);
		break;
	case 16:
		try_times(fd, path, dice);
		break;
	case 17:
		try_touch_nothing(fd, path);
		break;
	case 18:
		if (fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(st.st_mode))
			(void)!fchmodat(fd, path, st.st_mode & 07777, 0);
		break;
	case 19 ... 20:
		(void)renameat(fd, path, fd, other);
		break;
	case 21: /* a directory anew in place of an old one */
		try_remove(fd, path);
		(void)!mkdirat(fd, path, 0755);
		break;
	default:
		try_remove(fd, path);
		break;
	}
}

#endif
