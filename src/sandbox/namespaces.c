/* SPDX-License-Identifier: Apache-2.0 */
#include "namespaces.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

/* The time namespace stays: one of its own breaks nothing and gains nothing. */
static int namespace_flags(enum sandbox_network network)
{
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

	return network == SANDBOX_NETWORK_NONE ? flags | CLONE_NEWNET : flags;
}

static int refuse(struct error *err)
{
	int cause = errno;

	(void)error_sys(err, "make namespaces");
	if (cause == EPERM || cause == ENOSYS || cause == ENOSPC)
		err->code = ERROR_PERMISSION;
	if (cause == EPERM || cause == ENOSYS)
		return error_wrap(err, "a RUN as root needs CAP_SYS_ADMIN and a seccomp profile "
				       "that allows clone, mount and pivot_root");
	return -1;
}

/* By clone(2), whose wrapper knows how to begin on another stack; clone3's would have to be ours.
 */
pid_t namespaces_clone(enum sandbox_isolation isolation, enum sandbox_network network,
		       int (*main)(void *argument), void *argument, void *stack_end,
		       struct error *err)
{
	int flags = isolation == ISOLATION_CHROOT ? 0 : namespace_flags(network);
	pid_t pid = clone(main, stack_end, CLONE_VM | SIGCHLD | flags, argument);

	return pid < 0 ? refuse(err) : pid;
}
