/* SPDX-License-Identifier: Apache-2.0 */
/* The /etc/resolv.conf of a step, made of this machine's. */
#ifndef CBUILD_NETWORK_RESOLV_CONF_H
#define CBUILD_NETWORK_RESOLV_CONF_H

#include "base/buf.h"
#include "network/names.h"

struct resolv_conf_sources {
	const char *text;      /* this machine's file */
	const char *systemd;   /* what systemd's stub asks itself, or NULL */
	bool is_private;       /* the step cannot reach loopback of this machine */
	const char *forwarder; /* PRIVATE: leads to its first IPv4 resolver; NULL = there is none */
	const struct strv *own_addresses; /* PRIVATE: of this machine */
};

/*
 * Can the first IPv4 resolver not be reached from a private network (loopback, link-local, this
 * machine itself)? Only then is it worth a forwarder: answers over TCP do not come through one, and
 * pasta of Debian 12 spoils the direct way to a resolver that it forwards to.
 */
bool resolv_conf_wants_forwarder(const char *text, const struct strv *own_addresses);

/*
 * On this machine's network the file as it is. In a private one the first IPv4 resolver is the
 * forwarder where there is one, and what cannot be reached is left out; behind systemd's stub come
 * the resolvers that it asks itself. The settings' resolvers, searches and options stand in place
 * of the file's.
 */
void resolv_conf_make(const struct resolv_conf_sources *sources,
		      const struct name_settings *settings, struct buf *text);

/* Every address that an interface of this machine has now. */
void resolv_conf_find_own_addresses(struct strv *addresses);

#endif
