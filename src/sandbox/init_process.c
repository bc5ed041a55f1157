/* SPDX-License-Identifier: Apache-2.0 */
#include "capabilities.h"
#include "init_birth.h"
#include "mounts.h"
#include "mounts_check.h"
#include "network.h"

#include "base/path.h"
#include "base/text.h"
#include "limits/rlimit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/*
 * With process 1 the kernel ends all of a pid namespace. Where there is none it has to do so
 * itself, so it is only told.
 */
int init_death_signal(const struct init *init)
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

	return prctl(PR_SET_PDEATHSIG, init_death_signal(birth->init), 0, 0, 0) == 0 &&
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
	bool is_null = init->spec->stdin_fd < 0;
	int fd = is_null ? open("/dev/null", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
			 : fcntl(init->spec->stdin_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return error_sys(err, is_null ? "open /dev/null, the step's standard input"
					      : "open standard input");
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
								: init_kill_rest();
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
		init_wait_for(birth, pid, SIGKILL, &ignored);
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
		init_wait_for(birth, command, 0, result);
		result->is_cancelled = birth->is_cancelled;
		result->killed = kill_all(birth);
	} else {
		result->status = failure.status;
		memcpy(result->reason, failure.reason, sizeof(result->reason));
	}
	return run_rescue(birth, rootfs.root_fd, err);
}

int init_main(void *argument)
{
	struct birth *birth = argument;
	struct init *init = birth->init;
	struct error ignored;

	if (!bind_to_parent(birth))
		return 1;
	while (!__atomic_load_n(&birth->may_go, __ATOMIC_ACQUIRE))
		(void)syscall(SYS_futex, &birth->may_go, FUTEX_WAIT, 0, NULL, NULL, 0);
	(void)signal(SIGCHLD, SIG_DFL); /* ignored, it would reap by itself */
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
