/* SPDX-License-Identifier: Apache-2.0 */
#include "user_namespace.h"

#include "base/fs.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_WORDS_MAX = 3 * ID_RANGES_MAX + 3, WORD_MAX = 16, COMPLAINT_MAX = 512 };

const char *user_namespace_helper(const char *name)
{
	static const char *const helpers[][2] = {
		{ "newuidmap", "/usr/bin/newuidmap" },
		{ "newuidmap", "/usr/local/bin/newuidmap" },
		{ "newuidmap", "/run/wrappers/bin/newuidmap" },
		{ "newgidmap", "/usr/bin/newgidmap" },
		{ "newgidmap", "/usr/local/bin/newgidmap" },
		{ "newgidmap", "/run/wrappers/bin/newgidmap" },
	};

	for (size_t i = 0; i < countof(helpers); i++)
		if (strcmp(helpers[i][0], name) == 0 && access(helpers[i][1], X_OK) == 0)
			return helpers[i][1];
	return NULL;
}

/* --- the process that holds it until a descriptor does ------------------------------------------
 */

/* Says whether it has one, and waits until nobody holds the other end of the socket any more. */
static int holder_main(int socket_fd)
{
	int cause = 0;
	char byte;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (unshare(CLONE_NEWUSER) < 0)
		cause = errno;
	if (write(socket_fd, &cause, sizeof(cause)) != sizeof(cause))
		return 1;
	while (read(socket_fd, &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

struct holder {
	pid_t pid;
	int socket_fd;
};

static void holder_release(struct holder *holder)
{
	if (holder->socket_fd >= 0)
		(void)close(holder->socket_fd);
	while (holder->pid > 0 && waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
DEFINE_RELEASE(struct holder, holder_release);

static int refuse(int cause, struct error *err)
{
	errno = cause;
	(void)error_sys(err, "make a user namespace");
	err->code = ERROR_PERMISSION;
	return -1;
}

static int start_holder(struct holder *holder, struct error *err)
{
	int ends[2], cause = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_sys(err, "make a socket pair");
	holder->pid = fork();
	if (holder->pid == 0) {
		(void)close(ends[0]);
		_exit(holder_main(ends[1]));
	}
	int sys = errno;
	(void)close(ends[1]);
	holder->socket_fd = ends[0];
	errno = sys;
	if (holder->pid < 0)
		return error_sys(err, "start a process");
	if (read(holder->socket_fd, &cause, sizeof(cause)) != (ssize_t)sizeof(cause))
		return error_set(err, ERROR_SYSTEM, "the process of the user namespace died");
	return cause ? refuse(cause, err) : 0;
}

/* --- its maps -----------------------------------------------------------------------------------
 */

static int write_file(pid_t pid, const char *name, const char *text, struct error *err)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	/* in one write, which is all that the kernel takes */
	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		(void)error_sys(err, "write '%s'", path);
		err->code = ERROR_PERMISSION;
		return -1;
	}
	return 0;
}

static int write_map(pid_t pid, const char *name, const struct id_map *map, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < map->n; i++)
		buf_printf(&text, "%u %u %u\n", map->ranges[i].inside, map->ranges[i].outside,
			   map->ranges[i].count);
	return write_file(pid, name, text.data, err);
}

static int write_maps(pid_t pid, const struct id_map *uids, const struct id_map *gids,
		      struct error *err)
{
	bool is_single = gids->n == 1 && gids->ranges[0].count == 1;

	if (is_single && write_file(pid, "setgroups", "deny", err) < 0)
		return -1;
	return write_map(pid, "uid_map", uids, err) < 0 ? -1 : write_map(pid, "gid_map", gids, err);
}

/* PATH is not asked: the helper runs with the rights of root. */
static int helper_main(const char *path, char *const *words, int complaint_fd)
{
	static char *const env[] = { NULL };

	if (dup2(complaint_fd, STDERR_FILENO) < 0)
		return 127;
	(void)execve(path, words, env);
	return 127;
}

static int run_words(const char *path, char *const *words, struct error *err)
{
	char complaint[COMPLAINT_MAX] = "";
	int ends[2], status = 0;
	size_t len = 0;
	struct error ignored;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		_exit(helper_main(path, words, ends[1]));
	(void)close(ends[1]);
	if (pid > 0) {
		(void)!fs_read_full(ends[0], complaint, sizeof(complaint) - 1, &len, &ignored);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(ends[0]);
	if (pid < 0)
		return error_sys(err, "start '%s'", path);
	complaint[len] = '\0';
	complaint[strcspn(complaint, "\n")] = '\0';
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, ERROR_PERMISSION, "'%s' refuses: %s", path,
			 *complaint ? complaint : "it says no more");
}

static int run_helper(const char *name, pid_t pid, const struct id_map *map, struct error *err)
{
	char texts[HELPER_WORDS_MAX][WORD_MAX];
	char *words[HELPER_WORDS_MAX];
	const char *path = user_namespace_helper(name);
	char own_name[WORD_MAX];
	size_t n = 0;

	if (!path)
		return error_set(err, ERROR_PERMISSION,
				 "'%s' is not installed (package uidmap or shadow-utils)", name);
	(void)snprintf(own_name, sizeof(own_name), "%s", name);
	words[n++] = own_name;
	(void)snprintf(texts[n], WORD_MAX, "%d", (int)pid);
	words[n] = texts[n];
	n++;
	for (size_t i = 0; i < map->n; i++) {
		const uint32_t numbers[] = { map->ranges[i].inside, map->ranges[i].outside,
					     map->ranges[i].count };
		for (size_t k = 0; k < countof(numbers); k++, n++) {
			(void)snprintf(texts[n], WORD_MAX, "%u", numbers[k]);
			words[n] = texts[n];
		}
	}
	words[n] = NULL;
	return run_words(path, words, err);
}

static int set_maps(pid_t pid, const struct id_map *uids, const struct id_map *gids,
		    enum map_writer writer, struct error *err)
{
	if (writer == MAP_BY_KERNEL)
		return write_maps(pid, uids, gids, err);
	return run_helper("newuidmap", pid, uids, err) < 0
		       ? -1
		       : run_helper("newgidmap", pid, gids, err);
}

int user_namespace_make(const struct id_map *uids, const struct id_map *gids,
			enum map_writer writer, int *ret_fd, struct error *err)
{
	cleanup(holder_release) struct holder holder = { -1, -1 };
	char path[64];

	if (start_holder(&holder, err) < 0 || set_maps(holder.pid, uids, gids, writer, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)holder.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	*ret_fd = fd;
	return 0;
}

/* --- entering -----------------------------------------------------------------------------------
 */

int user_namespace_enter(int fd, struct error *err)
{
	if (setns(fd, CLONE_NEWUSER) < 0)
		return error_sys(err, "enter the user namespace");
	if (unshare(CLONE_NEWNS) < 0) {
		(void)error_sys(err, "make a mount namespace");
		err->code = ERROR_PERMISSION;
		return -1;
	}
	return 0;
}
