/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"

#include "slots.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/trace.h"
#include "http/proxy.h"
#include "http/redirect.h"

#include <string.h>
#include <sys/random.h>

enum { ERROR_BODY_READ_MAX = 1024 * 1024 };

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

void http_request_release(struct http_request *request)
{
	url_release(&request->url);
	strv_release(&request->headers);
	if (request->authorization)
		explicit_bzero(request->authorization, strlen(request->authorization));
	free(request->authorization);
	if (request->owned_body)
		explicit_bzero(request->owned_body, strlen(request->owned_body));
	free(request->owned_body);
	*request = (struct http_request)HTTP_REQUEST_INIT;
}

/* --- life and death --------------------------------------------------------------------------- */

struct http *http_new(struct loop *loop, const struct http_transport *transport,
		      const struct http_settings *settings)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->loop = loop;
	http->transport = *transport;
	http->settings = *settings;
	http->slots.width = settings->lane_width;
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->calls.len)
		http_cancel(http->calls.items[http->calls.len - 1]);
	vec_release(&http->calls);
	slots_release(&http->slots);
	free(http);
}

struct loop *http_loop(const struct http *http)
{
	return http->loop;
}

static void release_response(struct http_response *response)
{
	header_list_release(&response->headers);
	buf_release(&response->body);
	url_release(&response->url);
}

static void attempt(void *context);

/* Somebody left: the first that waits may try. */
static void wake_waiting(struct http *http)
{
	for (size_t i = 0; i < http->calls.len; i++) {
		struct http_call *call = http->calls.items[i];
		if (!call->waits_for_slot)
			continue;
		call->waits_for_slot = false;
		loop_timer_remove(call->timer);
		call->timer = loop_timer_add(http->loop, 0, attempt, call);
	}
}

static void leave_slot(struct http_call *call)
{
	if (!call->slot)
		return;
	slot_give(call->slot);
	call->slot = NULL;
	wake_waiting(call->http);
}

static void call_free(struct http_call *call)
{
	struct http *http = call->http;

	for (size_t i = 0; i < http->calls.len; i++) {
		if (http->calls.items[i] == call) {
			memmove(&http->calls.items[i], &http->calls.items[i + 1],
				(http->calls.len - i - 1) * sizeof(http->calls.items[0]));
			http->calls.len--;
			break;
		}
	}
	loop_timer_remove(call->timer);
	leave_slot(call);
	header_list_release(&call->exchange.headers_in);
	http_request_release(&call->request);
	release_response(&call->response);
	url_release(&call->url);
	strv_release(&call->headers);
	free(call->etag);
	free(call);
}

static void finish(struct http_call *call, enum http_failure failure, const struct error *err)
{
	leave_slot(call);
	call->done(call->context, err ? NULL : &call->response, failure, err);
	call_free(call);
}

static void finish_with_failure(struct http_call *call, enum http_failure failure,
				const char *detail)
{
	static const char *const said[] = {
		[HTTP_FAILURE_UNREACHABLE] = "cannot reach",
		[HTTP_FAILURE_TLS] = "no TLS with",
		[HTTP_FAILURE_CERTIFICATE] = "no trusted connection to",
		[HTTP_FAILURE_BROKEN] = "lost the connection to",
		[HTTP_FAILURE_SILENT] = "got no answer from",
		[HTTP_FAILURE_SILENT_TLS] = "got no answer from",
		[HTTP_FAILURE_STALLED] = "nothing moved for 30 seconds between here and",
		[HTTP_FAILURE_NOT_HTTP] = "no HTTP spoken by",
		[HTTP_FAILURE_ADDRESS] = "refused to connect to",
		[HTTP_FAILURE_TOO_LARGE] = "too much came from",
		[HTTP_FAILURE_OURS] = "gave up the request to",
	};
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;
	struct error err = ERROR_INIT;
	bool is_origin = url_same_origin(&call->url, &call->request.url);

	buf_printf(&text, "%s ", said[failure]);
	if (is_origin && call->request.role)
		buf_printf(&text, "%s ", call->request.role);
	url_add_authority(&call->url, &text);
	text_add_printable(&shown, detail, strlen(detail));
	if (*detail)
		buf_printf(&text, ": %s", shown.data);
	if (call->tries)
		buf_printf(&text, ", tried %u times", call->tries + 1);
	(void)error_set(&err,
			failure == HTTP_FAILURE_TOO_LARGE ? ERROR_CORRUPT
			: failure == HTTP_FAILURE_OURS	  ? ERROR_SYSTEM
							  : ERROR_NETWORK,
			"%s", text.data);
	finish(call, failure, &err);
}

