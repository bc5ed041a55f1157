/* SPDX-License-Identifier: Apache-2.0 */
#include "failed_shell.h"

#include "terminal_relay.h"

#include "base/alloc.h"
#include "base/text.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

/* Places of descriptors in the relay. */
enum { IN_FD, OUT_FD, MASTER_FD, STARTED_FD, LOCK_FD, CHANNEL_FD, KEPT_FDS };

/* bash where the image has it. */
static const char shell_command[] =
	"if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi";

void failed_shell_release(struct failed_shell *shell)
{
	close_fd_at(&shell->rescue.terminal_fd);
	close_fd_at(&shell->rescue.started_fd);
	while (shell->relay > 0 && waitpid(shell->relay, NULL, 0) < 0 && errno == EINTR)
		;
	strv_release(&shell->rescue.args);
	strv_release(&shell->rescue.env);
	*shell = (struct failed_shell)FAILED_SHELL_INIT;
}

/* Both ends of a terminal of its own, whatever is mounted on /dev/pts. */
static int open_terminal(int *ret_master_fd, int *ret_terminal_fd, struct error *err)
{
	autoclose int master_fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int locked = 0;

	if (master_fd < 0 || ioctl(master_fd, TIOCSPTLCK, &locked) < 0)
		return error_sys(err, "--on-error=shell: make a terminal");
	int fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "--on-error=shell: open a terminal");
	*ret_master_fd = take_fd(&master_fd);
	*ret_terminal_fd = fd;
	return 0;
}

static void add_greeting(const struct step_job *job, struct buf *greeting)
{
	buf_add_text(greeting, "\r\ncbuild: this step failed: ");
	text_add_printable(greeting, job->step->title, strlen(job->step->title));
	buf_add_text(greeting,
		     "\r\ncbuild: a shell in its file system; the build ends when it ends, and "
		     "nothing of it is kept\r\n");
}

/*
 * Not bound to the job's life: it has to put the caller's terminal right. It ends when all others
 * have let go of the private one, which who dies does.
 */
static _Noreturn void run_relay(const int *fds, const char *greeting, struct job_channel *channel)
{
	const struct terminal_relay relay = { IN_FD,   OUT_FD,	 MASTER_FD, STARTED_FD,
					      LOCK_FD, greeting, channel };
	int copies[KEPT_FDS];

	(void)setpgid(0, 0);
	for (int i = 0; i < KEPT_FDS; i++)
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, KEPT_FDS);
	for (int i = 0; i < KEPT_FDS; i++)
		if (copies[i] < 0 || dup2(copies[i], i) < 0)
			_exit(1);
	if (close_range(KEPT_FDS, UINT_MAX, 0) < 0)
		_exit(1);
	job_channel_move(channel, CHANNEL_FD);
	terminal_relay_run(&relay);
	_exit(0);
}

static int start_relay(const struct step_job *job, int master_fd, int started_fd, pid_t *ret_pid,
		       struct error *err)
{
	cleanup(buf_release) struct buf greeting = BUF_INIT;
	autoclose int lock_fd = openat(store_tmp_fd(job->env->image_env.store), "terminal.lock",
				       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	const int fds[KEPT_FDS] = {
		job->env->terminal_in,	     job->env->terminal_out, master_fd, started_fd, lock_fd,
		job_channel_fd(job->channel)
	};

	if (lock_fd < 0)
		return error_sys(err, "--on-error=shell: make a lock");
	add_greeting(job, &greeting);
	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "--on-error=shell: start a process");
	if (pid == 0)
		run_relay(fds, greeting.data, job->channel);
	*ret_pid = pid;
	return 0;
}

static void add_command(const struct sandbox_spec *spec, struct sandbox_rescue *rescue)
{
	const char *terminal = getenv("TERM");

	strv_add(&rescue->args, "/bin/sh");
	strv_add(&rescue->args, "-c");
	strv_add(&rescue->args, shell_command);
	if (terminal && *terminal && !strv_env_get(&spec->env, "TERM"))
		strv_printf(&rescue->env, "TERM=%s", terminal);
}

int failed_shell_start(const struct step_job *job, struct sandbox_spec *spec,
		       struct failed_shell *shell, struct error *err)
{
	autoclose int master_fd = -1, started_fd = -1;
	int fds[2];

	if (!job->env->has_failed_shell)
		return 0;
	if (open_terminal(&master_fd, &shell->rescue.terminal_fd, err) < 0)
		return -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	started_fd = fds[0];
	shell->rescue.started_fd = fds[1];
	if (start_relay(job, master_fd, started_fd, &shell->relay, err) < 0)
		return -1;
	add_command(spec, &shell->rescue);
	spec->rescue = &shell->rescue;
	return 0;
}
