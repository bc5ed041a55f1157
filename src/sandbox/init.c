/* SPDX-License-Identifier: Apache-2.0 */
#include "init_birth.h"
#include "namespaces.h"

#include "base/macros.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
	STACK_SIZE = 256 * 1024,
	GUARD_SIZE = 64 * 1024, /* no page is larger */
	STACKS_SIZE = GUARD_SIZE + COMMAND_STACK_SIZE + STACK_SIZE
};

static void let_go(struct birth *birth)
{
	__atomic_store_n(&birth->may_go, 1, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, &birth->may_go, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_gone(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Without who answers its calls a step is not what it seems to itself: it ends. */
static void watch_emulation(struct emulation *emulation, pid_t pid)
{
	autoclose int pidfd = pidfd_open(pid, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = emulation->pidfd, .events = POLLIN } };
	siginfo_t info = { 0 };

	emulation_let_go(emulation);
	while (poll(fds, countof(fds), -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents || waitid(P_PIDFD, (id_t)emulation->pidfd, &info, WEXITED | WNOWAIT) < 0)
		return;
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		(void)kill(pid, SIGKILL);
}

/*
 * The sanitizer keeps book of stacks; what a child that went away by exec wrote there about its
 * frames would be taken for the next one's. Not there without the sanitizer.
 */
void __asan_unpoison_memory_region(const volatile void *start, size_t size) __attribute__((weak));

static int run_on_stacks(struct birth *birth, char *stacks, void (*started)(void *, pid_t, int),
			 void *context, struct error *err)
{
	sigset_t all, old;

	if (__asan_unpoison_memory_region)
		__asan_unpoison_memory_region(stacks, STACKS_SIZE);
	birth->command_stack_end = stacks + GUARD_SIZE + COMMAND_STACK_SIZE;
	if (birth->init->spec->isolation == ISOLATION_CHROOT)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	int was_dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	pid_t pid = namespaces_clone(birth->init->spec->isolation, birth->init->spec->network,
				     init_main, birth, stacks + STACKS_SIZE, err);
	if (pid > 0) {
		if (started)
			started(context, pid, init_death_signal(birth->init));
		let_go(birth);
		if (birth->init->emulation)
			watch_emulation(birth->init->emulation, pid);
		wait_gone(pid);
		if (birth->init->spec->isolation == ISOLATION_CHROOT && !birth->init->is_over)
			chroot_kill_orphans();
	}
	(void)prctl(PR_SET_DUMPABLE, was_dumpable == 1, 0, 0, 0);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -1 : 0;
}

int init_run(struct init *init, void (*started)(void *context, pid_t pid, int kill_signal),
	     void *context, struct error *err)
{
	struct birth birth = { .init = init,
			       .stubs = STUBS_INIT,
			       .chroot = { .children_fd = -1, .outer_fd = -1, .landlock_fd = -1 },
			       .may_go = !started };
	autoclose int parent_pidfd = pidfd_open(getpid(), 0);

	if (parent_pidfd < 0)
		return error_sys(err, "open this process");
	birth.parent_pidfd = parent_pidfd;
	init->err = err;
	char *stacks = mmap(NULL, STACKS_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stacks == MAP_FAILED)
		return error_sys(err, "map a stack");
	int result = mprotect(stacks, GUARD_SIZE, PROT_NONE);
	if (result < 0)
		(void)error_sys(err, "protect a stack");
	else
		result = run_on_stacks(&birth, stacks, started, context, err);
	(void)munmap(stacks, STACKS_SIZE);
	stubs_forget(&birth.stubs);
	if (result == 0 && !init->is_over)
		return error_set(err, ERROR_SYSTEM, "process 1 of the step died");
	return result;
}
