/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor_snapshots.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "sandbox/isolation.h"
#include "snapshot/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct answer {
	bool is_known;
	char text[sizeof(((struct error *)0)->text)]; /* the name, or why not */
};

static struct answer refusal(const struct error *err)
{
	struct answer answer = { 0 };

	(void)snprintf(answer.text, sizeof(answer.text), "%s", err->text);
	return answer;
}

static enum snapshot_kind kind_in(const struct isolation *isolation)
{
	if (isolation_mode(isolation) == ISOLATION_CHROOT)
		return SNAPSHOTS_COPY_PLAIN;
	if (isolation_mode(isolation) == ISOLATION_NS_SINGLE)
		return SNAPSHOTS_SINGLE_ID;
	return isolation_mode(isolation) == ISOLATION_NONE ? SNAPSHOTS_RECORDED : SNAPSHOTS_AUTO;
}

/* Root's jobs have a mount namespace of their own, as whoever enters a user namespace has. */
static int enter(struct isolation *isolation, int dir_fd, struct error *err)
{
	if (isolation_mode(isolation) == ISOLATION_NS_ROOT &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		return error_sys(err, "make a mount namespace");
	return isolation_enter(isolation, &dir_fd, 1, err);
}

static struct answer ask(struct isolation *isolation, int dir_fd)
{
	struct error err = ERROR_INIT;
	struct answer answer = { .is_known = true };
	const char *name = NULL;

	if (enter(isolation, dir_fd, &err) < 0 ||
	    snapshots_probe(dir_fd, kind_in(isolation), &name, &err) < 0)
		return refusal(&err);
	(void)snprintf(answer.text, sizeof(answer.text), "%s", name);
	return answer;
}

static int ask_in_child(struct isolation *isolation, int dir_fd, struct answer *ret_answer,
			struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	pid_t pid = fork();
	if (pid == 0) {
		struct answer answer = ask(isolation, dir_fd);
		_exit(write(ends[1], &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
	}
	(void)close(ends[1]);
	ssize_t n = pid < 0 ? -1 : read(ends[0], ret_answer, sizeof(*ret_answer));
	(void)close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(*ret_answer))
		return error_set(err, ERROR_SYSTEM, "the process that tries snapshots died");
	return 0;
}

/* The path of the directory that this one is in, by its text. */
static void cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		(void)strcpy(path, ".");
	else if (slash == path)
		slash[1] = '\0';
	else
		*slash = '\0';
}

/* The store, or what there is of the way to it. */
static int open_nearest(const char *root, int *ret_fd, struct error *err)
{
	autofree char *path = xstrdup(*root ? root : ".");

	for (;;) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			*ret_fd = fd;
			return 0;
		}
		if (errno != ENOENT || strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
			return error_sys(err, "open '%s'", path);
		cut_name(path);
	}
}

int doctor_snapshots(const char *root, struct isolation *isolation, char **ret_name,
		     struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	autoclose int near_fd = -1, dir_fd = -1;
	struct answer answer = { 0 };
	struct error ignored = ERROR_INIT;

	if (open_nearest(root, &near_fd, err) < 0)
		return -1;
	fs_random_name(".cbuild-doctor", &name);
	if (mkdirat(near_fd, name.data, 0700) < 0)
		return error_sys(err, "write to the place of '%s'", root);
	dir_fd = openat(near_fd, name.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = dir_fd < 0 ? error_sys(err, "open '%s'", name.data)
				: ask_in_child(isolation, dir_fd, &answer, err);
	if (fs_remove_tree(near_fd, name.data, result < 0 ? &ignored : err) < 0)
		return -1;
	if (result == 0 && !answer.is_known)
		return error_set(err, ERROR_SYSTEM, "%s", answer.text);
	if (result == 0)
		*ret_name = xstrdup(answer.text);
	return result;
}
