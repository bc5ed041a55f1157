/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A URL fetched into a file, or only looked at (transfer's GET_URL and REACH_URL). Loopback
 * addresses are for URLs that name one literally; the rest of who may be connected to is http's.
 */
#ifndef CBUILD_NET_URL_CALL_H
#define CBUILD_NET_URL_CALL_H

#include "http/http.h"
#include "transfer/message.h"

struct url_call;

struct url_call_events {
	/* answer is NULL when err is not; strings in it are lent. The call is gone after. */
	void (*done)(void *context, const struct transfer_answer *answer, const struct error *err);
	void (*progress)(void *context, uint64_t done);
	void *context;
};

/* `done` is called once, later, unless url_call_cancel came first. */
int url_call_start(struct http *http, const struct transfer_request *request, int body_fd,
		   const struct url_call_events *events, struct url_call **ret_call,
		   struct error *err) must_check;
/* NULL is fine. */
void url_call_cancel(struct url_call *call);

#endif
