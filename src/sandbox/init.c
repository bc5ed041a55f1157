/* SPDX-License-Identifier: Apache-2.0 */
#include "init.h"

#include "capabilities.h"
#include "chroot.h"
#include "mounts.h"
#include "mounts_check.h"
#include "namespaces.h"
#include "network.h"

#include "base/path.h"
#include "base/text.h"
#include "limits/rlimit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
	STACK_SIZE = 256 * 1024,
	GUARD_SIZE = 64 * 1024, /* no page is larger */
	STACKS_SIZE = GUARD_SIZE + COMMAND_STACK_SIZE + STACK_SIZE
};

/* What the init and its caller have in common besides struct init. */
struct birth {
	struct init *init;
	int parent_pidfd;
	void *command_stack_end;
	struct stubs stubs;
	struct chroot_root chroot;
	bool is_cancelled; /* a signal came, and was handed on */
	uint32_t may_go; /* 0 until the caller has told of the pid, and touches nothing any more */
};

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static void fill_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	(void)sigaddset(set, SIGPWR);
	for (size_t i = 0; i < countof(forwarded); i++)
		(void)sigaddset(set, forwarded[i]);
}

/*
 * With process 1 the kernel ends all of a pid namespace. Where there is none it has to do so
 * itself, so it is only told.
 */
static int death_signal(const struct init *init)
{
	return init->spec->isolation == ISOLATION_CHROOT ? SIGPWR : SIGKILL;
}

/*
 * Dies with the parent from here on; false where that is gone already (in a new pid namespace
 * getppid() is 0 either way). Nothing here may set errno: it is also the parent's.
 */
static bool bind_to_parent(const struct birth *birth)
{
	struct pollfd parent = { .fd = birth->parent_pidfd, .events = POLLIN };

	return prctl(PR_SET_PDEATHSIG, death_signal(birth->init), 0, 0, 0) == 0 &&
	       poll(&parent, 1, 0) == 0;
}

static int set_names(const struct init *init, struct error *err)
{
	const char *hostname = init->spec->hostname;

	if (!hostname || !*hostname)
		hostname = "buildkitsandbox"; /* BuildKit's; files that a RUN writes hold it */
	if (sethostname(hostname, strlen(hostname)) < 0)
		return error_sys(err, "set the hostname '%s'", hostname);
	return 0;
}

static int limit_pids(const struct init *init, const struct rootfs *rootfs, struct error *err)
{
	uint64_t pids = init->kit->namespace_pids;

	return pids ? pid_numbers_limit(pids, rootfs->place_fd, err) : 0;
}

static int build_root(const struct init *init, struct stubs *stubs, struct rootfs *ret_rootfs,
		      struct error *err)
{
	cleanup(rootfs_release) struct rootfs rootfs = ROOTFS_INIT;
	bool is_insecure = init->spec->security == SANDBOX_INSECURE;

	if (rootfs_attach(init->spec->root_mount_fd, init->spec->place_fd, is_insecure, &rootfs,
			  err) < 0 ||
	    limit_pids(init, &rootfs, err) < 0 ||
	    mounts_apply(init->mounts, &rootfs, stubs, err) < 0 || rootfs_enter(&rootfs, err) < 0 ||
	    mounts_check(init->mounts, is_insecure, err) < 0)
		return -1;
	*ret_rootfs = rootfs;
	rootfs = (struct rootfs)ROOTFS_INIT;
	return 0;
}

