/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts of a call: each from the beginning, through redirects, to an answer or another try. */
#include "call.h"

#include "base/trace.h"
#include "http/redirect.h"

#include <string.h>
#include <sys/random.h>

/* From the beginning: signed URLs that a redirect led to do not live long. */
void http_call_attempt(void *context)
{
	static const char *const lanes[] = { "", " down", " up" };
	struct http_call *call = context;
	cleanup(buf_release) struct buf key = BUF_INIT;

	loop_timer_remove(call->timer);
	call->timer = NULL;
	if (call->request.lane != HTTP_LANE_SMALL) {
		url_add_authority(&call->request.url, &key);
		buf_add_text(&key, lanes[call->request.lane]);
		call->slot = slots_take(&call->http->slots, key.data);
		call->waits_for_slot = !call->slot;
		if (!call->slot)
			return;
	}
	url_release(&call->url);
	call->url = url_dup(&call->request.url);
	call->hops = 0;
	call->sends_authorization = true;
	call->allowed_kinds = call->request.allowed_kinds;
	http_call_exchange(call);
}

enum retry_cause http_retry_cause(enum http_failure failure)
{
	switch (failure) {
	case HTTP_FAILURE_UNREACHABLE:
		return RETRY_UNREACHABLE;
	case HTTP_FAILURE_BROKEN:
	case HTTP_FAILURE_SILENT:
	case HTTP_FAILURE_SILENT_TLS:
	case HTTP_FAILURE_STALLED:
		return RETRY_BROKEN;
	case HTTP_FAILURE_NONE:
	case HTTP_FAILURE_TLS:
	case HTTP_FAILURE_CERTIFICATE:
	case HTTP_FAILURE_NOT_HTTP:
	case HTTP_FAILURE_ADDRESS:
	case HTTP_FAILURE_TOO_LARGE:
	case HTTP_FAILURE_OURS:
		break;
	}
	return RETRY_NEVER;
}

/* 1: another attempt is on its way. */
static int try_again(struct http_call *call, enum retry_cause cause, unsigned asked)
{
	struct loop *loop = call->http->loop;
	uint64_t now = loop_now(loop);
	uint32_t chance = 0;
	const struct retry_limits *limits =
		call->request.limits ? call->request.limits : &call->http->settings.limits;

	if (!call->request.is_repeatable || cause == RETRY_NEVER)
		return 0;
	if (call->response.received > call->received_before || !call->tries) {
		call->tries = 0;
		call->trouble_since = now;
		call->received_before = call->response.received;
	}
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t)now;
	uint64_t delay =
		retry_delay(limits, cause, call->tries, now - call->trouble_since, asked, chance);
	if (!delay)
		return 0;
	call->tries++;
	trace("http", "%s %s: again in %llu ms", call->request.method, call->url.host,
	      (unsigned long long)(delay / 1000000));
	http_call_leave_slot(call);
	call->timer = loop_timer_add(loop, delay, http_call_attempt, call);
	return 1;
}

static void follow(struct http_call *call)
{
	struct redirect redirect;
	struct error err = ERROR_INIT;

	if (redirect_decide(&call->url, call->exchange.peer_kind, call->allowed_kinds,
			    header_find(&call->exchange.headers_in, "location"), call->hops,
			    &redirect, &err) < 0) {
		http_call_finish(call, HTTP_FAILURE_OURS, &err);
		return;
	}
	url_release(&call->url);
	call->url = redirect.url;
	call->hops++;
	/* once gone it does not come back: an origin may be reached by way of a stranger */
	call->sends_authorization = call->sends_authorization && redirect.keeps_authorization;
	call->allowed_kinds = redirect.allowed_kinds;
	http_call_exchange(call);
}

static void finish_with_answer(struct http_call *call)
{
	struct http_response *response = &call->response;

	response->status = call->exchange.status;
	header_list_release(&response->headers);
	response->headers = call->exchange.headers_in;
	call->exchange.headers_in = (struct header_list)HEADER_LIST_INIT;
	url_release(&response->url);
	response->url = url_dup(&call->url);
	response->is_origin = url_same_origin(&call->url, &call->request.url);
	response->peer_kind = call->exchange.peer_kind;
	memcpy(response->peer, call->exchange.peer, sizeof(response->peer));
	http_call_finish(call, HTTP_FAILURE_NONE, NULL);
}

/*
 * What refuses a range may have the whole (some proxies are so): asked for once, at the same place.
 * What is here already stays, and is skipped or forgotten when the answer has begun.
 */
static bool asks_for_whole(struct http_call *call, int status)
{
	if (!call->response.received || call->avoids_range || status < 400 || status == 401 ||
	    status == 404 || retry_cause_of_status(status) != RETRY_NEVER)
		return false;
	trace("http", "%s %s: %d to a range, so the whole", call->request.method, call->url.host,
	      status);
	call->avoids_range = true;
	http_call_exchange(call);
	return true;
}

static void take_answer(struct http_call *call)
{
	int status = call->exchange.status;
	bool is_plain = strcmp(call->request.method, "GET") == 0 ||
			strcmp(call->request.method, "HEAD") == 0;

	if (call->slot)
		slot_note(call->slot, status == 429, call->http->settings.lane_width);
	if (redirect_is_status(status) && is_plain && !call->request.stays)
		follow(call);
	else if (!asks_for_whole(call, status) &&
		 !try_again(call, retry_cause_of_status(status),
			    header_read_retry_after(&call->exchange.headers_in)))
		finish_with_answer(call);
}

void http_call_settle(struct http_call *call, enum http_failure failure, const char *detail)
{
	call->is_running = false;
	if (failure == HTTP_FAILURE_NONE || call->is_cut) {
		take_answer(call);
		return;
	}
	if (call->err.code != ERROR_NONE) {
		http_call_finish(call, HTTP_FAILURE_OURS, &call->err);
		return;
	}
	trace("http", "%s %s: %s", call->request.method, call->url.host, detail);
	if (failure == HTTP_FAILURE_BROKEN && !call->has_answered)
		failure = call->exchange.had_tls ? HTTP_FAILURE_SILENT_TLS : HTTP_FAILURE_SILENT;
	if (failure == HTTP_FAILURE_OURS && call->avoids_range)
		failure = HTTP_FAILURE_BROKEN;
	bool is_final = call->request.is_probe && !call->has_answered;
	if (is_final || !try_again(call, http_retry_cause(failure), 0))
		http_call_finish_with_failure(call, failure, detail);
}
