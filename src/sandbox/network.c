/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

int network_raise_loopback(struct error *err)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_flags = IFF_UP };

	if (fd < 0)
		return error_sys(err, "open a socket for the loopback interface");
	memcpy(request.ifr_name, "lo", sizeof("lo"));
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_sys(err, "bring up the loopback interface");
	return 0;
}

/* The outer root is still there, and its /proc shows this process, too. */
static int check_namespace(int network_fd, struct error *err)
{
	struct stat wanted, is;

	if (fstat(network_fd, &wanted) < 0 || stat("/proc/self/ns/net", &is) < 0)
		return error_sys(err, "look at the network namespace");
	if (wanted.st_dev != is.st_dev || wanted.st_ino != is.st_ino)
		return error_set(err, ERROR_SYSTEM,
				 "not confined: the network namespace is the outer one");
	return 0;
}

int network_enter(const struct sandbox_spec *spec, struct error *err)
{
	if (spec->network == SANDBOX_NETWORK_NONE)
		return network_raise_loopback(err);
	if (spec->network != SANDBOX_NETWORK_PRIVATE)
		return 0;
	if (setns(spec->network_fd, CLONE_NEWNET) < 0)
		return error_sys(err, "enter the private network");
	return check_namespace(spec->network_fd, err);
}
