/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char HELPER_NAME[] = "cbuild-net";

enum { ERRORS_FD = HELPER_ACCESS_FD + 1, FREE_FD = 10 };

struct helper_fds {
	int socket, access, errors;
};

int helper_find(char **ret_path, struct error *err)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len < 0)
		return error_sys(err, "find the running program (is /proc mounted?)");
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	autofree char *beside = xasprintf("%s/%s", program, HELPER_NAME);
	if (access(beside, X_OK) == 0) {
		*ret_path = take_ptr(&beside);
		return 0;
	}
	autofree char *unclean = xasprintf("%s/../libexec/cbuild/%s", program, HELPER_NAME);
	autofree char *installed = path_clean_go(unclean);
	if (access(installed, X_OK) == 0) {
		*ret_path = take_ptr(&installed);
		return 0;
	}
	return error_set(err, ERROR_SYSTEM,
			 "the network needs the program %s, which is neither '%s' nor '%s'",
			 HELPER_NAME, beside, installed);
}

/* In the child: what it keeps is the socket as descriptor 3, access as 4, errors on 5, stderr. */
static int arrange_descriptors(const struct helper_fds *fds)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* first out of the way of the numbers they shall have */
	int socket_copy = fcntl(fds->socket, F_DUPFD_CLOEXEC, FREE_FD);
	int access_copy = fcntl(fds->access, F_DUPFD_CLOEXEC, FREE_FD);
	int errors_copy = fcntl(fds->errors, F_DUPFD_CLOEXEC, FREE_FD);

	if (null_fd < 0 || socket_copy < 0 || access_copy < 0 || errors_copy < 0 ||
	    dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
	    dup2(socket_copy, HELPER_SOCKET_FD) < 0 || dup2(access_copy, HELPER_ACCESS_FD) < 0 ||
	    dup3(errors_copy, ERRORS_FD, O_CLOEXEC) < 0)
		return -1;
	return (int)syscall(SYS_close_range, ERRORS_FD + 1, ~0u, 0);
}

/*
 * What is executed, the program first. In a relocatable tree the helper's loader and libraries lie
 * beside it, and it is started through that loader: the machine need not have a libc, or this one.
 */
static struct strv launch_make(const char *path)
{
	struct strv arguments = STRV_INIT;
	autofree char *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	autofree char *loader = xasprintf("%s/ld.so", folder);
	if (access(loader, X_OK) == 0) {
		strv_add(&arguments, loader);
		strv_add(&arguments, "--library-path");
		strv_add(&arguments, folder);
		strv_add(&arguments, "--argv0");
		strv_add(&arguments, HELPER_NAME);
	}
	strv_add(&arguments, path);
	return arguments;
}

static void run_child(char *const *arguments, const struct helper_fds *fds, pid_t parent)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    arrange_descriptors(fds) == 0)
		(void)execv(arguments[0], arguments);
	int sys = errno;
	(void)!write(ERRORS_FD, &sys, sizeof(sys));
	_exit(127);
}

int helper_start(const char *path, int socket_fd, int access_fd, pid_t *ret_pid, struct error *err)
{
	int errors[2];
	int sys = 0;
	size_t len = 0;
	pid_t parent = getpid();

	if (pipe2(errors, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int read_fd = errors[0];
	autoclose int write_fd = errors[1];
	cleanup(strv_release) struct strv arguments = launch_make(path);
	struct helper_fds fds = { socket_fd, access_fd, write_fd };
	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "fork for '%s'", path);
	if (pid == 0)
		run_child(strv_items(&arguments), &fds, parent);
	(void)close(take_fd(&write_fd));
	if (fs_read_full(read_fd, &sys, sizeof(sys), &len, err) == 0 && len == 0) {
		*ret_pid = pid;
		return 0;
	}
	(void)waitpid(pid, NULL, 0);
	errno = sys;
	return error_sys(err, "start '%s'", path);
}