/* Through the mounts: a working directory in a cache mount is made there. */
static int open_working_dir(const struct init *init, int root_fd, int *ret_fd, struct error *err)
{
	const struct target_maker maker = { .uid = init->user->uid,
					    .gid = init->user->gid,
					    .records_owner = init->emulation };
	autofree char *root_path = path_clean(init->spec->working_dir);
	autoclose int fd = -1;
	struct stat st;

	if (target_open(root_fd, root_path, &maker, &fd, err) < 0)
		return error_wrap(err, "working directory '%s'", init->spec->working_dir);
	if (fstat(fd, &st) < 0)
		return error_sys(err, "working directory '%s'", init->spec->working_dir);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_USAGE, "working directory '%s' is not a directory",
				 init->spec->working_dir);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_stdin(const struct init *init, int *ret_fd, struct error *err)
{
	int fd = init->spec->stdin_fd >= 0
			 ? fcntl(init->spec->stdin_fd, F_DUPFD_CLOEXEC, 3)
			 : open("/dev/null", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return error_sys(err, "open standard input");
	*ret_fd = fd;
	return 0;
}

/*
 * Who answers the command's calls has to read their arguments, which until it is the command lie in
 * this memory. Nobody else can look: the step has fewer capabilities than this process, and one
 * that is not confined, and has them all, begins when it is over (hides_at_once).
 */
static void let_look(const struct init *init)
{
	if (init->emulation)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* The terminal in place of what the command had. */
static void take_rescue(const struct sandbox_rescue *rescue, const struct strv *env,
			struct command *command)
{
	command->args = strv_items(&rescue->args);
	command->env = strv_items(env);
	command->has_terminal = true;
	for (size_t i = 0; i < countof(command->fds); i++)
		command->fds[i] = rescue->terminal_fd;
}

/* Or what comes after it, with that environment. */
static int start_command(const struct birth *birth, int root_fd,
			 const struct sandbox_rescue *rescue, const struct strv *env,
			 pid_t *ret_pid, struct command_failure *failure, struct error *err)
{
	const struct init *init = birth->init;
	autoclose int stdin_fd = -1, working_dir_fd = -1;
	bool is_confined = init->spec->security != SANDBOX_INSECURE;
	bool is_chroot = init->spec->isolation == ISOLATION_CHROOT;
	const struct sandbox_policy *policy = init->kit->policy;
	uint64_t allowed =
		is_confined ? capabilities_of_policy(policy, init->spec->network)
			    : capabilities_allowed(init->spec->security, init->spec->network);
	const struct confinement confinement = {
		.capabilities = is_chroot ? chroot_capabilities(allowed) : allowed,
		.filter = is_confined && init->kit->filter.len ? &init->kit->filter : NULL,
		.second_filter = is_chroot ? &init->kit->chroot_filter : NULL,
		.has_no_new_privileges =
			is_chroot ||
			(is_confined && (policy->is_strict || policy->has_no_new_privileges)),
		.apparmor = is_confined ? policy->apparmor : NULL,
		.scope_fd = is_chroot	  ? birth->chroot.landlock_fd
			    : is_confined ? init->kit->scope_fd
					  : -1,
		.outer_fd = is_chroot ? birth->chroot.outer_fd : -1,
		.emulation = init->emulation,
		.uid = init->user->uid,
		.gid = init->user->gid,
		.groups = init->user->groups,
		.n_groups = init->user->n_groups,
	};
	struct command command = {
		.args = strv_items(&init->spec->args),
		.env = strv_items(init->env),
		.confinement = &confinement,
		.builder = init->kit->builder,
		.oom_score = init->kit->oom_score,
		.hides_at_once = !is_confined,
		.dies_with_parent = is_chroot,
		.cgroup = init->cgroup,
		.dumps_no_core = init->spec->dumps_no_core,
		.rlimits = init->kit->limits.rlimits,
		.n_rlimits = init->kit->limits.n_rlimits,
		.stack_end = birth->command_stack_end,
	};

	if (is_confined && capabilities_check_added(policy->added_capabilities, err) < 0)
		return -1;
	if (open_working_dir(init, root_fd, &working_dir_fd, err) < 0 ||
	    open_stdin(init, &stdin_fd, err) < 0)
		return -1;
	command.fds[0] = stdin_fd;
	command.fds[1] = init->spec->stdout_fd;
	command.fds[2] = init->spec->stderr_fd;
	command.working_dir_fd = working_dir_fd;
	if (rescue)
		take_rescue(rescue, env, &command);
	(void)umask(022);
	let_look(init);
	int started = command_start(&command, ret_pid, failure, err);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (started < 0)
		return -1;
	if (!*ret_pid && failure->is_setup) {
		*err = failure->err;
		return -1;
	}
	return 0;
}

static void note_end(struct sandbox_result *result, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		result->signal = WTERMSIG(wait_status);
		result->status = 128 + result->signal;
	} else {
		result->status = WEXITSTATUS(wait_status);
	}
}

/* Reaps everything that is dead; true when the command is among it. */
static bool reap(pid_t command, struct sandbox_result *result)
{
	bool is_over = false;
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		note_end(result, wait_status);
		is_over = true;
	}
	return is_over;
}

/*
 * Who stands outside of a pid namespace has no number in it. Who queues a signal may give any
 * number, but cannot say that it was sent by kill(2), or by the kernel.
 */
static bool is_from_outside(const struct birth *birth, const siginfo_t *info)
{
	return birth->init->spec->isolation == ISOLATION_CHROOT ||
	       (info->si_pid == 0 && (info->si_code == SI_USER || info->si_code == SI_KERNEL));
}

/* What comes from outside is a cancel; `as`: in place of the signal that came, or 0. */
static void wait_for(struct birth *birth, pid_t command, int as, struct sandbox_result *result)
{
	sigset_t set;

	fill_signals(&set);
	while (!reap(command, result)) {
		siginfo_t info = { 0 };
		int number = sigwaitinfo(&set, &info);
		if (number == SIGPWR)
			(void)kill(-command, SIGKILL);
		if (number <= 0 || number == SIGCHLD || number == SIGPWR)
			continue;
		birth->is_cancelled |= is_from_outside(birth, &info);
		(void)kill(-command, as ? as : number);
	}
}

/* Asked before they are killed: a shell may still reap its child before it dies itself. */
static unsigned count_others(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0;

	while (proc && (entry = readdir(proc)) != NULL)
		n += text_is_digit(entry->d_name[0]) && strcmp(entry->d_name, "1") != 0;
	if (proc)
		(void)closedir(proc);
	return n;
}

