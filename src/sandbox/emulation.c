/* SPDX-License-Identifier: Apache-2.0 */
#include "emulation.h"

#include "emulation_serve.h"

#include "base/fs.h"
#include "seccomp/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* --- the listener -------------------------------------------------------------------------------
 */

static int send_fd(int socket_fd, int fd, struct error *err)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) != 1)
		return error_sys(err, "hand over the listener of system calls");
	return 0;
}

/* 1/0/-1; 0: there will be none. */
static int receive_fd(int socket_fd, int *ret_fd, struct error *err)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, "receive the listener of system calls");
	struct cmsghdr *header = n ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return 0;
	memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
	return 1;
}

/* Linux 5.19 has calls go on waiting through signals that do not kill: with handlers they repeat.
 */
static int load(const struct buf *filter)
{
	union {
		char *bytes;
		struct sock_filter *instructions;
	} code = { .bytes = filter->data };
	struct sock_fprog program = {
		.len = (unsigned short)(filter->len / sizeof(struct sock_filter)),
		.filter = code.instructions,
	};
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;

	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return (int)fd;
}

int emulation_enter(const struct emulation *emulation, struct error *err)
{
	autoclose int listener_fd = load(&emulation->filter);

	if (listener_fd < 0)
		return error_sys(err, "load the filter that has owners emulated");
	return send_fd(emulation->command_fd, listener_fd, err);
}

/* --- the helper ---------------------------------------------------------------------------------
 */

struct helper {
	const struct user *user;
	pid_t parent;
	int socket_fd, report_fd;
};

/* Nothing of the job's but these: what it had open it might keep somebody waiting for. */
static int keep_fds(struct answerer *answerer, struct helper *helper, struct error *err)
{
	int *const kept[] = { &answerer->proc_fd, &helper->socket_fd, &helper->report_fd };
	enum { FIRST = 100 };

	for (size_t i = 0; i < countof(kept); i++) {
		int fd = fcntl(*kept[i], F_DUPFD_CLOEXEC, FIRST);
		if (fd < 0)
			return error_sys(err, "keep a descriptor");
		*kept[i] = fd;
	}
	for (size_t i = 0; i < countof(kept); i++) {
		int place = (int)(i + 3);
		if (dup3(*kept[i], place, O_CLOEXEC) < 0)
			return error_sys(err, "keep a descriptor");
		*kept[i] = place;
	}
	if (close_range(3 + (unsigned)countof(kept), UINT32_MAX, 0) < 0 || close_range(0, 2, 0) < 0)
		return error_sys(err, "close descriptors");
	/* so that none of ours is ever taken for standard output */
	for (int i = 0; i < 3; i++)
		if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			return error_sys(err, "open '/dev/null'");
	return 0;
}

static int prepare(struct answerer *answerer, struct helper *helper, struct error *err)
{
	struct credentials first;
	sigset_t all;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_sys(err, "bind a helper to its job");
	if (getppid() != helper->parent)
		return error_set(err, ERROR_SYSTEM, "the job is gone");
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)prctl(PR_SET_NAME, "cbuild-owners", 0, 0, 0);
	answerer->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (answerer->proc_fd < 0)
		return error_sys(err, "open '/proc'");
	if (credentials_init(helper->user->uid, helper->user->gid, helper->user->groups,
			     helper->user->n_groups, &first) < 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a user with more than %d groups is not supported yet with "
				 "--isolation=single-id",
				 CREDENTIALS_GROUPS_MAX);
	vec_push(&answerer->identities, first);
	(void)umask(0);
	return keep_fds(answerer, helper, err);
}

static int serve(struct answerer *answerer, struct helper *helper, struct error *err)
{
	if (prepare(answerer, helper, err) < 0)
		return -1;
	for (;;) {
		/* a command, and perhaps what is started in its place when it failed */
		int found = receive_fd(helper->socket_fd, &answerer->listener_fd, err);
		if (found <= 0)
			return found;
		if (emulation_serve(answerer, err) < 0)
			return -1;
		close_fd_at(&answerer->listener_fd);
		answerer->listener_fd = -1;
	}
}

