/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"

#include "call.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

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

/* Somebody left: the first that waits may try. */
static void wake_waiting(struct http *http)
{
	for (size_t i = 0; i < http->calls.len; i++) {
		struct http_call *call = http->calls.items[i];
		if (!call->waits_for_slot)
			continue;
		call->waits_for_slot = false;
		loop_timer_remove(call->timer);
		call->timer = loop_timer_add(http->loop, 0, http_call_attempt, call);
	}
}

void http_call_leave_slot(struct http_call *call)
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
	http_call_leave_slot(call);
	header_list_release(&call->exchange.headers_in);
	http_request_release(&call->request);
	release_response(&call->response);
	url_release(&call->url);
	strv_release(&call->headers);
	free(call->etag);
	free(call);
}

void http_call_finish(struct http_call *call, enum http_failure failure, const struct error *err)
{
	http_call_leave_slot(call);
	call->done(call->context, err ? NULL : &call->response, failure, err);
	call_free(call);
}

void http_call_finish_with_failure(struct http_call *call, enum http_failure failure,
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
	http_call_finish(call, failure, &err);
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
	/* as if they had come before the connection broke */
	call->response.received = call->request.have;
	call->received_before = call->request.have;
	call->url = url_dup(&call->request.url);
	vec_push(&http->calls, call);
	call->timer = loop_timer_add(http->loop, 0, http_call_attempt, call);
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
