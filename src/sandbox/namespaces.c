/* SPDX-License-Identifier: Apache-2.0 */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The time namespace stays: one of its own breaks nothing and gains nothing. */
static const struct {
	uint64_t flag;
	const char *name;
} namespaces[N_NAMESPACES] = {
	{ CLONE_NEWNS, "mnt" },	 { CLONE_NEWPID, "pid" },	{ CLONE_NEWIPC, "ipc" },
	{ CLONE_NEWUTS, "uts" }, { CLONE_NEWCGROUP, "cgroup" }, { CLONE_NEWNET, "net" },
};

static bool is_own(size_t i, enum sandbox_network network)
{
	return namespaces[i].flag != CLONE_NEWNET || network == SANDBOX_NETWORK_NONE;
}

int namespaces_read(int dir_fd, const char *proc_path, struct namespace_ids *ret_ids,
		    struct error *err)
{
	struct namespace_ids ids;
	struct stat st;

	for (size_t i = 0; i < N_NAMESPACES; i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "%s/self/ns/%s", proc_path, namespaces[i].name);
		if (fstatat(dir_fd, path, &st, 0) < 0)
			return error_sys(err, "read namespace '%s'", path);
		ids.inodes[i] = st.st_ino;
	}
	*ret_ids = ids;
	return 0;
}

static int refuse(struct error *err)
{
	int cause = errno;

	(void)error_sys(err, "make namespaces");
	if (cause == EPERM || cause == ENOSYS || cause == ENOSPC)
		err->code = ERROR_PERMISSION;
	if (cause == EPERM || cause == ENOSYS)
		return error_wrap(err, "a RUN as root needs CAP_SYS_ADMIN and a seccomp profile "
				       "that allows clone3, mount and pivot_root");
	return -1;
}

pid_t namespaces_clone(enum sandbox_network network, int *ret_pidfd, struct error *err)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};

	for (size_t i = 0; i < N_NAMESPACES; i++)
		if (is_own(i, network))
			args.flags |= namespaces[i].flag;
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return refuse(err);
	*ret_pidfd = pidfd;
	return pid;
}

int namespaces_check(const struct namespace_ids *outer, const struct namespace_ids *own,
		     enum sandbox_network network, struct error *err)
{
	for (size_t i = 0; i < N_NAMESPACES; i++)
		if (is_own(i, network) && outer->inodes[i] == own->inodes[i])
			return error_set(err, ERROR_SYSTEM,
					 "not confined: the %s namespace is the outer one",
					 namespaces[i].name);
	return 0;
}
