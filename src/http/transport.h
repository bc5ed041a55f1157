/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange on the wire: a request as it is sent, a response as it comes, with no redirect, no
 * retry and no opinion. Two implementations: libcurl's (http_curl_new) and the tests' table of
 * canned answers.
 */
#ifndef CBUILD_HTTP_TRANSPORT_H
#define CBUILD_HTTP_TRANSPORT_H

#include "base/strv.h"
#include "http/address.h"
#include "http/header.h"
#include "http/host_trust.h"
#include "http/loop.h"
#include "http/trust.h"
#include "http/url.h"

enum http_failure {
	HTTP_FAILURE_NONE = 0,
	HTTP_FAILURE_UNREACHABLE, /* no address, no connection */
	HTTP_FAILURE_TLS,	  /* no common protocol, or no TLS there at all */
	HTTP_FAILURE_CERTIFICATE, /* TLS, but one side does not trust the other */
	HTTP_FAILURE_BROKEN,	  /* the connection ended early */
	HTTP_FAILURE_SILENT,	  /* ... before any answer; this and the next only of http.h */
	HTTP_FAILURE_SILENT_TLS,  /* ... before any answer, but after a handshake */
	HTTP_FAILURE_STALLED,
	HTTP_FAILURE_NOT_HTTP, /* the other side speaks something else */
	HTTP_FAILURE_ADDRESS,  /* the address is of a kind that is not allowed */
	HTTP_FAILURE_TOO_LARGE,
	HTTP_FAILURE_OURS /* a callback below said stop, or our own side failed */
};

/* What a body to send is read from: memory, or a regular file by offset. */
struct http_body {
	const void *data;
	int fd; /* used where data is NULL and is_there */
	uint64_t offset, size;
	bool is_there;
};

struct http_exchange {
	/* the request; lent until the end */
	const char *method;
	const struct url *url;
	const struct strv *headers;
	const char *authorization; /* value of the header, or NULL */
	struct http_body body;
	const char *proxy;		     /* or NULL */
	unsigned allowed_kinds;		     /* of address; not judged behind a proxy */
	const struct host_trust *host_trust; /* or NULL */
	bool skips_tls_verification;
	bool connects_only; /* nothing is sent; ends with status 0 when connected */

	/*
	 * Called by the transport. on_start: status and headers are complete; on_data: 0 taken,
	 * 1 keep it and stop until resume, -1 stop for good; on_sent: bytes of the body so far.
	 * on_end is the last call, never from within start.
	 */
	int (*on_start)(struct http_exchange *exchange);
	int (*on_data)(struct http_exchange *exchange, const void *data, size_t len);
	void (*on_sent)(struct http_exchange *exchange, uint64_t sent);
	void (*on_end)(struct http_exchange *exchange, enum http_failure failure,
		       const char *detail);

	/* the response */
	int status; /* 0 = none came */
	struct header_list headers_in;
	bool had_tls;		      /* the handshake was done, whatever came then */
	enum address_kind peer_kind;  /* 0 = behind a proxy, or not connected */
	char peer[ADDRESS_TEXT_SIZE]; /* as text; "" likewise */

	void *wire;	  /* the transport's */
	void *wire_owner; /* the caller's */
};

struct http_transport {
	int (*start)(void *context, struct http_exchange *exchange, struct error *err);
	/* Ends it without on_end. */
	void (*stop)(void *context, struct http_exchange *exchange);
	void (*resume)(void *context, struct http_exchange *exchange);
	void *context;
};

/* libcurl's multi interface: a transport and the loop's way to wait. */
struct http_curl;
int http_curl_new(const struct trust *trust, struct http_curl **ret_curl, struct error *err)
	must_check;
void http_curl_free(struct http_curl *curl);
DEFINE_CLEANUP(struct http_curl *, http_curl_free);
struct http_transport http_curl_transport(struct http_curl *curl);
struct loop_backend http_curl_backend(struct http_curl *curl);

#endif