static _Noreturn void helper_main(struct helper *helper)
{
	struct answerer answerer = { .listener_fd = -1, .proc_fd = -1 };
	struct emulation_report report = { .err = ERROR_INIT };

	report.has_failed = serve(&answerer, helper, &report.err) < 0;
	memcpy(report.note, answerer.note, sizeof(report.note));
	ssize_t n = write(helper->report_fd, &report, sizeof(report));
	_exit(n == (ssize_t)sizeof(report) && !report.has_failed ? 0 : 1);
}

/* --- its beginning and end, in the job ----------------------------------------------------------
 */

int emulation_start(const struct user *user, struct emulation *ret_emulation, struct error *err)
{
	cleanup(emulation_release) struct emulation emulation = EMULATION_INIT;
	struct helper helper = { .user = user, .parent = getpid() };
	int sockets[2], report[2];

	if (emulation_compile(&emulation.filter, err) < 0)
		return -1;
	if (pipe2(report, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	emulation.report_fd = report[0];
	autoclose int report_end = report[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, "make a socket");
	emulation.command_fd = emulation.own_command_fd = sockets[0];
	autoclose int helper_end = sockets[1];
	helper.socket_fd = helper_end;
	helper.report_fd = report_end;
	emulation.pid = fork();
	if (emulation.pid == 0)
		helper_main(&helper);
	if (emulation.pid < 0)
		return error_sys(err, "fork");
	emulation.pidfd = pidfd_open(emulation.pid, 0);
	if (emulation.pidfd < 0)
		return error_sys(err, "open a process");
	*ret_emulation = emulation;
	emulation = (struct emulation)EMULATION_INIT;
	return 0;
}

void emulation_let_go(struct emulation *emulation)
{
	close_fd_at(&emulation->own_command_fd);
	emulation->own_command_fd = -1;
}

/* Its end, for it has nobody to serve; after that long something is wrong that others will tell. */
enum { SETTLE_MS = 10000 };

void emulation_settle(const struct emulation *emulation)
{
	struct pollfd helper = { .fd = emulation->pidfd, .events = POLLIN };

	(void)close(emulation->command_fd); /* this process's own: descriptors are not shared */
	while (poll(&helper, 1, SETTLE_MS) < 0 && errno == EINTR)
		;
}

static int reap(struct emulation *emulation)
{
	int status = 0;

	while (waitpid(emulation->pid, &status, 0) < 0 && errno == EINTR)
		;
	emulation->pid = 0;
	return status;
}

int emulation_finish(struct emulation *emulation, char note[EMULATION_NOTE_MAX], struct error *err)
{
	struct emulation_report report = { .err = ERROR_INIT };

	emulation_let_go(emulation);
	(void)reap(emulation);
	if (read(emulation->report_fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
		return error_set(err, ERROR_SYSTEM, "the helper that emulates owners died");
	memcpy(note, report.note, sizeof(report.note));
	if (!report.has_failed)
		return 0;
	*err = report.err;
	return error_wrap(err, "emulating owners");
}

void emulation_release(struct emulation *emulation)
{
	if (emulation->pid > 0) {
		(void)kill(emulation->pid, SIGKILL);
		(void)reap(emulation);
	}
	close_fd_at(&emulation->pidfd);
	close_fd_at(&emulation->report_fd);
	emulation_let_go(emulation);
	emulation->pidfd = emulation->report_fd = -1;
	buf_release(&emulation->filter);
}

/* --- probing ------------------------------------------------------------------------------------
 */

/* In a process of its own, which would keep the filter. */
static int try(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program) < 0
		       ? errno
		       : 0;
}

int emulation_is_possible(struct error *err)
{
	int status = 0;

	pid_t pid = fork();
	if (pid == 0)
		_exit(try());
	if (pid < 0)
		return error_sys(err, "fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
	return errno == 0;
}
