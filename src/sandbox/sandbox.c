/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "init.h"
#include "kit.h"

#include "base/fs.h"
#include "sandbox/user.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Every enum is closed: what is not known here is refused, for skipping it would drop a wall. */
static int check_modes(const struct sandbox_spec *spec, struct error *err)
{
	switch (spec->isolation) {
	case ISOLATION_NS_ROOT:
		break;
	case ISOLATION_NS_ROOTLESS:
	case ISOLATION_NS_SINGLE:
	case ISOLATION_CHROOT:
	case ISOLATION_NONE:
		return error_set(err, ERROR_UNSUPPORTED,
				 "running a step with isolation '%s' is not supported yet",
				 sandbox_isolation_name(spec->isolation));
	default:
		return error_set(err, ERROR_USAGE, "unknown isolation %d", (int)spec->isolation);
	}
	if (spec->security != SANDBOX_CONFINED && spec->security != SANDBOX_INSECURE)
		return error_set(err, ERROR_USAGE, "unknown security mode %d", (int)spec->security);
	if (spec->network != SANDBOX_NETWORK_NONE && spec->network != SANDBOX_NETWORK_HOST)
		return error_set(err, ERROR_USAGE, "unknown network mode %d", (int)spec->network);
	return 0;
}

static int check_mount(const struct sandbox_mount *mount, struct error *err)
{
	if (mount->kind != SANDBOX_MOUNT_FD && mount->kind != SANDBOX_MOUNT_TMPFS &&
	    mount->kind != SANDBOX_MOUNT_FILE)
		return error_set(err, ERROR_USAGE, "unknown kind of mount %d", (int)mount->kind);
	if (!mount->root_path || !*mount->root_path || *mount->root_path == '/')
		return error_set(err, ERROR_USAGE, "a mount over the root itself");
	return 0;
}

static int check_spec(const struct sandbox_spec *spec, struct error *err)
{
	if (check_modes(spec, err) < 0)
		return -1;
	if (!spec->args.len)
		return error_set(err, ERROR_USAGE, "no command to run");
	if (!spec->working_dir || *spec->working_dir != '/')
		return error_set(err, ERROR_USAGE, "the working directory is not absolute");
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (check_mount(&spec->mounts[i], err) < 0)
			return -1;
	return 0;
}

/* An image's passwd may be a FIFO, a device, a link out of the root, or endless. */
static int read_account_file(void *context, const char *root_path, struct buf *ret_text,
			     struct error *err)
{
	const int *root_fd = context;
	autoclose int fd = -1;
	struct stat st;

	int found =
		fs_open_in_root(*root_fd, root_path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "read the attributes of '/%s'", root_path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "'/%s' of the image is not a regular file",
				 root_path);
	return fs_read_fd(fd, PASSWD_SIZE_MAX, root_path, ret_text, err) < 0 ? -1 : 1;
}

static int read_report(int fd, struct init_report *report, struct error *err)
{
	size_t len = 0;

	if (fs_read_full(fd, report, sizeof(*report), &len, err) < 0)
		return -1;
	if (len != sizeof(*report) || report->magic != INIT_REPORT_MAGIC)
		return error_set(err, ERROR_SYSTEM, "process 1 of the step died");
	report->reason[sizeof(report->reason) - 1] = '\0';
	report->err.text[sizeof(report->err.text) - 1] = '\0';
	return 0;
}

static void wait_gone(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Made with the signals blocked that the init hands on, so that it misses none from its birth. */
static pid_t clone_init(struct init *init, int report_fds[2], int *ret_pidfd, struct error *err)
{
	sigset_t old;

	init_block_signals(&old);
	pid_t pid = namespaces_clone(init->spec->network, ret_pidfd, err);
	if (pid == 0) {
		(void)close(report_fds[0]);
		init->report_fd = report_fds[1];
		init_main(init);
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

static int run_init(struct init *init, void (*started)(void *context, pid_t init_pid),
		    void *context, struct init_report *report, struct error *err)
{
	autoclose int pidfd = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int read_fd = fds[0];
	autoclose int write_fd = fds[1];
	pid_t pid = clone_init(init, fds, &pidfd, err);
	if (pid < 0)
		return -1;
	(void)close(take_fd(&write_fd));
	if (started)
		started(context, pid);
	int result = read_report(read_fd, report, err);
	wait_gone(pid);
	return result;
}

int sandbox_run(const struct sandbox_kit *kit, const struct sandbox_spec *spec,
		void (*started)(void *context, pid_t init), void *context,
		struct sandbox_result *ret_result, struct error *err)
{
	cleanup(user_release) struct user user = { 0 };
	cleanup(mount_list_release) struct mount_list mounts = MOUNT_LIST_INIT;
	cleanup(strv_release) struct strv env = STRV_INIT;
	struct init_report report = { 0 };
	int root_fd = spec->root_mount_fd;
	struct init init = {
		.spec = spec,
		.mounts = &mounts,
		.user = &user,
		.env = &env,
		.filter = &kit->filter,
		.outer = &kit->outer,
	};

	if (check_spec(spec, err) < 0)
		return -1;
	if (user_resolve(spec->user ? spec->user : "", read_account_file, &root_fd, &user, err) < 0)
		return -1;
	mount_list_make(spec, &kit->facts, &mounts);
	strv_add_all(&env, &spec->env);
	if (!strv_env_get(&env, "HOME"))
		strv_env_set(&env, "HOME", user.home);
	if (run_init(&init, started, context, &report, err) < 0)
		return -1;
	if (report.has_failed) {
		*err = report.err;
		return -1;
	}
	*ret_result = (struct sandbox_result){ .status = report.status,
					       .signal = report.signal,
					       .killed = report.killed };
	memcpy(ret_result->reason, report.reason, sizeof(ret_result->reason));
	return 0;
}
