/* SPDX-License-Identifier: Apache-2.0 */
#include "holder.h"

#include "route.h"

#include "sandbox/network.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { FORWARDER_MAX = 64, PID_TEXT_MAX = 32, KEPT_FD = 3 };

/*
 * Where clouds hand out the credentials of the machine that this is: link-local, and the addresses
 * that some have besides. And the loopback: of a socket that is bound to the interface the kernel
 * sends it out there, and the helper would take it for this machine's. Who needs them in a RUN says
 * --network=host.
 */
static const char *const refused[] = { "169.254.0.0/16",   "fd00:ec2::254/128",
				       "fd00:ec2::23/128", "100.100.100.200/32",
				       "127.0.0.0/8",	   "::1/128",
				       "::ffff:0.0.0.0/96" };

/* What the holder says, in both of its answers. */
struct report {
	bool has_failed;
	pid_t outer_pid;
	struct in_addr gateway;
	struct error err;
};

/* Whoever opens a process's namespaces must have at least its capabilities, and pasta has few. */
static int keep_network_rights(struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = 1U << CAP_NET_ADMIN, .permitted = 1U << CAP_NET_ADMIN }
	};

	if (syscall(SYS_capset, &header, data) < 0)
		return error_sys(err, "give up capabilities");
	/* or nobody could open them, after a change of the user namespace */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_sys(err, "be visible in /proc");
	return 0;
}

/* This process is in a pid namespace of its own, whose numbers /proc does not show. */
static int find_outer_pid(pid_t *ret_pid, struct error *err)
{
	char text[PID_TEXT_MAX] = "";

	if (readlink("/proc/self", text, sizeof(text) - 1) < 0)
		return error_sys(err, "read '/proc/self'");
	*ret_pid = (pid_t)strtol(text, NULL, 10);
	return 0;
}

static int make_namespace(pid_t *ret_pid, struct error *err)
{
	if (unshare(CLONE_NEWNET) < 0)
		return error_sys(err, "make a network namespace");
	if (network_raise_loopback(err) < 0 || keep_network_rights(err) < 0)
		return -1;
	return find_outer_pid(ret_pid, err);
}

static int set_routes(const char *forwarder, struct in_addr *ret_gateway, struct error *err)
{
	struct default_route route = { .gateway = { 0 } };

	if (default_route_read(&route, err) < 0)
		return -1;
	for (size_t i = 0; i < countof(refused); i++)
		if (network_route_refuse(refused[i], route.interface, err) < 0)
			return -1;
	if (*forwarder && network_route_link(forwarder, route.interface, err) < 0)
		return -1;
	*ret_gateway = route.gateway;
	return 0;
}

/* What the supervisor closes to be heard must not be open here. */
static int keep_only(int socket_fd)
{
	if (socket_fd != KEPT_FD && dup3(socket_fd, KEPT_FD, O_CLOEXEC) < 0)
		_exit(1);
	if (close_range(KEPT_FD + 1, ~0U, 0) < 0)
		_exit(1);
	return KEPT_FD;
}

static _Noreturn void holder_main(int inherited_fd)
{
	struct report report = { .err = ERROR_INIT };
	char forwarder[FORWARDER_MAX + 1] = "";
	int socket_fd = keep_only(inherited_fd);

	report.has_failed = make_namespace(&report.outer_pid, &report.err) < 0;
	if (send(socket_fd, &report, sizeof(report), MSG_NOSIGNAL) < 0 || report.has_failed)
		_exit(1);
	if (recv(socket_fd, forwarder, FORWARDER_MAX, 0) <= 0)
		_exit(1);
	report.has_failed = set_routes(forwarder, &report.gateway, &report.err) < 0;
	(void)send(socket_fd, &report, sizeof(report), MSG_NOSIGNAL);
	/* until the pid namespace ends */
	for (;;)
		(void)pause();
}

static int receive(int socket_fd, struct report *ret_report, struct error *err)
{
	ssize_t len = recv(socket_fd, ret_report, sizeof(*ret_report), 0);

	if (len != (ssize_t)sizeof(*ret_report))
		return error_set(err, ERROR_SYSTEM, "the process of the network namespace died");
	if (!ret_report->has_failed)
		return 0;
	*err = ret_report->err;
	return -1;
}

int network_holder_start(struct network_holder *holder, struct error *err)
{
	struct report report;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_sys(err, "make a socket pair");
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		holder_main(ends[1]);
	}
	(void)close(ends[1]);
	holder->socket_fd = ends[0];
	if (pid < 0)
		return error_sys(err, "start a process");
	if (receive(holder->socket_fd, &report, err) < 0)
		return -1;
	holder->outer_pid = report.outer_pid;
	return 0;
}

int network_holder_finish(const struct network_holder *holder, const char *forwarder,
			  struct in_addr *ret_gateway, struct error *err)
{
	struct report report;
	const char *text = forwarder ? forwarder : "";

	if (send(holder->socket_fd, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
		return error_sys(err, "speak to the process of the network namespace");
	if (receive(holder->socket_fd, &report, err) < 0)
		return -1;
	*ret_gateway = report.gateway;
	return 0;
}

void network_holder_release(struct network_holder *holder)
{
	if (holder->socket_fd >= 0)
		(void)close(holder->socket_fd);
	holder->socket_fd = -1;
}
