/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, one response, whatever it takes: redirects are followed (GET and HEAD), what may be
 * repeated is tried again, a body that broke off is taken up where it ended, and of one kind no
 * more than a few run against a host at a time.
 *
 * The `authorization` of a request goes to its own origin only, never along with a redirect.
 * http_start returns at once and calls nothing; `done` is called once, later, from the loop, unless
 * http_cancel came first. The call is gone after either.
 */
#ifndef CBUILD_HTTP_HTTP_H
#define CBUILD_HTTP_HTTP_H

#include "base/buf.h"
#include "http/retry.h"
#include "http/transport.h"

struct http;
struct http_call;

struct http_settings {
	struct retry_limits limits;
	unsigned lane_width; /* requests with bodies per host and direction; 429 narrows it */
	const struct strv *environment; /* proxies; lent for the life of the client */
};

/* Small requests never wait for large ones. */
enum http_lane { HTTP_LANE_SMALL = 0, HTTP_LANE_DOWN, HTTP_LANE_UP };

enum { HTTP_ERROR_BODY_MAX = 64 * 1024 };

/* Where the body of a 2xx answer goes as it comes. */
struct http_sink {
	/* 0 taken; 1 full: nothing taken, http_resume when there is room; -1 and *err */
	int (*take)(void *context, const void *data, size_t len, struct error *err);
	/*
	 * What came so far is not the beginning of what comes now: forget it. NULL: who takes it
	 * finds that out by itself, as a digest does.
	 */
	int (*restart)(void *context, struct error *err);
	void *context;
};

struct http_request {
	const char *method; /* a constant */
	struct url url;
	struct strv headers;
	char *authorization; /* or NULL */
	struct http_body body;
	char *owned_body;      /* or NULL: what body.data points to, wiped at the end */
	struct http_sink sink; /* take NULL: the body is in the response, at most body_max */
	uint64_t have;	       /* so many bytes at the start of the body the sink has got already */
	size_t body_max;
	enum http_lane lane;
	unsigned allowed_kinds;		     /* enum address_kind */
	const struct host_trust *host_trust; /* of the origin, or NULL; lent until the end */
	bool skips_tls_verification;
	const struct retry_limits *limits; /* or NULL = those of the client; lent until the end */
	bool is_repeatable;		   /* doing it twice does what doing it once does */
	bool is_probe;			   /* as long as nothing ever answered, failing is final */
	bool connects_only;		   /* the answer has the status 0 and no headers */
	bool stays;	  /* redirects are not followed: their status is the answer */
	const char *role; /* what the host is to us, in errors: "registry"; or NULL */
	/* Bytes of the request's body that are out; may be NULL. */
	void (*sent)(void *context, uint64_t done);
	void *sent_context;
};

#define HTTP_REQUEST_INIT           \
	{                           \
		.body = {.fd = -1 } \
	}

void http_request_release(struct http_request *request);
DEFINE_RELEASE(struct http_request, http_request_release);

struct http_response {
	int status;
	struct header_list headers;
	struct buf body; /* of other answers than 2xx at most HTTP_ERROR_BODY_MAX */
	struct url url;	 /* that answered in the end */
	bool is_origin;	 /* it has the origin of the request */
	enum address_kind peer_kind;
	char peer[ADDRESS_TEXT_SIZE]; /* the address behind it, or "" */
	uint64_t received;	      /* bytes that went into the sink */
};

/* err is NULL when there is a response, of whatever status; else `failure` is the kind of it. */
typedef void (*http_done_fn)(void *context, const struct http_response *response,
			     enum http_failure failure, const struct error *err);

struct http *http_new(struct loop *loop, const struct http_transport *transport,
		      const struct http_settings *settings);
void http_free(struct http *http);
DEFINE_CLEANUP(struct http *, http_free);
struct loop *http_loop(const struct http *http);

/* Takes the contents of *request over. */
struct http_call *http_start(struct http *http, struct http_request *request, http_done_fn done,
			     void *context);
void http_cancel(struct http_call *call);
/* What kind of trouble a failure is, for those who decide themselves about another try. */
enum retry_cause http_retry_cause(enum http_failure failure);
/* The sink has room again. */
void http_resume(struct http_call *call);

#endif
