/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of place a socket address is, so that nobody outside can send us to the machine's own
 * services or the cloud's metadata server. The decision is made on the address that is really
 * connected to, never on a name.
 */
#ifndef CBUILD_HTTP_ADDRESS_H
#define CBUILD_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum address_kind {
	ADDRESS_PUBLIC = 1 << 0,
	ADDRESS_PRIVATE = 1 << 1, /* RFC 1918, 100.64/10, fc00::/7 */
	ADDRESS_LOOPBACK = 1 << 2,
	ADDRESS_LINK_LOCAL = 1 << 3, /* 169.254/16 with the metadata servers, fe80::/10 */
	ADDRESS_OTHER = 1 << 4	     /* unspecified, multicast, reserved, not an IP address */
};

enum {
	ADDRESS_SAFE = ADDRESS_PUBLIC | ADDRESS_PRIVATE,
	ADDRESS_LOCAL = ADDRESS_PRIVATE | ADDRESS_LOOPBACK
};

enum { ADDRESS_TEXT_SIZE = 64 };

/* IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4) counts as the IPv4 address. */
enum address_kind address_kind_of(const struct sockaddr *address);
/* Of "127.0.0.1" or "::1"; ADDRESS_OTHER when it is no address. */
enum address_kind address_kind_of_text(const char *text);
/* Is the host of a URL an address and not a name? */
bool address_is_literal(const char *host);
/* 127.0.0.0/8, ::1 or the name localhost (and names below it, RFC 6761). */
bool address_is_loopback_host(const char *host);
const char *address_kind_name(enum address_kind kind);

#endif
