/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int namespace_flags =
	CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

static struct probe refused(enum probe_stage stage)
{
	return (struct probe){ (int)stage, errno };
}

/* Process 1 of the new pid namespace, which the proc file system is of. */
static struct probe try_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return refused(PROBE_MOUNTS);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		return refused(PROBE_PROC);
	return (struct probe){ PROBE_FINE, 0 };
}

static int tell(int fd, struct probe probe)
{
	return write(fd, &probe, sizeof(probe)) == (ssize_t)sizeof(probe) ? 0 : 1;
}

static void wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int child_main(int user_namespace_fd, int fd)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (user_namespace_fd >= 0 && setns(user_namespace_fd, CLONE_NEWUSER) < 0)
		return tell(fd, refused(PROBE_USER_NAMESPACE));
	if (unshare(namespace_flags) < 0)
		return tell(fd, refused(PROBE_NAMESPACES));
	pid_t pid = fork();
	if (pid < 0)
		return tell(fd, refused(PROBE_NAMESPACES));
	if (pid == 0)
		_exit(tell(fd, try_mounts()));
	wait_for(pid);
	return 0;
}

int probe_namespaces(int user_namespace_fd, struct probe *ret_probe, struct error *err)
{
	struct probe probe;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		_exit(child_main(user_namespace_fd, ends[1]));
	(void)close(ends[1]);
	ssize_t n = pid < 0 ? -1 : read(ends[0], &probe, sizeof(probe));
	(void)close(ends[0]);
	if (pid > 0)
		wait_for(pid);
	if (n != (ssize_t)sizeof(probe))
		return error_set(err, ERROR_SYSTEM, "the process that tries namespaces died");
	*ret_probe = probe;
	return 0;
}