/* What the command left behind. When this returns, this process is alone. */
static unsigned kill_rest(void)
{
	if (kill(-1, 0) < 0)
		return 0;
	unsigned n = count_others();
	(void)kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return n;
}

static int clear_stubs(struct birth *birth, struct error *err)
{
	const struct stubs *stubs = &birth->stubs;
	bool is_chroot = birth->init->spec->isolation == ISOLATION_CHROOT;
	struct error ignored;

	int result = is_chroot ? chroot_root_leave(&birth->chroot, err) : 0;
	if (!stubs->len)
		return result;
	if (!is_chroot && (birth->init->spec->seals_root || !rootfs_strip()))
		stubs_uncover(stubs);
	return stubs_remove(stubs, result < 0 ? &ignored : err) < 0 ? -1 : result;
}

/* Every process of the step is gone, and its stubs are. */
static int seal_root(struct init *init, struct error *err)
{
	if (!init->spec->seals_root)
		return 0;
	if (init->emulation)
		emulation_settle(init->emulation);
	int sealed = rootfs_seal(err);
	init->result.is_held = sealed == 0;
	return sealed > 0 ? mounts_check_sealed(err) : sealed;
}

/* In namespaces, or in a plain chroot. */
static int enter_root(struct birth *birth, struct rootfs *rootfs, struct error *err)
{
	const struct init *init = birth->init;

	if (init->spec->isolation == ISOLATION_CHROOT) {
		rootfs->root_fd = init->spec->root_mount_fd;
		return chroot_root_enter(init->spec, &birth->stubs, &birth->chroot, err);
	}
	if (getpid() != 1)
		return error_set(err, ERROR_SYSTEM,
				 "not confined: the pid namespace is the outer one");
	if (set_names(init, err) < 0)
		return -1;
	if (network_enter(init->spec, err) < 0)
		return -1;
	return build_root(init, &birth->stubs, rootfs, err);
}

static unsigned kill_all(struct birth *birth)
{
	return birth->init->spec->isolation == ISOLATION_CHROOT ? chroot_kill_rest(&birth->chroot)
								: kill_rest();
}

static int run_rescue(struct birth *birth, int root_fd, struct error *err)
{
	const struct sandbox_rescue *rescue = birth->init->spec->rescue;
	cleanup(strv_release) struct strv env = STRV_INIT;
	struct command_failure failure = { 0 };
	struct sandbox_result ignored = { 0 };
	pid_t pid;

	if (!rescue || !birth->init->result.status || birth->is_cancelled)
		return 0;
	strv_add_all(&env, birth->init->env);
	strv_add_all(&env, &rescue->env);
	if (write(rescue->started_fd, "", 1) < 0 ||
	    start_command(birth, root_fd, rescue, &env, &pid, &failure, err) < 0)
		return -1;
	if (pid)
		wait_for(birth, pid, SIGKILL, &ignored);
	else
		(void)dprintf(rescue->terminal_fd, "%s\n", failure.reason);
	(void)kill_all(birth);
	return 0;
}

static int run(struct birth *birth, struct error *err)
{
	struct sandbox_result *result = &birth->init->result;
	cleanup(rootfs_release) struct rootfs rootfs = ROOTFS_INIT;
	struct command_failure failure = { 0 };
	pid_t command;

	(void)umask(0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_sys(err, "make process 1 undumpable");
	if (enter_root(birth, &rootfs, err) < 0 ||
	    start_command(birth, rootfs.root_fd, NULL, NULL, &command, &failure, err) < 0)
		return -1;
	if (command) {
		wait_for(birth, command, 0, result);
		result->is_cancelled = birth->is_cancelled;
		result->killed = kill_all(birth);
	} else {
		result->status = failure.status;
		memcpy(result->reason, failure.reason, sizeof(result->reason));
	}
	return run_rescue(birth, rootfs.root_fd, err);
}

/*
 * Every signal is blocked from its birth: none is lost, and no handler of the caller's runs here.
 * An ignored SIGCHLD would reap by itself.
 */
static int init_main(void *argument)
{
	struct birth *birth = argument;
	struct init *init = birth->init;
	struct error ignored;

	if (!bind_to_parent(birth))
		return 1;
	while (!__atomic_load_n(&birth->may_go, __ATOMIC_ACQUIRE))
		(void)syscall(SYS_futex, &birth->may_go, FUTEX_WAIT, 0, NULL, NULL, 0);
	(void)signal(SIGCHLD, SIG_DFL);
	/* the stubs go in any case; the first error is the one that counts */
	if (run(birth, init->err) < 0)
		init->has_failed = true;
	if (clear_stubs(birth, init->has_failed ? &ignored : init->err) < 0)
		init->has_failed = true;
	stubs_release(&birth->stubs);
	if (!init->has_failed && seal_root(init, init->err) < 0)
		init->has_failed = true;
	init->is_over = true;
	return 0;
}

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
			started(context, pid, death_signal(birth->init));
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
