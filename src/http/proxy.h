/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy the environment names for a URL: HTTPS_PROXY or HTTP_PROXY by scheme, then
 * ALL_PROXY, lower case first, as Go's programs read them (libcurl ignores HTTP_PROXY in capitals);
 * NO_PROXY lists host names (with all names below them), addresses, networks a.b.c.d/n, each with
 * an optional :port, or "*". Loopback and link-local hosts never go through a proxy.
 */
#ifndef CBUILD_HTTP_PROXY_H
#define CBUILD_HTTP_PROXY_H

#include "base/strv.h"
#include "http/url.h"

/* Borrowed from the environment; NULL = none. */
const char *proxy_find(const struct strv *environment, const struct url *url);
/* Does a NO_PROXY list cover this host? */
bool proxy_is_exempt(const char *no_proxy, const char *host, unsigned port);

#endif
