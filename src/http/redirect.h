/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a redirect may lead. libcurl is told never to follow one: it would carry every header of
 * ours along.
 */
#ifndef CBUILD_HTTP_REDIRECT_H
#define CBUILD_HTTP_REDIRECT_H

#include "http/address.h"
#include "http/url.h"

enum { REDIRECTS_MAX = 5 };

struct redirect {
	struct url url;
	bool keeps_authorization; /* same scheme, host and port as the request that carried it */
	unsigned allowed_kinds;	  /* enum address_kind the next connection may go to */
};

bool redirect_is_status(int status);
/*
 * `from` answered with `location` after `hops` redirects; it was reached at an address of kind
 * `from_kind` (0 = unknown: a proxy connected) that was allowed by `allowed_kinds`. Refused: more
 * than REDIRECTS_MAX, https to http, other schemes, user information, and from a public address
 * to one that is not.
 */
int redirect_decide(const struct url *from, enum address_kind from_kind, unsigned allowed_kinds,
		    const char *location, unsigned hops, struct redirect *ret_redirect,
		    struct error *err) must_check;

#endif
