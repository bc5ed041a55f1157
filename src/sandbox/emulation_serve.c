/* SPDX-License-Identifier: Apache-2.0 */
#include "emulation_serve.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

/* Linux 6.6; not in the headers of 6.1. */
#define NOTIFY_SET_FLAGS    _IOW('!', 4, uint64_t)
#define NOTIFY_SYNC_WAKE_UP UINT64_C(1)

/* The kernel's structures may be longer than those that we know. */
struct messages {
	struct seccomp_notif *question;
	struct seccomp_notif_resp *answer;
	size_t question_size, answer_size;
};

static void messages_release(struct messages *messages)
{
	free(messages->question);
	free(messages->answer);
}
DEFINE_RELEASE(struct messages, messages_release);

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int messages_make(struct messages *ret_messages, struct error *err)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return error_sys(err, "ask for the size of seccomp's notifications");
	ret_messages->question_size = larger(sizes.seccomp_notif, sizeof(struct seccomp_notif));
	ret_messages->answer_size =
		larger(sizes.seccomp_notif_resp, sizeof(struct seccomp_notif_resp));
	ret_messages->question = xcalloc(1, ret_messages->question_size);
	ret_messages->answer = xcalloc(1, ret_messages->answer_size);
	return 0;
}

/* The step's root becomes ours; the outer /proc stays at hand. */
static int enter_step(struct answerer *answerer, pid_t pid, struct error *err)
{
	struct statx st;
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", (int)pid);
	autoclose int fd = openat(answerer->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open the mount namespace of the step");
	if (setns(fd, CLONE_NEWNS) < 0)
		return error_sys(err, "enter the mount namespace of the step");
	if (fchdir(answerer->proc_fd) < 0)
		return error_sys(err, "change to /proc");
	if (statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &st) < 0)
		return error_sys(err, "look at the root of the step");
	answerer->root =
		(struct root_id){ st.stx_ino, st.stx_mnt_id, st.stx_dev_major, st.stx_dev_minor };
	answerer->is_inside = true;
	return 0;
}

static int send_answer(const struct answerer *answerer, const struct call *call, int result,
		       struct messages *messages, struct error *err)
{
	struct seccomp_notif_resp *answer = messages->answer;

	memset(answer, 0, messages->answer_size);
	answer->id = call->notification->id;
	if (result == CALL_PASS)
		answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (result < 0)
		answer->error = result;
	else
		answer->val = call->value;
	if (ioctl(answerer->listener_fd, SECCOMP_IOCTL_NOTIF_SEND, answer) == 0 ||
	    errno == ENOENT || errno == EINPROGRESS)
		return 0; /* ENOENT: it is dead, or was interrupted */
	return error_sys(err, "answer a call of the step");
}

/* 1/0/-1: somebody asked, nobody is left. */
static int receive(const struct answerer *answerer, struct messages *messages, struct error *err)
{
	struct pollfd listener = { .fd = answerer->listener_fd, .events = POLLIN };

	for (;;) {
		if (poll(&listener, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_sys(err, "wait for calls of the step");
		}
		if (!(listener.revents & POLLIN))
			return 0;
		memset(messages->question, 0, messages->question_size);
		if (ioctl(answerer->listener_fd, SECCOMP_IOCTL_NOTIF_RECV, messages->question) == 0)
			return 1;
		/* who asked has died meanwhile */
		if (errno != ENOENT && errno != EINTR)
			return error_sys(err, "receive a call of the step");
	}
}

static int answer_one(struct answerer *answerer, struct messages *messages, struct error *err)
{
	const struct seccomp_notif *question = messages->question;
	struct call call = { .notification = question, .pid = (pid_t)question->pid };
	uint64_t args[countof(question->data.args)];
	int result = CALL_PASS;

	for (size_t i = 0; i < countof(args); i++)
		args[i] = question->data.args[i];
	call.args = args;
	if (!answerer->is_inside && enter_step(answerer, call.pid, err) < 0)
		return -1;
	int number = question->data.nr;
	if (number >= 0 && number < CALLS_MAX && answerer->handlers[number])
		result = answerer->handlers[number](answerer, &call);
	return call.is_answered ? 0 : send_answer(answerer, &call, result, messages, err);
}

int emulation_serve(struct answerer *answerer, struct error *err)
{
	cleanup(messages_release) struct messages messages = { 0 };
	int more;

	if (messages_make(&messages, err) < 0)
		return -1;
	emulation_fill(answerer->handlers);
	/* one runs while the other waits: the kernel need not look for a processor */
	(void)ioctl(answerer->listener_fd, NOTIFY_SET_FLAGS, NOTIFY_SYNC_WAKE_UP);
	while ((more = receive(answerer, &messages, err)) > 0)
		if (answer_one(answerer, &messages, err) < 0)
			return -1;
	return more;
}
