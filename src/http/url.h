/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http and https URLs as values, read by libcurl's own parser, so that what is checked here is what
 * is connected to later. A URL with user information, control characters or another scheme is
 * refused; the fragment is dropped. Queries may hold signatures: errors and traces print URLs by
 * url_add_printable only.
 */
#ifndef CBUILD_HTTP_URL_H
#define CBUILD_HTTP_URL_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

enum { URL_LEN_MAX = 8192 };

struct url {
	char *text; /* the whole, normalised */
	char *host; /* lower case; IPv6 addresses without brackets */
	unsigned port;
	bool is_https;
};

#define URL_INIT  \
	{         \
		0 \
	}

void url_release(struct url *url);
DEFINE_RELEASE(struct url, url_release);

int url_parse(const char *text, struct url *ret_url, struct error *err) must_check;
/* A Location header as seen from `base`: absolute, or relative to it. */
int url_resolve(const struct url *base, const char *location, struct url *ret_url,
		struct error *err) must_check;
/* Adds name=value to the query, percent-encoded. */
int url_add_query(struct url *url, const char *name, const char *value, struct error *err)
	must_check;
struct url url_dup(const struct url *url);

/* Same scheme, host and port: what credentials are bound to. */
bool url_same_origin(const struct url *a, const struct url *b);
/* "host:port", without the port where it is the scheme's own. */
void url_add_authority(const struct url *url, struct buf *buf);
/* Scheme, host, port and path; never user, query or fragment. */
void url_add_printable(const struct url *url, struct buf *buf);

#endif
