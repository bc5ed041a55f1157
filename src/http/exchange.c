/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange of a call: what is sent, and where the answer goes while it comes. */
#include "call.h"

#include "base/alloc.h"
#include "base/trace.h"
#include "http/proxy.h"

#include <string.h>

enum { ERROR_BODY_READ_MAX = 1024 * 1024 };

static const struct header_list *answer_headers(const struct http_call *call)
{
	return &call->exchange.headers_in;
}

static bool is_success(int status)
{
	return status >= 200 && status < 300;
}

/* What was taken of an earlier answer is not of this one. */
static int forget_received(struct http_call *call)
{
	call->response.received = 0;
	free(call->etag);
	call->etag = NULL;
	return call->request.sink.restart(call->request.sink.context, &call->err);
}

/* Without a strong mark nothing says that the rest belongs to what is here. */
static bool is_same_version(const struct http_call *call)
{
	const char *etag = header_find(answer_headers(call), "etag");

	return call->etag && etag && strcmp(call->etag, etag) == 0;
}

/* Is the answer the rest that was asked for, or the whole once more? 0, or -1 to start over. */
static int check_resumption(struct http_call *call)
{
	uint64_t start, end, total, received = call->response.received;
	int status = call->exchange.status;

	call->to_skip = 0;
	if (received && call->request.sink.restart && is_success(status) &&
	    !is_same_version(call)) {
		if (forget_received(call) < 0)
			return -1;
		/* the rest of something else is of no use */
		return status == 206 ? -1 : 0;
	}
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

static void on_end(struct http_exchange *exchange, enum http_failure failure, const char *detail)
{
	http_call_settle(exchange->wire_owner, failure, detail);
}

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

void http_call_exchange(struct http_call *call)
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
		/* asked is the server's own address, for ssh and git://, which no http proxy
		   carries */
		.proxy = call->request.connects_only
				 ? NULL
				 : proxy_find(http->settings.environment, &call->url),
		.allowed_kinds = call->allowed_kinds,
		.host_trust = is_origin ? call->request.host_trust : NULL,
		.connects_only = call->request.connects_only,
		.skips_tls_verification = is_origin && call->request.skips_tls_verification,
		.on_start = on_start,
		.on_data = on_data,
		.on_sent = on_sent,
		.on_end = on_end,
		.wire_owner = call,
	};
	if (http->transport.start(http->transport.context, exchange, &err) < 0) {
		http_call_finish(call, HTTP_FAILURE_OURS, &err);
		return;
	}
	call->is_running = true;
}
