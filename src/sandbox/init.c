/* SPDX-License-Identifier: Apache-2.0 */
#include "init.h"

#include "capabilities.h"
#include "mounts.h"
#include "network.h"

#include "base/fs.h"
#include "base/path.h"
#include "base/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { OOM_SCORE_ADDED = 500, OOM_SCORE_MAX = 1000 };

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static void fill_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < countof(forwarded); i++)
		(void)sigaddset(set, forwarded[i]);
}

void init_block_signals(sigset_t *ret_old)
{
	sigset_t set;

	fill_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, ret_old);
}

/*
 * The parent may have died before the death signal was set. In a new pid namespace getppid() is 0
 * either way; but a pipe whose reader is gone says so.
 */
static int bind_to_parent(const struct init *init, struct error *err)
{
	struct pollfd report = { .fd = init->report_fd };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_sys(err, "set up process 1");
	if (poll(&report, 1, 0) > 0 && (report.revents & POLLERR))
		return error_set(err, ERROR_CANCELLED, "the parent is gone");
	return 0;
}

/* The step goes before anything else when memory runs out. Best effort: not all may write this. */
static void raise_oom_score(int root_fd)
{
	autoclose int fd = openat(root_fd, "proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	int score = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%d", &score) != 1)
		return;
	score += OOM_SCORE_ADDED;
	int len = snprintf(text, sizeof(text), "%d", score > OOM_SCORE_MAX ? OOM_SCORE_MAX : score);
	if (pwrite(fd, text, (size_t)len, 0) < 0)
		return;
}

static int prove_namespaces(const struct init *init, int root_fd, struct error *err)
{
	struct namespace_ids own;

	if (namespaces_read(root_fd, "proc", &own, err) < 0)
		return -1;
	return namespaces_check(init->outer, &own, init->spec->network, err);
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

static int build_root(const struct init *init, struct stubs *stubs, struct rootfs *ret_rootfs,
		      struct error *err)
{
	cleanup(rootfs_release) struct rootfs rootfs = ROOTFS_INIT;
	bool is_insecure = init->spec->security == SANDBOX_INSECURE;

	if (rootfs_attach(init->spec->root_mount_fd, is_insecure, &rootfs, err) < 0 ||
	    mounts_apply(init->mounts, &rootfs, stubs, err) < 0 ||
	    prove_namespaces(init, rootfs.root_fd, err) < 0)
		return -1;
	raise_oom_score(rootfs.root_fd);
	if (rootfs_enter(&rootfs, err) < 0)
		return -1;
	*ret_rootfs = rootfs;
	rootfs = (struct rootfs)ROOTFS_INIT;
	return 0;
}

/* Through the mounts: a working directory in a cache mount is made there. */
static int open_working_dir(const struct init *init, int root_fd, int *ret_fd, struct error *err)
{
	const struct target_maker maker = { .uid = init->user->uid, .gid = init->user->gid };
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

static int find_builder(struct program_id *ret_id, struct error *err)
{
	struct stat st;

	if (stat("/proc/self/exe", &st) < 0)
		return error_sys(err, "look at our own program");
	*ret_id = (struct program_id){ st.st_dev, st.st_ino };
	return 0;
}

static int start_command(const struct init *init, int root_fd, pid_t *ret_pid,
			 struct command_failure *failure, struct error *err)
{
	autoclose int stdin_fd = -1, working_dir_fd = -1;
	const struct confinement confinement = {
		.capabilities = capabilities_allowed(init->spec->security, init->spec->network),
		.filter = init->spec->security == SANDBOX_INSECURE ? NULL : init->filter,
		.uid = init->user->uid,
		.gid = init->user->gid,
		.groups = init->user->groups,
		.n_groups = init->user->n_groups,
	};
	struct command command = {
		.args = strv_items(&init->spec->args),
		.env = strv_items(init->env),
		.confinement = &confinement,
	};

	if (find_builder(&command.builder, err) < 0 ||
	    open_working_dir(init, root_fd, &working_dir_fd, err) < 0 ||
	    open_stdin(init, &stdin_fd, err) < 0)
		return -1;
	command.fds[0] = stdin_fd;
	command.fds[1] = init->spec->stdout_fd;
	command.fds[2] = init->spec->stderr_fd;
	command.working_dir_fd = working_dir_fd;
	(void)umask(022);
	if (command_start(&command, ret_pid, failure, err) < 0)
		return -1;
	if (!*ret_pid && failure->is_setup) {
		*err = failure->err;
		return -1;
	}
	return 0;
}

static void note_end(struct init_report *report, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		report->signal = WTERMSIG(wait_status);
		report->status = 128 + report->signal;
	} else {
		report->status = WEXITSTATUS(wait_status);
	}
}

/* Reaps everything that is dead; true when the command is among it. */
static bool reap(pid_t command, struct init_report *report)
{
	bool is_over = false;
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		note_end(report, wait_status);
		is_over = true;
	}
	return is_over;
}

static void wait_for(pid_t command, struct init_report *report)
{
	sigset_t set;

	fill_signals(&set);
	while (!reap(command, report)) {
		int number = sigwaitinfo(&set, NULL);
		if (number > 0 && number != SIGCHLD)
			(void)kill(-command, number);
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

static int clear_stubs(const struct stubs *stubs, struct error *err)
{
	if (!stubs->len)
		return 0;
	return rootfs_strip(err) < 0 ? -1 : stubs_remove(stubs, err);
}

static int run(const struct init *init, struct init_report *report, struct stubs *stubs,
	       struct error *err)
{
	cleanup(rootfs_release) struct rootfs rootfs = ROOTFS_INIT;
	struct command_failure failure = { 0 };
	pid_t command;

	(void)umask(0);
	if (bind_to_parent(init, err) < 0 || set_names(init, err) < 0)
		return -1;
	if (init->spec->network == SANDBOX_NETWORK_NONE && network_raise_loopback(err) < 0)
		return -1;
	if (build_root(init, stubs, &rootfs, err) < 0 ||
	    start_command(init, rootfs.root_fd, &command, &failure, err) < 0)
		return -1;
	if (!command) {
		report->status = failure.status;
		memcpy(report->reason, failure.reason, sizeof(report->reason));
		return 0;
	}
	wait_for(command, report);
	report->killed = kill_rest();
	return 0;
}

void init_main(const struct init *init)
{
	struct stubs stubs = STUBS_INIT;
	static_assert(sizeof(struct init_report) <= PIPE_BUF, "the pipe must take it whole");
	struct init_report report = { .magic = INIT_REPORT_MAGIC };
	struct error ignored;

	/* the stubs go in any case; the first error is the one that counts */
	if (run(init, &report, &stubs, &report.err) < 0)
		report.has_failed = true;
	if (clear_stubs(&stubs, report.has_failed ? &ignored : &report.err) < 0)
		report.has_failed = true;
	if (fs_write_all(init->report_fd, &report, sizeof(report), &ignored) < 0)
		_exit(1);
	_exit(0);
}
