/* SPDX-License-Identifier: Apache-2.0 */
/*
 * without WHAT[,WHAT...] PROGRAM ARGUMENTS...: runs a program, and all that it starts, on a kernel
 * that lacks something:
 *   openat2  ENOSYS, as before Linux 5.6 and under older container runtimes
 *   mounts   ENOSYS for the mount calls that take descriptors, as before Linux 5.2 (5.12 for one)
 *   layers   EINVAL for overlay layers one by one and by descriptor, as before Linux 6.5
 *   userns   EPERM for new user namespaces of who is not root, as AppArmor has it on some systems
 *   clone3   ENOSYS, as in containers
 *   locks    ENOLCK for locks of open files, as on a network file system whose server has none
 *   tmpfile  EOPNOTSUPP for files without a name, as on NFS and older FUSE
 *   CALL=N, CALL/A/VALUE=N  the call, or that with this value (of 32 bits) as its argument A (from
 *            0 on), does nothing and says that error; =0: it says that it worked
 * Filters are loaded without no_new_privs, so this wants CAP_SYS_ADMIN.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const mount_calls[] = {
	"open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int refuse_mounts(scmp_filter_ctx context)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < COUNT(mount_calls); i++)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS),
					  seccomp_syscall_resolve_name(mount_calls[i]), 0);
	return result;
}

/* The key of a string is looked at by the overseer, see below. */
static int refuse_layers(scmp_filter_ctx context)
{
	int result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fsconfig), 1,
				      SCMP_A1(SCMP_CMP_EQ, FSCONFIG_SET_FD, 0));

	if (result == 0)
		result = seccomp_rule_add(context, SCMP_ACT_NOTIFY, SCMP_SYS(fsconfig), 1,
					  SCMP_A1(SCMP_CMP_EQ, FSCONFIG_SET_STRING, 0));
	return result;
}

static int refuse_user_namespaces(scmp_filter_ctx context)
{
	int result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));

	if (result == 0)
		result =
			seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					 SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (result == 0)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return result;
}

static int refuse_locks(scmp_filter_ctx context)
{
	static const unsigned commands[] = { F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK, F_SETLK,
					     F_SETLKW };
	int result = 0;

	for (size_t i = 0; result == 0 && i < COUNT(commands); i++)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOLCK), SCMP_SYS(fcntl), 1,
					  SCMP_A1(SCMP_CMP_EQ, commands[i], 0));
	return result ? result
		      : seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOLCK), SCMP_SYS(flock), 0);
}

/* openat2 would not be seen by a filter, so it is not there either. */
static int refuse_tmpfile(scmp_filter_ctx context)
{
	int result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE, O_TMPFILE));

	return result ? result
		      : seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
}

static int refuse_call(scmp_filter_ctx context, const char *what)
{
	char name[64] = "", rest[2] = "";
	unsigned argument = 0, error = 0;
	long value = 0;

	int n = sscanf(what, "%63[^/=]/%u/%li=%u%1s", name, &argument, &value, &error, rest);
	if (n < 2)
		n = sscanf(what, "%63[^/=]=%u%1s", name, &error, rest) == 2 ? 2 : -1;
	int number = seccomp_syscall_resolve_name(name);
	if ((n != 2 && n != 4) || argument > 5 || number == __NR_SCMP_ERROR) {
		errno = EINVAL;
		return -1;
	}
	return seccomp_rule_add(
		context, SCMP_ACT_ERRNO(error), number, n == 4,
		SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)value));
}

static int refuse(scmp_filter_ctx context, const char *what)
{
	if (strchr(what, '='))
		return refuse_call(context, what);
	if (strcmp(what, "locks") == 0)
		return refuse_locks(context);
	if (strcmp(what, "tmpfile") == 0)
		return refuse_tmpfile(context);
	if (strcmp(what, "openat2") == 0)
		return seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
	if (strcmp(what, "clone3") == 0)
		return seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (strcmp(what, "mounts") == 0)
		return refuse_mounts(context);
	if (strcmp(what, "layers") == 0)
		return refuse_layers(context);
	if (strcmp(what, "userns") == 0)
		return refuse_user_namespaces(context);
	(void)fprintf(stderr, "without: unknown '%s'\n", what);
	errno = EINVAL;
	return -1;
}

/* --- the overseer of "layers" ------------------------------------------------------------------
 */

static int names_layer(const struct seccomp_notif *call)
{
	char path[64], key[16] = { 0 };

	(void)snprintf(path, sizeof(path), "/proc/%u/mem", call->pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, key, sizeof(key) - 1, (off_t)call->data.args[2]);
	if (fd >= 0)
		(void)close(fd);
	return n > 0 && strcmp(key, "lowerdir+") == 0;
}

/* Until nobody is left whom the filter is on. */
static int oversee(int fd)
{
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;

	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR)
			return 1;
		if (poll_fd.revents & (POLLHUP | POLLERR))
			return 0;
		memset(&call, 0, sizeof(call));
		if (!(poll_fd.revents & POLLIN) || seccomp_notify_receive(fd, &call) != 0)
			continue;
		memset(&answer, 0, sizeof(answer));
		answer.id = call.id;
		if (names_layer(&call))
			answer.error = -EINVAL;
		else
			answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		(void)seccomp_notify_respond(fd, &answer); /* who asked may be gone */
	}
}

static int give_fd(int socket_fd, int fd)
{
	char byte = 0;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(socket_fd, &message, 0) == 1 ? 0 : -1;
}

static int take_fd(int socket_fd)
{
	char byte;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) == 1 &&
	    message.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/* Nobody's child, so that it is in nobody's way; it holds nothing open but the listener. */
static void overseer_main(int socket_fd)
{
	if (fork() != 0)
		_exit(0);
	(void)setsid();
	int fd = take_fd(socket_fd);
	for (int i = 0; i < 256; i++)
		if (i != fd)
			(void)close(i);
	_exit(fd < 0 ? 1 : oversee(fd));
}

static int start_overseer(int *ret_socket_fd)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		overseer_main(ends[1]);
	(void)close(ends[1]);
	*ret_socket_fd = ends[0];
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

/* --- the filter ----------------------------------------------------------------------------------
 */

static int load(char *list)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int result = context ? seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0) : -1;
	int socket_fd = -1, is_overseen = 0;

	/* a filter that knows one architecture kills the others' programs */
	if (result == 0 && seccomp_arch_native() == SCMP_ARCH_X86_64)
		result = seccomp_arch_add(context, SCMP_ARCH_X86);
	for (char *what = strtok(list, ","); result == 0 && what; what = strtok(NULL, ",")) {
		is_overseen |= strcmp(what, "layers") == 0;
		result = refuse(context, what);
	}
	if (result == 0 && is_overseen)
		result = start_overseer(&socket_fd);
	if (result == 0)
		result = seccomp_load(context);
	if (result == 0 && is_overseen) {
		int fd = seccomp_notify_fd(context);
		result = fd < 0 ? -1 : give_fd(socket_fd, fd);
		(void)close(fd);
		(void)close(socket_fd);
	}
	seccomp_release(context);
	return result;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: without WHAT[,WHAT...] PROGRAM [ARGUMENTS...]\n");
		return 125;
	}
	if (load(argv[1]) != 0) {
		perror("without");
		return 125;
	}
	(void)execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
