/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A static program that tests put into a root: makes one system call and says how it went, as
 * "ok" or the name of the error.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int say(long result)
{
	(void)printf("%s\n", result < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static int connect_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len = strlen(name);

	memcpy(address.sun_path + 1, name, len);
	return say(connect(fd, (const struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)));
}

/* The raw call with up to three arguments, in a child: it may be killed for it. */
static int raw_call(char **arguments)
{
	long values[4] = { 0 };
	int status;

	for (int i = 0; i < 4 && arguments[i]; i++)
		values[i] = (long)strtoull(arguments[i], NULL, 0);
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		long result = syscall(values[0], values[1], values[2], values[3]);
		_exit(result < 0 ? errno : 0);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		(void)printf("SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	else
		(void)printf("%s\n",
			     WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "ok");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "connect") == 0)
		return connect_abstract(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "call") == 0)
		return raw_call(argv + 2);
	return 2;
}