/* --- one attempt ------------------------------------------------------------------------------ */

static const struct header_list *answer_headers(const struct http_call *call)
{
	return &call->exchange.headers_in;
}

static bool is_success(int status)
{
	return status >= 200 && status < 300;
}

/* Is the answer the rest that was asked for, or the whole once more? 0, or -1 to start over. */
static int check_resumption(struct http_call *call)
{
	uint64_t start, end, total, received = call->response.received;
	int status = call->exchange.status;

	call->to_skip = 0;
	if (status == 206) {
		if (!received || call->avoids_range ||
		    header_read_range(answer_headers(call), &start, &end, &total) != 1 ||
		    start != received)
			return -1;
		return 0;
	}
	if (status == 416 && received)
		return -1;
	if (is_success(status))
		call->to_skip = received;
	return 0;
}

static int on_start(struct http_exchange *exchange)
{
	struct http_call *call = exchange->wire_owner;
	const char *etag = header_find(&exchange->headers_in, "etag");

	call->has_answered = true;
	trace("http", "%s %s: %d", exchange->method, call->url.host, exchange->status);
	if (call->request.sink.take && check_resumption(call) < 0) {
		call->avoids_range = true;
		return -1;
	}
	if (is_success(exchange->status) && etag && !call->etag && *etag == '"')
		call->etag = xstrdup(etag);
	return 0;
}

static int keep_body(struct http_call *call, const void *data, size_t len)
{
	struct buf *body = &call->response.body;

	if (!is_success(call->exchange.status)) {
		call->error_body_read += len;
		size_t room = HTTP_ERROR_BODY_MAX - body->len;
		buf_add(body, data, len < room ? len : room);
		call->is_cut = call->error_body_read > ERROR_BODY_READ_MAX;
		return call->is_cut ? -1 : 0;
	}
	if (len > call->request.body_max - body->len) {
		(void)error_set(&call->err, ERROR_CORRUPT,
				"the answer of %s is larger than %zu bytes", call->url.host,
				call->request.body_max);
		return -1;
	}
	buf_add(body, data, len);
	return 0;
}

static int on_data(struct http_exchange *exchange, const void *data, size_t len)
{
	struct http_call *call = exchange->wire_owner;

	if (!call->request.sink.take || !is_success(exchange->status))
		return keep_body(call, data, len);
	size_t skipped = len < call->to_skip ? len : (size_t)call->to_skip;
	if (skipped < len) {
		int taken = call->request.sink.take(call->request.sink.context,
						    (const char *)data + skipped, len - skipped,
						    &call->err);
		if (taken != 0)
			return taken;
		call->response.received += len - skipped;
	}
	call->to_skip -= skipped;
	return 0;
}

static void on_sent(struct http_exchange *exchange, uint64_t sent)
{
	struct http_call *call = exchange->wire_owner;

	if (call->request.sent)
		call->request.sent(call->request.sent_context, sent);
}

static void on_end(struct http_exchange *exchange, enum http_failure failure, const char *detail);

static void set_headers(struct http_call *call)
{
	strv_release(&call->headers);
	strv_add_all(&call->headers, &call->request.headers);
	if (!call->response.received || call->avoids_range)
		return;
	strv_printf(&call->headers, "Range: bytes=%llu-",
		    (unsigned long long)call->response.received);
	if (call->etag)
		strv_printf(&call->headers, "If-Range: %s", call->etag);
}

