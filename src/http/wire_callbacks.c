/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t wire_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int start_answer(struct wire *wire)
{
	struct http_exchange *exchange = wire->exchange;
	long status = 0;

	(void)curl_easy_getinfo(wire->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200) {
		/* 1xx: the real answer follows */
		header_list_release(&exchange->headers_in);
		return 0;
	}
	exchange->status = (int)status;
	wire->is_started = true;
	if (exchange->on_start(exchange) == 0)
		return 0;
	wire->verdict = HTTP_FAILURE_OURS;
	return -1;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct wire *wire = context;
	size_t len = size * count;

	if (wire->is_started)
		return len; /* trailers behind a chunked body */
	if (len <= 2 && (line[0] == '\r' || line[0] == '\n'))
		return start_answer(wire) < 0 ? 0 : len;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		header_list_release(&wire->exchange->headers_in);
	else if (header_list_add(&wire->exchange->headers_in, line, len) < 0) {
		wire->verdict = HTTP_FAILURE_TOO_LARGE;
		(void)snprintf(wire->reason, sizeof(wire->reason),
			       "more than %d headers or %d bytes of them", HEADERS_MAX,
			       HEADERS_SIZE_MAX);
		return 0;
	}
	return len;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct wire *wire = context;
	size_t len = size * count;

	int taken = wire->exchange->on_data(wire->exchange, data, len);
	wire->is_paused = taken == 1;
	if (taken == 1)
		return CURL_WRITEFUNC_PAUSE;
	if (taken == 0)
		return len;
	wire->verdict = HTTP_FAILURE_OURS;
	return SIZE_MAX;
}

static size_t give_body(char *data, size_t size, size_t count, void *context)
{
	struct wire *wire = context;
	const struct http_body *body = &wire->exchange->body;
	uint64_t left = body->size - wire->body_at, room = size * count;
	size_t len = (size_t)(left < room ? left : room);

	if (!len)
		return 0;
	if (body->data) {
		memcpy(data, (const char *)body->data + body->offset + wire->body_at, len);
	} else {
		ssize_t n = pread(body->fd, data, len, (off_t)(body->offset + wire->body_at));
		if (n <= 0) {
			wire->verdict = HTTP_FAILURE_OURS;
			(void)snprintf(wire->reason, sizeof(wire->reason), "read what is sent: %s",
				       n < 0 ? strerrordesc_np(errno)
					     : "it is shorter than it was");
			return CURL_READFUNC_ABORT;
		}
		len = (size_t)n;
	}
	wire->body_at += len;
	return len;
}

/*
 * libcurl sends a body once more by itself when a kept connection turns out dead. A part of a blob
 * that was on its way must not be: the registry may have some of it, and is asked first.
 */
static int seek_body(void *context, curl_off_t offset, int origin)
{
	struct wire *wire = context;

	if (!wire->exchange->body.data && wire->body_at)
		return CURL_SEEKFUNC_FAIL;
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > wire->exchange->body.size)
		return CURL_SEEKFUNC_FAIL;
	wire->body_at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int watch_progress(void *context, curl_off_t down_total, curl_off_t down,
			  curl_off_t up_total, curl_off_t up)
{
	struct wire *wire = context;
	struct http_exchange *exchange = wire->exchange;

	(void)down_total;
	(void)up_total;
	if (exchange->body.is_there && exchange->on_sent)
		exchange->on_sent(exchange, (uint64_t)up);
	bool waits = exchange->body.size && (uint64_t)up >= exchange->body.size && !down;
	if (!stall_check(&wire->stall, wire_now(), (uint64_t)(down + up), waits, wire->is_paused))
		return 0;
	wire->verdict = HTTP_FAILURE_STALLED;
	return 1;
}

static bool is_allowed(const struct wire *wire, enum address_kind kind)
{
	return wire->exchange->proxy || (wire->exchange->allowed_kinds & kind);
}

static int refuse_address(struct wire *wire, enum address_kind kind)
{
	wire->verdict = HTTP_FAILURE_ADDRESS;
	(void)snprintf(wire->reason, sizeof(wire->reason), "its address is a %s one",
		       address_kind_name(kind));
	return -1;
}

/* Sees the address itself, so a name that changes its mind between two look-ups gains nothing. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct wire *wire = context;
	enum address_kind kind = address_kind_of(&address->addr);

	(void)purpose;
	if (!is_allowed(wire, kind)) {
		(void)refuse_address(wire, kind);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The same question for a connection that an earlier request left open. */
static int before_request(void *context, char *peer_ip, char *local_ip, int peer_port,
			  int local_port)
{
	struct wire *wire = context;
	enum address_kind kind = address_kind_of_text(peer_ip);

	(void)local_ip;
	(void)peer_port;
	(void)local_port;
	wire->exchange->peer_kind = wire->exchange->proxy ? (enum address_kind)0 : kind;
	if (!wire->exchange->proxy)
		(void)snprintf(wire->exchange->peer, sizeof(wire->exchange->peer), "%s", peer_ip);
	if (is_allowed(wire, kind))
		return CURL_PREREQFUNC_OK;
	(void)refuse_address(wire, kind);
	return CURL_PREREQFUNC_ABORT;
}

void wire_set_callbacks(struct wire *wire)
{
	CURL *easy = wire->easy;

	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, wire);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, wire->detail);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
	(void)curl_easy_setopt(easy, CURLOPT_READDATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
	(void)curl_easy_setopt(easy, CURLOPT_SEEKDATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch_progress);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, wire);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, wire);
}
