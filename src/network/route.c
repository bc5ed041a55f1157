/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include "base/fs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { ROUTES_SIZE_MAX = 1024 * 1024, ANSWER_MAX = 4096, ATTRIBUTES_MAX = 64 };

/* --- reading ------------------------------------------------------------------------------------
 */

/* "eth0 00000000 010200C0 0003 0 0 0 00000000 ...": numbers are in the order of the network. */
static bool parse_line(const char *line, struct default_route *ret_route)
{
	char interface[IF_NAMESIZE];
	unsigned destination, gateway, flags, mask;

	if (sscanf(line, "%15s %x %x %x %*d %*d %*d %x", interface, &destination, &gateway, &flags,
		   &mask) != 5 ||
	    destination || mask || !(flags & 2))
		return false;
	memcpy(ret_route->interface, interface, sizeof(interface));
	ret_route->gateway.s_addr = gateway;
	return true;
}

bool default_route_parse(const char *text, struct default_route *ret_route)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_line(line, ret_route))
			return true;
	}
	return false;
}

int default_route_read(struct default_route *ret_route, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	int found = fs_read_whole(AT_FDCWD, "/proc/self/net/route", ROUTES_SIZE_MAX,
				  "the table of routes", &text, err);
	if (found < 0)
		return -1;
	if (!found || !default_route_parse(text.data, ret_route))
		return error_set(err, ERROR_SYSTEM, "the network has no default route");
	return 0;
}

/* --- writing ------------------------------------------------------------------------------------
 */

struct route_request {
	struct nlmsghdr header;
	struct rtmsg route;
	char attributes[ATTRIBUTES_MAX];
};

static void add_attribute(struct route_request *request, unsigned short type, const void *data,
			  size_t len)
{
	struct rtattr attribute = { .rta_len = (unsigned short)RTA_LENGTH(len), .rta_type = type };
	char *end = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	memcpy(end, &attribute, sizeof(attribute));
	memcpy(end + RTA_LENGTH(0), data, len);
	request->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(RTA_LENGTH(len)));
}

static struct route_request new_request(unsigned char family, const void *address,
					unsigned char prefix_len, unsigned char type,
					unsigned interface)
{
	struct route_request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			    .nlmsg_type = RTM_NEWROUTE,
			    .nlmsg_flags =
				    NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE },
		.route = { .rtm_family = family,
			   .rtm_dst_len = prefix_len,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = type == RTN_UNICAST ? RT_SCOPE_LINK : RT_SCOPE_HOST,
			   .rtm_type = type },
	};

	add_attribute(&request, RTA_DST, address, family == AF_INET ? 4 : 16);
	add_attribute(&request, RTA_OIF, &interface, sizeof(interface));
	return request;
}

/* The kernel's answer is in errno. */
static int send_request(const struct route_request *request)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_MAX];
	} answer;
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -1;
	ssize_t len = recv(fd, &answer, sizeof(answer), 0);
	if (len < 0)
		return -1;
	const struct nlmsgerr *result = NLMSG_DATA(&answer.header);
	if (!NLMSG_OK(&answer.header, (size_t)len) || answer.header.nlmsg_type != NLMSG_ERROR ||
	    (size_t)len < NLMSG_LENGTH(sizeof(result->error))) {
		errno = EPROTO;
		return -1;
	}
	errno = -result->error;
	return result->error ? -1 : 0;
}

/*
 * Its addresses become this namespace's own, on that interface. A route that says "unreachable"
 * would not do: of a socket that is bound to the interface, which anybody may, the kernel thinks
 * then that everything without a route is a neighbour there.
 */
int network_route_refuse(const char *network, const char *interface, struct error *err)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];
	const char *slash = strchr(network, '/');
	unsigned prefix_len = 0;
	bool is_v6 = strchr(network, ':');

	if (!slash || sscanf(slash + 1, "%u", &prefix_len) != 1 ||
	    (size_t)(slash - network) >= sizeof(address))
		return error_set(err, ERROR_SYSTEM, "'%s' is no network", network);
	(void)snprintf(address, sizeof(address), "%.*s", (int)(slash - network), network);
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return error_set(err, ERROR_SYSTEM, "'%s' is no network", network);
	unsigned index = if_nametoindex(interface);
	if (!index)
		return error_sys(err, "find interface '%s'", interface);
	struct route_request request = new_request(is_v6 ? AF_INET6 : AF_INET, bytes,
						   (unsigned char)prefix_len, RTN_LOCAL, index);
	/* without IPv6 nobody gets there either */
	if (send_request(&request) < 0 &&
	    !(is_v6 &&
	      (errno == EAFNOSUPPORT || errno == EOPNOTSUPP || errno == EACCES || errno == ENODEV)))
		return error_sys(err, "shut off %s", network);
	return 0;
}

int network_route_link(const char *address, const char *interface, struct error *err)
{
	struct in_addr bytes;
	unsigned index = if_nametoindex(interface);

	if (!index || inet_pton(AF_INET, address, &bytes) != 1)
		return error_sys(err, "find interface '%s'", interface);
	struct route_request request = new_request(AF_INET, &bytes, 32, RTN_UNICAST, index);
	if (send_request(&request) < 0)
		return error_sys(err, "make a route to %s", address);
	return 0;
}
