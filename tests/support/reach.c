/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach tcp|udp ADDRESS PORT, reach abstract|path NAME: tries to speak to a server of
 * network_world, and prints "WHAT: reached" or "WHAT: not (why)". "tcp-bound" and "udp-bound" do it
 * from a socket that is bound to the interface that leads out, for which the kernel takes every
 * address that no route has for a neighbour's. Needs nothing of the root that it runs in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MILLISECONDS = 3000 };

/* To the first that is not the loopback. */
static int bind_to_interface(int fd)
{
	struct if_nameindex *all = if_nameindex();
	int result = -1;

	for (struct if_nameindex *one = all; one && one->if_index; one++) {
		if (strcmp(one->if_name, "lo") == 0)
			continue;
		result = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, one->if_name,
				    (socklen_t)strlen(one->if_name) + 1);
		break;
	}
	if_freenameindex(all);
	return result;
}

union inet_name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Its length; 0: it is none. */
static socklen_t parse(const char *address, const char *port, union inet_name *ret_name)
{
	unsigned short number = htons((unsigned short)atoi(port));

	memset(ret_name, 0, sizeof(*ret_name));
	if (inet_pton(AF_INET, address, &ret_name->v4.sin_addr) == 1) {
		ret_name->v4.sin_family = AF_INET;
		ret_name->v4.sin_port = number;
		return sizeof(ret_name->v4);
	}
	if (inet_pton(AF_INET6, address, &ret_name->v6.sin6_addr) != 1)
		return 0;
	ret_name->v6.sin6_family = AF_INET6;
	ret_name->v6.sin6_port = number;
	return sizeof(ret_name->v6);
}

/* What nobody refuses would never end. */
static int await_connection(int fd)
{
	struct pollfd way = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(errno);

	if (errno != EINPROGRESS)
		return -1;
	if (poll(&way, 1, ANSWER_MILLISECONDS) == 0)
		errno = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &len) == 0 && !errno)
		return 0;
	return -1;
}

static int connect_inet(const char *kind, const char *address, const char *port)
{
	union inet_name name;
	socklen_t len = parse(address, port, &name);
	int type = kind[0] == 'u' ? SOCK_DGRAM : SOCK_STREAM;

	errno = EINVAL;
	int fd = len ? socket(name.any.sa_family, type | SOCK_NONBLOCK, 0) : -1;
	if (fd < 0 || (strstr(kind, "-bound") && bind_to_interface(fd) < 0))
		return -1;
	return connect(fd, &name.any, len) == 0 || await_connection(fd) == 0 ? fd : -1;
}

static int connect_unix(const char *kind, const char *text)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t at = strcmp(kind, "abstract") == 0;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(text) >= sizeof(name.sun_path) - 1)
		errno = ENAMETOOLONG;
	memcpy(name.sun_path + at, text, strlen(text));
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at + strlen(text));
	return fd >= 0 && connect(fd, (const struct sockaddr *)&name, len) == 0 ? fd : -1;
}

/* It answers to whatever it is sent. */
static int speak(int fd)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	char byte = '?';

	if (fd < 0 || send(fd, &byte, 1, MSG_NOSIGNAL) < 0)
		return -1;
	if (poll(&answer, 1, ANSWER_MILLISECONDS) == 0)
		errno = ETIMEDOUT;
	else if (recv(fd, &byte, 1, 0) == 1)
		return 0;
	return -1;
}

int main(int n, char **words)
{
	if (n < 3 || (n < 4 && (words[1][0] == 't' || words[1][0] == 'u')))
		return 2;
	int is_inet = words[1][0] == 't' || words[1][0] == 'u';
	errno = 0;
	int fd = is_inet ? connect_inet(words[1], words[2], words[3])
			 : connect_unix(words[1], words[2]);
	int result = speak(fd);
	printf("%s %s%s%s: ", words[1], words[2], is_inet ? " " : "", is_inet ? words[3] : "");
	if (result == 0)
		puts("reached");
	else
		printf("not (%s)\n", strerror(errno));
	return 0;
}