static void send_exchange(struct http_call *call)
{
	struct http *http = call->http;
	struct http_exchange *exchange = &call->exchange;
	struct error err = ERROR_INIT;
	bool is_origin = url_same_origin(&call->url, &call->request.url);

	set_headers(call);
	header_list_release(&exchange->headers_in);
	buf_clear(&call->response.body);
	call->is_cut = false;
	call->error_body_read = 0;
	*exchange = (struct http_exchange){
		.method = call->request.method,
		.url = &call->url,
		.headers = &call->headers,
		.authorization = call->sends_authorization ? call->request.authorization : NULL,
		.body = call->request.body,
		.proxy = proxy_find(http->settings.environment, &call->url),
		.allowed_kinds = call->allowed_kinds,
		.host_trust = is_origin ? call->request.host_trust : NULL,
		.skips_tls_verification = is_origin && call->request.skips_tls_verification,
		.on_start = on_start,
		.on_data = on_data,
		.on_sent = on_sent,
		.on_end = on_end,
		.wire_owner = call,
	};
	if (http->transport.start(http->transport.context, exchange, &err) < 0) {
		finish(call, HTTP_FAILURE_OURS, &err);
		return;
	}
	call->is_running = true;
}

/* From the beginning: signed URLs that a redirect led to do not live long. */
static void attempt(void *context)
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
	send_exchange(call);
}

/* --- what comes after it ---------------------------------------------------------------------- */

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

	if (!call->request.is_repeatable || cause == RETRY_NEVER)
		return 0;
	if (call->response.received > call->received_before || !call->tries) {
		call->tries = 0;
		call->trouble_since = now;
		call->received_before = call->response.received;
	}
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t)now;
	uint64_t delay = retry_delay(&call->http->settings.limits, cause, call->tries,
				     now - call->trouble_since, asked, chance);
	if (!delay)
		return 0;
	call->tries++;
	trace("http", "%s %s: again in %llu ms", call->request.method, call->url.host,
	      (unsigned long long)(delay / 1000000));
	leave_slot(call);
	call->timer = loop_timer_add(loop, delay, attempt, call);
	return 1;
}

static void follow(struct http_call *call)
{
	struct redirect redirect;
	struct error err = ERROR_INIT;

	if (redirect_decide(&call->url, call->exchange.peer_kind, call->allowed_kinds,
			    header_find(answer_headers(call), "location"), call->hops, &redirect,
			    &err) < 0) {
		finish(call, HTTP_FAILURE_OURS, &err);
		return;
	}
	url_release(&call->url);
	call->url = redirect.url;
	call->hops++;
	/* once gone it does not come back: an origin may be reached by way of a stranger */
	call->sends_authorization = call->sends_authorization && redirect.keeps_authorization;
	call->allowed_kinds = redirect.allowed_kinds;
	send_exchange(call);
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
	finish(call, HTTP_FAILURE_NONE, NULL);
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
	else if (!try_again(call, retry_cause_of_status(status),
			    header_read_retry_after(answer_headers(call))))
		finish_with_answer(call);
}

static void on_end(struct http_exchange *exchange, enum http_failure failure, const char *detail)
{
	struct http_call *call = exchange->wire_owner;

	call->is_running = false;
	if (failure == HTTP_FAILURE_NONE || call->is_cut) {
		take_answer(call);
		return;
	}
	if (call->err.code != ERROR_NONE) {
		finish(call, HTTP_FAILURE_OURS, &call->err);
		return;
	}
	trace("http", "%s %s: %s", exchange->method, call->url.host, detail);
	if (failure == HTTP_FAILURE_BROKEN && !call->has_answered)
		failure = exchange->had_tls ? HTTP_FAILURE_SILENT_TLS : HTTP_FAILURE_SILENT;
	if (failure == HTTP_FAILURE_OURS && call->avoids_range)
		failure = HTTP_FAILURE_BROKEN;
	bool is_final = call->request.is_probe && !call->has_answered;
	if (is_final || !try_again(call, http_retry_cause(failure), 0))
		finish_with_failure(call, failure, detail);
}

struct http_call *http_start(struct http *http, struct http_request *request, http_done_fn done,
			     void *context)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	call->http = http;
	call->request = *request;
	*request = (struct http_request)HTTP_REQUEST_INIT;
	call->done = done;
	call->context = context;
	call->response.body = (struct buf)BUF_INIT;
	call->url = url_dup(&call->request.url);
	vec_push(&http->calls, call);
	call->timer = loop_timer_add(http->loop, 0, attempt, call);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	if (call->is_running)
		call->http->transport.stop(call->http->transport.context, &call->exchange);
	call_free(call);
}

void http_resume(struct http_call *call)
{
	if (call->is_running)
		call->http->transport.resume(call->http->transport.context, &call->exchange);
}
