/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_proxy.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "job/job.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* Of the protocol between ssh and its agent. */
enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_SIGN_REQUEST = 13,
	AGENT_EXTENSION = 27,
	AGENT_EXTENSION_FAILURE = 28
};

/* Places of descriptors in the process. */
enum { LISTEN_FD, AGENT_FD, KEPT_FDS };

void agent_proxy_release(struct agent_proxy *proxy)
{
	if (proxy->pid > 0) {
		(void)kill(proxy->pid, SIGKILL);
		while (waitpid(proxy->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_fd_at(&proxy->socket_fd);
	if (proxy->name)
		(void)unlinkat(proxy->tmp_fd, proxy->name, 0);
	free(proxy->name);
	agent_release(&proxy->agent);
	*proxy = (struct agent_proxy)AGENT_PROXY_INIT;
}
DEFINE_RELEASE(struct agent_proxy, agent_proxy_release);

/* --- a connection, in a process of its own -----------------------------------------------------
 */

/* A length of four bytes, and so much; false at the end of all, or where it is no message. */
static bool read_message(int fd, unsigned char *message, size_t *ret_len)
{
	struct error ignored = ERROR_INIT;
	uint32_t length;
	size_t len = 0;

	if (fs_read_full(fd, message, sizeof(length), &len, &ignored) < 0 || len != sizeof(length))
		return false;
	memcpy(&length, message, sizeof(length));
	length = ntohl(length);
	if (!length || length > AGENT_MESSAGE_MAX ||
	    fs_read_full(fd, message + sizeof(length), length, &len, &ignored) < 0 || len != length)
		return false;
	*ret_len = sizeof(length) + length;
	return true;
}

static bool refuse(int fd, unsigned char request)
{
	const unsigned char answer[] = { 0, 0, 0, 1,
					 request == AGENT_EXTENSION ? AGENT_EXTENSION_FAILURE
								    : AGENT_FAILURE };
	struct error ignored = ERROR_INIT;

	return fs_write_all(fd, answer, sizeof(answer), &ignored) == 0;
}

/* By its descriptor: the path may be longer than an address can be. */
static int connect_agent(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", AGENT_FD);
	while (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		if (errno != EINTR)
			return -1;
	return fd;
}

static _Noreturn void serve(int client_fd, unsigned char *message)
{
	struct error ignored = ERROR_INIT;
	int agent_fd = connect_agent();
	size_t len = 0;

	while (agent_fd >= 0 && read_message(client_fd, message, &len)) {
		unsigned char request = message[sizeof(uint32_t)];
		bool is_allowed =
			request == AGENT_REQUEST_IDENTITIES || request == AGENT_SIGN_REQUEST;
		if (!is_allowed && refuse(client_fd, request))
			continue;
		if (!is_allowed || fs_write_all(agent_fd, message, len, &ignored) < 0 ||
		    !read_message(agent_fd, message, &len) ||
		    fs_write_all(client_fd, message, len, &ignored) < 0)
			break;
	}
	_exit(0);
}

/* --- the process -------------------------------------------------------------------------------
 */

/* Those that are over; with too many, one is waited for. */
static unsigned reap(unsigned n_children)
{
	while (n_children) {
		pid_t pid = waitpid(-1, NULL, n_children < AGENT_CONNECTIONS_MAX ? WNOHANG : 0);
		if (pid == 0 || (pid < 0 && errno != EINTR))
			break;
		n_children -= pid > 0;
	}
	return n_children;
}

static _Noreturn void run_proxy(const int *fds, pid_t parent)
{
	static unsigned char message[sizeof(uint32_t) + AGENT_MESSAGE_MAX];
	const struct rlimit no_core = { 0, 0 };
	unsigned n_children = 0;
	int copies[KEPT_FDS];

	job_child_begin(parent);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	for (int i = 0; i < KEPT_FDS; i++)
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < KEPT_FDS; i++)
		if (dup2(copies[i], i) < 0)
			_exit(1);
	if (close_range(KEPT_FDS, UINT_MAX, 0) < 0)
		_exit(1);
	for (;;) {
		int client_fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
		n_children = reap(n_children);
		if (client_fd < 0 && errno != EINTR && errno != ECONNABORTED)
			_exit(1);
		if (client_fd < 0)
			continue;
		pid_t self = getpid(), pid = fork();
		if (pid == 0) {
			job_child_begin(self);
			serve(client_fd, message);
		}
		n_children += pid > 0;
		(void)close(client_fd);
	}
}

/* --- the job -----------------------------------------------------------------------------------
 */

/* Made with nobody's rights; what was asked for is given when it stands. */
static int listen_at(int tmp_fd, const char *name, const struct agent_access *access, int *ret_fd,
		     struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", tmp_fd,
		       name);
	mode_t umask_before = umask(0777);
	int result = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(umask_before);
	if (result < 0 || listen(fd, SOMAXCONN) < 0)
		return error_sys(err, "make the socket of an ssh agent");
	if (fchownat(tmp_fd, name, access->uid, access->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "give the socket of an ssh agent to %u:%u", access->uid,
				 access->gid);
	if (fchmodat(tmp_fd, name, access->mode & 07777, 0) < 0)
		return error_sys(err, "set the mode of the socket of an ssh agent");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int start_process(struct agent_proxy *proxy, int listen_fd, struct error *err)
{
	autoclose int agent_fd = open(proxy->agent.path, O_PATH | O_CLOEXEC);
	const int fds[KEPT_FDS] = { listen_fd, agent_fd };
	pid_t parent = getpid();

	if (agent_fd < 0)
		return error_sys(err, "open '%s'", proxy->agent.path);
	proxy->pid = fork();
	if (proxy->pid < 0)
		return error_sys(err, "start the process that forwards an ssh agent");
	if (proxy->pid == 0)
		run_proxy(fds, parent);
	return 0;
}

int agent_proxy_start(struct agent *agent, const struct agent_access *access, int tmp_fd,
		      struct agent_proxy *ret_proxy, struct error *err)
{
	cleanup(agent_proxy_release) struct agent_proxy proxy = AGENT_PROXY_INIT;
	cleanup(buf_release) struct buf name = BUF_INIT;
	autoclose int listen_fd = -1;

	proxy.agent = *agent;
	*agent = (struct agent)AGENT_INIT;
	proxy.tmp_fd = tmp_fd;
	fs_random_name("ssh", &name);
	proxy.name = buf_take(&name);
	if (listen_at(tmp_fd, proxy.name, access, &listen_fd, err) < 0 ||
	    start_process(&proxy, listen_fd, err) < 0)
		return -1;
	proxy.socket_fd = openat(tmp_fd, proxy.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (proxy.socket_fd < 0)
		return error_sys(err, "open the socket of an ssh agent");
	*ret_proxy = proxy;
	proxy = (struct agent_proxy)AGENT_PROXY_INIT;
	return 0;
}
