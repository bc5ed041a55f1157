/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "base/macros.h"
#include "limits/rlimit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
	INTERPRETERS_MAX = 5, /* the kernel follows as many */
	SCRIPT_LINE_MAX = 256
};

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct child {
	const struct command *command;
	struct command_failure *failure;
	bool is_done; /* failed, and wrote so */
};

static int fail_setup(struct child *child)
{
	child->failure->is_setup = true;
	child->is_done = true;
	return 1;
}

static int fail_command(struct child *child, int status, const char *program, const char *reason)
{
	child->failure->is_setup = false;
	child->failure->status = status;
	(void)snprintf(child->failure->reason, sizeof(child->failure->reason), "exec '%s': %s",
		       program, reason);
	child->is_done = true;
	return 1;
}

/* Sources are moved out of the way first: one may stand where another has to go. */
static int place_descriptors(const struct command *command, struct error *err)
{
	int sources[3];

	for (int i = 0; i < 3; i++) {
		sources[i] = fcntl(command->fds[i], F_DUPFD_CLOEXEC, 3);
		if (sources[i] < 0)
			return error_sys(err, "take over descriptor %d", i);
	}
	for (int i = 0; i < 3; i++)
		if (dup2(sources[i], i) < 0)
			return error_sys(err, "set descriptor %d", i);
	return 0;
}

/*
 * The kernel writes "(unreachable)" in front of a directory outside of the root; glibc's getcwd
 * would hide that (CVE-2024-21626).
 */
static int enter_working_dir(const struct command *command, struct error *err)
{
	char path[PATH_MAX];

	if (fchdir(command->working_dir_fd) < 0)
		return error_sys(err, "change to the working directory");
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return error_sys(err, "ask for the working directory");
	if (path[0] != '/')
		return error_set(err, ERROR_USAGE, "the working directory is outside of the root");
	return 0;
}

/*
 * In a user namespace the files in /proc of what is not dumpable belong to the root outside.
 * Nothing of the step runs yet that could make use of the moment.
 */
static int open_oom_score(void)
{
	static const char path[] = "/proc/self/oom_score_adj";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 || errno != EACCES || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return fd;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return fd;
}

/*
 * The step goes before anything else when memory runs out. Best effort: not all may write this. Of
 * a child as vfork makes it the kernel takes it as its own; of any other that shares memory it
 * would be everybody's.
 */
static bool write_oom_score(const struct command *command)
{
	autoclose int fd = open_oom_score();
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", command->oom_score);

	return fd >= 0 && write(fd, text, (size_t)len) == len;
}

