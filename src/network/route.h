/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of the network namespace that the caller is in. */
#ifndef CBUILD_NETWORK_ROUTE_H
#define CBUILD_NETWORK_ROUTE_H

#include "base/error.h"

#include <net/if.h>
#include <netinet/in.h>

struct default_route {
	char interface[IF_NAMESIZE];
	struct in_addr gateway;
};

/* Of /proc/net/route; false where it has none. */
bool default_route_parse(const char *text, struct default_route *ret_route);
int default_route_read(struct default_route *ret_route, struct error *err) must_check;

/*
 * What goes there by that interface is refused at once: nobody listens. `network` is
 * "169.254.0.0/16" or of IPv6.
 */
int network_route_refuse(const char *network, const char *interface, struct error *err) must_check;
/* One address, which answers on that interface. */
int network_route_link(const char *address, const char *interface, struct error *err) must_check;

#endif
