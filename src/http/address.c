/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t start;
	unsigned bits;
	enum address_kind kind;
};

/* IANA IPv4 special-purpose registry; the first that fits. */
static const struct range v4_ranges[] = {
	{ 0x00000000, 8, ADDRESS_OTHER },	/* 0/8 "this network" */
	{ 0x0a000000, 8, ADDRESS_PRIVATE },	/* 10/8 */
	{ 0x64400000, 10, ADDRESS_PRIVATE },	/* 100.64/10 */
	{ 0x7f000000, 8, ADDRESS_LOOPBACK },	/* 127/8 */
	{ 0xa9fe0000, 16, ADDRESS_LINK_LOCAL }, /* 169.254/16 */
	{ 0xac100000, 12, ADDRESS_PRIVATE },	/* 172.16/12 */
	{ 0xc0000000, 24, ADDRESS_OTHER },	/* 192.0.0/24 protocol assignments */
	{ 0xc0a80000, 16, ADDRESS_PRIVATE },	/* 192.168/16 */
	{ 0xc6120000, 15, ADDRESS_PRIVATE },	/* 198.18/15 benchmarks */
	{ 0xe0000000, 3, ADDRESS_OTHER },	/* multicast, reserved, broadcast */
};

static enum address_kind kind_of_v4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(v4_ranges) / sizeof(v4_ranges[0]); i++) {
		uint32_t mask = ~(uint32_t)0 << (32 - v4_ranges[i].bits);
		if ((address & mask) == v4_ranges[i].start)
			return v4_ranges[i].kind;
	}
	return ADDRESS_PUBLIC;
}

static uint32_t v4_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static enum address_kind kind_of_v6(const struct in6_addr *address)
{
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	const unsigned char *bytes = address->s6_addr;

	if (IN6_IS_ADDR_LOOPBACK(address))
		return ADDRESS_LOOPBACK;
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return ADDRESS_OTHER;
	if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address) ||
	    memcmp(bytes, nat64, sizeof(nat64)) == 0)
		return kind_of_v4(v4_at(bytes + 12));
	if (bytes[0] == 0x20 && bytes[1] == 0x02)
		return kind_of_v4(v4_at(bytes + 2));
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return ADDRESS_LINK_LOCAL;
	if ((bytes[0] & 0xfe) == 0xfc || IN6_IS_ADDR_SITELOCAL(address))
		return ADDRESS_PRIVATE;
	return (bytes[0] & 0xe0) == 0x20 ? ADDRESS_PUBLIC : ADDRESS_OTHER;
}

enum address_kind address_kind_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof(v4));
		return kind_of_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof(v6));
		return kind_of_v6(&v6.sin6_addr);
	}
	return ADDRESS_OTHER;
}

enum address_kind address_kind_of_text(const char *text)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return kind_of_v4(ntohl(v4.s_addr));
	if (inet_pton(AF_INET6, text, &v6) == 1)
		return kind_of_v6(&v6);
	return ADDRESS_OTHER;
}

bool address_is_literal(const char *host)
{
	struct in_addr v4;

	/* a name cannot hold a colon; this takes zone ids too */
	return strchr(host, ':') || inet_pton(AF_INET, host, &v4) == 1;
}

bool address_is_loopback_host(const char *host)
{
	return strcmp(host, "localhost") == 0 || text_has_suffix(host, ".localhost") ||
	       (address_is_literal(host) && address_kind_of_text(host) == ADDRESS_LOOPBACK);
}

const char *address_kind_name(enum address_kind kind)
{
	switch (kind) {
	case ADDRESS_PUBLIC:
		return "public";
	case ADDRESS_PRIVATE:
		return "private";
	case ADDRESS_LOOPBACK:
		return "loopback";
	case ADDRESS_LINK_LOCAL:
		return "link-local";
	case ADDRESS_OTHER:
		break;
	}
	return "unusable";
}