/* What cannot be dumped belongs to root of the machine in /proc; nothing of the step runs yet. */
static void set_oom_score(const struct command *command)
{
	if (write_oom_score(command) || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	(void)write_oom_score(command);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/*
 * The group's limits hold from here on. What /proc says of groups begins there, too; that much is
 * only for looks.
 */
static int enter_limits(const struct command *command, struct error *err)
{
	if (cgroup_leaf_enter(command->cgroup, err) < 0)
		return -1;
	if (command->cgroup->home)
		(void)unshare(CLONE_NEWCGROUP);
	/* one byte is too little for a file, and the one size that keeps it from a program, too */
	if (command->dumps_no_core) {
		const struct limits_rlimit no_core = { RLIMIT_CORE, 1, 1 };
		struct error ignored;
		(void)!rlimit_set(&no_core, &ignored);
	}
	for (size_t i = 0; i < command->n_rlimits; i++)
		if (rlimit_set(&command->rlimits[i], err) < 0)
			return -1;
	return 0;
}

static int set_up(const struct command *command, struct error *err)
{
	sigset_t none;

	(void)setsid();
	/* What is ignored stays so over exec: a command that nothing tells of a closed pipe. */
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return error_sys(err, "unblock signals");
	set_oom_score(command);
	if (command->has_terminal && ioctl(command->fds[0], TIOCSCTTY, 0) < 0)
		return error_sys(err, "take over the terminal");
	if (place_descriptors(command, err) < 0 || enter_working_dir(command, err) < 0)
		return -1;
	if (enter_limits(command, err) < 0 || confinement_enter(command->confinement, err) < 0 ||
	    confinement_check(command->confinement, err) < 0)
		return -1;
	/* a change of credentials takes it away */
	if (command->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_sys(err, "bind the command to its init");
	if (close_range(3, UINT_MAX, 0) < 0)
		return error_sys(err, "close descriptors");
	return 0;
}

/* The interpreter that a script names in its first line; false where it is none. */
static bool read_interpreter(const char *path, char *ret_path, size_t size)
{
	char line[SCRIPT_LINE_MAX];
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (len < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[len] = '\0';
	const char *start = line + 2 + strspn(line + 2, " \t");
	size_t name_len = strcspn(start, " \t\n");
	if (!name_len || name_len >= size)
		return false;
	memcpy(ret_path, start, name_len);
	ret_path[name_len] = '\0';
	return true;
}

/*
 * /proc/self/exe is still our own program on the host, writable for a step's root: running it, also
 * as an interpreter, would hand it a descriptor of it (CVE-2019-5736). Nothing else runs in the
 * step yet, so what is looked at is what will be run.
 */
static bool is_builder(const struct command *command, const char *program)
{
	char path[PATH_MAX];
	struct stat st;

	if (strlen(program) >= sizeof(path))
		return false;
	(void)strcpy(path, program);
	for (int i = 0; i < INTERPRETERS_MAX; i++) {
		if (stat(path, &st) < 0)
			return false;
		if (st.st_dev == command->builder.dev && st.st_ino == command->builder.ino)
			return true;
		if (!S_ISREG(st.st_mode) || !read_interpreter(path, path, sizeof(path)))
			return false;
	}
	return false;
}

/* Returns errno: it only returns when it did not work. */
static int exec_path(const struct command *command, const char *path)
{
	if (is_builder(command, path))
		return EACCES;
	if (command->hides_at_once)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)execve(path, command->args, command->env);
	return errno;
}

static const char *search_path(char *const *env)
{
	for (; *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return default_path;
}

/* As execvp(3) looks, in the step's PATH; no shell is tried for what is no program. */
static int exec_search(const struct command *command)
{
	const char *name = command->args[0], *dir = search_path(command->env);
	bool was_refused = false;

	for (;;) {
		char path[PATH_MAX];
		size_t len = strcspn(dir, ":");
		int n = snprintf(path, sizeof(path), "%.*s%s%s",
				 (int)(len < PATH_MAX ? len : PATH_MAX), dir, len ? "/" : "./",
				 name);
		int cause = n < 0 || (size_t)n >= sizeof(path) ? ENAMETOOLONG
							       : exec_path(command, path);
		if (cause == EACCES)
			was_refused = true;
		else if (cause != ENOENT && cause != ENOTDIR && cause != ENAMETOOLONG &&
			 cause != ELOOP)
			return cause;
		if (!dir[len])
			return was_refused ? EACCES : ENOENT;
		dir += len + 1;
	}
}

static int exec_command(struct child *child)
{
	const struct command *command = child->command;
	const char *program = command->args[0];
	int cause = ENOENT;

	if (strchr(program, '/'))
		cause = exec_path(command, program);
	else if (*program)
		cause = exec_search(command);
	if (cause == ENOENT && !strchr(program, '/'))
		return fail_command(child, STATUS_NOT_FOUND, program, "not found in PATH");
	const char *text = strerrordesc_np(cause);
	return fail_command(child, cause == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE,
			    program, text ? text : "unknown error");
}

static int child_main(void *argument)
{
	struct child *child = argument;

	if (set_up(child->command, &child->failure->err) < 0)
		return fail_setup(child);
	return exec_command(child);
}

/*
 * A child as vfork makes it: it borrows this address space, so nothing is copied, and this process
 * goes on when the child is the command or gone.
 */
int command_start(const struct command *command, pid_t *ret_pid,
		  struct command_failure *ret_failure, struct error *err)
{
	struct child child = { .command = command, .failure = ret_failure };

	pid_t pid = clone(child_main, command->stack_end, CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
	if (pid < 0)
		return error_sys(err, "make a process for the command");
	if (child.is_done) {
		(void)waitpid(pid, NULL, 0);
		pid = 0;
	}
	*ret_pid = pid;
	return 0;
}
