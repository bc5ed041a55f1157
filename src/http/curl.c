/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi interface as a transport, and as the loop's way to wait. */
#include "wire.h"

#include "base/alloc.h"
#include "http/transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>

enum { CONNECTIONS_KEPT = 32 };

struct http_curl {
	CURLM *multi;
	struct wire_trust trust;
	VEC(struct curl_waitfd) fds;
};

static uint64_t monotonic_now(void *context)
{
	(void)context;
	return wire_now();
}

static int start_exchange(void *context, struct http_exchange *exchange, struct error *err)
{
	struct http_curl *curl = context;
	cleanup(wire_free) struct wire *wire = NULL;

	if (wire_new(exchange, &curl->trust, &wire, err) < 0)
		return -1;
	CURLMcode code = curl_multi_add_handle(curl->multi, wire->easy);
	if (code != CURLM_OK)
		return error_set(err, ERROR_SYSTEM, "libcurl: %s", curl_multi_strerror(code));
	exchange->wire = take_ptr(&wire);
	return 0;
}

static void stop_exchange(void *context, struct http_exchange *exchange)
{
	struct http_curl *curl = context;
	struct wire *wire = exchange->wire;

	if (!wire)
		return;
	exchange->wire = NULL;
	(void)curl_multi_remove_handle(curl->multi, wire->easy);
	wire_free(wire);
}

static void resume_exchange(void *context, struct http_exchange *exchange)
{
	struct wire *wire = exchange->wire;

	(void)context;
	if (!wire || !wire->is_paused)
		return;
	wire->is_paused = false;
	(void)curl_easy_pause(wire->easy, CURLPAUSE_CONT);
}

/* No request, so nobody was asked before it: the address was judged when its socket was made. */
static void note_peer(CURL *easy, struct http_exchange *exchange)
{
	char *address = NULL;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	(void)snprintf(exchange->peer, sizeof(exchange->peer), "%s", address ? address : "");
	exchange->peer_kind = address_kind_of_text(exchange->peer);
}

static void end_exchange(struct http_curl *curl, CURL *easy, CURLcode code)
{
	char detail[CURL_ERROR_SIZE];
	char *private = NULL;
	curl_off_t handshake = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	struct wire *wire = (struct wire *)(void *)private;
	struct http_exchange *exchange = wire->exchange;
	enum http_failure failure = wire_failure(wire, code);
	(void)snprintf(detail, sizeof(detail), "%s",
		       code == CURLE_OK ? "" : wire_detail(wire, code));
	(void)curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
	exchange->had_tls = handshake > 0;
	if (failure == HTTP_FAILURE_NONE && exchange->connects_only)
		note_peer(easy, exchange);
	else if (failure == HTTP_FAILURE_NONE && !wire->is_started) {
		failure = HTTP_FAILURE_NOT_HTTP;
		(void)snprintf(detail, sizeof(detail), "the answer has no end of headers");
	}
	stop_exchange(curl, exchange);
	exchange->on_end(exchange, failure, detail);
}

static int wait_for_fds(void *context, struct pollfd *fds, size_t n_fds, int timeout_ms,
			struct error *err)
{
	struct http_curl *curl = context;
	CURLMsg *message;
	int running, left;

	curl->fds.len = 0;
	for (size_t i = 0; i < n_fds; i++)
		vec_push(&curl->fds,
			 (struct curl_waitfd){
				 fds[i].fd,
				 (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
					 (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
				 0 });
	CURLMcode code = curl_multi_poll(curl->multi, curl->fds.items, (unsigned)n_fds,
					 timeout_ms < 0 ? 60000 : timeout_ms, NULL);
	if (code == CURLM_OK)
		code = curl_multi_perform(curl->multi, &running);
	if (code != CURLM_OK)
		return error_set(err, ERROR_SYSTEM, "libcurl: %s", curl_multi_strerror(code));
	/* libcurl reports neither hang-ups nor errors of the others' descriptors: ask once more */
	if (n_fds && poll(fds, n_fds, 0) < 0 && errno != EINTR)
		return error_sys(err, "poll");
	while ((message = curl_multi_info_read(curl->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			end_exchange(curl, message->easy_handle, message->data.result);
	return 0;
}

int http_curl_new(const struct trust *trust, struct http_curl **ret_curl, struct error *err)
{
	cleanup(http_curl_free) struct http_curl *curl = xcalloc(1, sizeof(*curl));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_SYSTEM, "libcurl does not start");
	curl->multi = curl_multi_init();
	if (!curl->multi)
		return error_set(err, ERROR_SYSTEM, "libcurl gives no handle");
	curl->trust.bundle = (struct buf)BUF_INIT;
	curl->trust.trust.file = trust->file ? xstrdup(trust->file) : NULL;
	curl->trust.trust.directory = trust->directory ? xstrdup(trust->directory) : NULL;
	(void)curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
	*ret_curl = take_ptr(&curl);
	return 0;
}

void http_curl_free(struct http_curl *curl)
{
	if (!curl)
		return;
	if (curl->multi)
		(void)curl_multi_cleanup(curl->multi);
	trust_release(&curl->trust.trust);
	buf_release(&curl->trust.bundle);
	vec_release(&curl->fds);
	free(curl);
	curl_global_cleanup();
}

struct http_transport http_curl_transport(struct http_curl *curl)
{
	return (struct http_transport){ .start = start_exchange,
					.stop = stop_exchange,
					.resume = resume_exchange,
					.context = curl };
}

struct loop_backend http_curl_backend(struct http_curl *curl)
{
	return (struct loop_backend){ .now = monotonic_now, .wait = wait_for_fds, .context = curl };
}
