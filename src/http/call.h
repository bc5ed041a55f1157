/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way through attempts and redirects; private to http. */
#ifndef CBUILD_HTTP_CALL_H
#define CBUILD_HTTP_CALL_H

#include "slots.h"

#include "http/http.h"

struct http {
	struct loop *loop;
	struct http_transport transport;
	struct http_settings settings;
	struct slots slots;
	VEC(struct http_call *) calls;
};

struct http_call {
	struct http *http;
	struct http_request request;
	http_done_fn done;
	void *context;

	struct http_exchange exchange;
	bool is_running, waits_for_slot;
	struct slot *slot;
	struct loop_timer *timer;

	/* this attempt: where redirects have led */
	struct url url;
	struct strv headers;
	unsigned hops, allowed_kinds;
	bool sends_authorization, avoids_range, is_cut, has_answered;
	uint64_t to_skip;
	size_t error_body_read;
	char *etag;

	/* since the last attempt that got on */
	unsigned tries;
	uint64_t trouble_since, received_before;

	struct http_response response;
	struct error err; /* what the sink said */
};

/* Of http.c: both end the call. */
void http_call_finish(struct http_call *call, enum http_failure failure, const struct error *err);
void http_call_finish_with_failure(struct http_call *call, enum http_failure failure,
				   const char *detail);
void http_call_leave_slot(struct http_call *call);
/* Of exchange.c: sends what the call's url and headers say; ends in http_call_settle. */
void http_call_exchange(struct http_call *call);
/* Of attempt.c: an attempt from the beginning (a loop_fn), and what comes after an exchange. */
void http_call_attempt(void *context);
void http_call_settle(struct http_call *call, enum http_failure failure, const char *detail);

#endif
