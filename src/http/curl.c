/* SPDX-License-Identifier: Apache-2.0 */
#include "stall.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"
#include "http/transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { CONNECT_TIMEOUT_MS = 20000, BUFFER_SIZE = 256 * 1024, BUNDLE_SIZE_MAX = 8 * 1024 * 1024 };

struct http_curl {
	CURLM *multi;
	struct trust trust;
	struct buf bundle; /* what trust.file holds, read where a host's own is added to it */
	VEC(struct curl_waitfd) fds;
};

/* One exchange's easy handle and what its callbacks found out. */
struct wire {
	CURL *easy;
	struct http_exchange *exchange;
	struct curl_slist *headers;
	struct stall stall;
	uint64_t body_at; /* how much of the body was read */
	enum http_failure verdict;
	bool is_started, is_paused;
	char detail[CURL_ERROR_SIZE];
};

static uint64_t monotonic_now(void *context)
{
	struct timespec now = { 0 };

	(void)context;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- callbacks of libcurl --------------------------------------------------------------------- */

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
		(void)snprintf(wire->detail, sizeof(wire->detail),
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
			(void)snprintf(wire->detail, sizeof(wire->detail), "read what is sent: %s",
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
	if (!stall_check(&wire->stall, monotonic_now(NULL), (uint64_t)(down + up), waits,
			 wire->is_paused))
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
	(void)snprintf(wire->detail, sizeof(wire->detail), "its address is a %s one",
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
	if (is_allowed(wire, kind))
		return CURL_PREREQFUNC_OK;
	(void)refuse_address(wire, kind);
	return CURL_PREREQFUNC_ABORT;
}

/* --- setting up a handle ---------------------------------------------------------------------- */

static void set_method(CURL *easy, const struct http_exchange *exchange)
{
	if (exchange->body.is_there) {
		(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				       (curl_off_t)exchange->body.size);
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	} else if (strcmp(exchange->method, "HEAD") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	} else if (strcmp(exchange->method, "GET") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else {
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	}
}

static void set_headers(struct wire *wire)
{
	const struct http_exchange *exchange = wire->exchange;
	cleanup(buf_release) struct buf line = BUF_INIT;

	for (size_t i = 0; i < exchange->headers->len; i++)
		wire->headers = curl_slist_append(wire->headers, exchange->headers->items[i]);
	if (exchange->authorization) {
		buf_printf(&line, "Authorization: %s", exchange->authorization);
		wire->headers = curl_slist_append(wire->headers, line.data);
		explicit_bzero(line.data, line.len);
	}
	/* registries answer early when they refuse; waiting for 100-continue costs a second else */
	wire->headers = curl_slist_append(wire->headers, "Expect:");
	(void)curl_easy_setopt(wire->easy, CURLOPT_HTTPHEADER, wire->headers);
}

static void set_callbacks(struct wire *wire)
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

static void set_trust(CURL *easy, const struct http_curl *curl, bool skips_verification)
{
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, skips_verification ? 0L : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, skips_verification ? 0L : 2L);
	/* what libcurl was built with may not exist on this machine: its default is never used */
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, curl->trust.file);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, curl->trust.directory);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, curl->trust.file);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, curl->trust.directory);
}

/* No redirects, cookies, netrc, HSTS, alt-svc, other protocols, or proxies of libcurl's choice. */
static void set_rules(CURL *easy, const struct http_exchange *exchange)
{
	(void)curl_easy_setopt(easy, CURLOPT_URL, exchange->url->text);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, exchange->proxy ? exchange->proxy : "");
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "cbuild/" CBUILD_VERSION);
}

/* The usual authorities and the host's own; and the certificate that it wants to see. */
static int add_host_trust(CURL *easy, struct http_curl *curl, const struct host_trust *trust,
			  struct error *err)
{
	cleanup(buf_release) struct buf all = BUF_INIT;

	if (trust->certificate) {
		(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, trust->certificate);
		(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, trust->key);
	}
	if (!trust->authorities.len)
		return 0;
	if (curl->trust.file && !curl->bundle.len &&
	    fs_read_whole(AT_FDCWD, curl->trust.file, BUNDLE_SIZE_MAX, "certificates",
			  &curl->bundle, err) < 0)
		return -1;
	buf_add(&all, curl->bundle.data, curl->bundle.len);
	buf_add_char(&all, '\n');
	buf_add(&all, trust->authorities.data, trust->authorities.len);
	struct curl_blob blob = { all.data, all.len, CURL_BLOB_COPY };
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	return 0;
}

static void wire_free(struct wire *wire)
{
	if (wire->easy)
		curl_easy_cleanup(wire->easy);
	curl_slist_free_all(wire->headers);
	free(wire);
}
DEFINE_CLEANUP(struct wire *, wire_free);

static int start_exchange(void *context, struct http_exchange *exchange, struct error *err)
{
	struct http_curl *curl = context;
	cleanup(wire_free) struct wire *wire = xcalloc(1, sizeof(*wire));

	wire->exchange = exchange;
	wire->easy = curl_easy_init();
	if (!wire->easy)
		return error_set(err, ERROR_SYSTEM, "libcurl gives no handle");
	set_rules(wire->easy, exchange);
	set_trust(wire->easy, curl, exchange->skips_tls_verification);
	if (exchange->host_trust && add_host_trust(wire->easy, curl, exchange->host_trust, err) < 0)
		return -1;
	set_callbacks(wire);
	set_method(wire->easy, exchange);
	set_headers(wire);
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

/* --- the end of an exchange ------------------------------------------------------------------- */

static enum http_failure failure_of(const struct wire *wire, CURLcode code)
{
	long sys = 0;

	if (code == CURLE_OK)
		return HTTP_FAILURE_NONE;
	if (wire->verdict != HTTP_FAILURE_NONE)
		return wire->verdict;
	(void)curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &sys);
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_FAILURE_UNREACHABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTP_FAILURE_CERTIFICATE;
	case CURLE_SSL_CIPHER:
		return HTTP_FAILURE_TLS;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* TLS 1.3 refuses a client's certificate, or the lack of one, only after the fact
		 */
		return strstr(wire->detail, " alert ") ? HTTP_FAILURE_CERTIFICATE
						       : HTTP_FAILURE_BROKEN;
	case CURLE_SSL_CONNECT_ERROR:
		if (strstr(wire->detail, " alert "))
			return HTTP_FAILURE_CERTIFICATE;
		return sys == ECONNRESET || sys == EPIPE ? HTTP_FAILURE_BROKEN : HTTP_FAILURE_TLS;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
		return HTTP_FAILURE_NOT_HTTP;
	case CURLE_FAILED_INIT:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_URL_MALFORMAT:
	case CURLE_READ_ERROR:
	case CURLE_WRITE_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return HTTP_FAILURE_OURS;
	default:
		return HTTP_FAILURE_BROKEN;
	}
}

/* One clause in plain words; libcurl's own only where it knows more than we do. */
static const char *detail_of(struct wire *wire, CURLcode code)
{
	long sys = 0;

	if (wire->verdict != HTTP_FAILURE_NONE)
		return wire->detail;
	(void)curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &sys);
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "its name does not resolve";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "the proxy's name does not resolve";
	case CURLE_OPERATION_TIMEDOUT:
		return "no answer within 20 seconds";
	case CURLE_GOT_NOTHING:
		return "it hung up without an answer";
	case CURLE_PARTIAL_FILE:
		return "it hung up in the middle of the answer";
	case CURLE_COULDNT_CONNECT:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		if (sys == ECONNREFUSED)
			return "connection refused";
		if (sys && strerrordesc_np((int)sys))
			return strerrordesc_np((int)sys);
		break;
	default:
		break;
	}
	return *wire->detail ? wire->detail : curl_easy_strerror(code);
}

static void end_exchange(struct http_curl *curl, CURL *easy, CURLcode code)
{
	char detail[CURL_ERROR_SIZE];
	char *private = NULL;
	curl_off_t handshake = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	struct wire *wire = (struct wire *)(void *)private;
	struct http_exchange *exchange = wire->exchange;
	enum http_failure failure = failure_of(wire, code);
	(void)snprintf(detail, sizeof(detail), "%s", code == CURLE_OK ? "" : detail_of(wire, code));
	(void)curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
	exchange->had_tls = handshake > 0;
	if (failure == HTTP_FAILURE_NONE && !wire->is_started) {
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

/* --- the handle of all of it ------------------------------------------------------------------ */

int http_curl_new(const struct trust *trust, struct http_curl **ret_curl, struct error *err)
{
	cleanup(http_curl_free) struct http_curl *curl = xcalloc(1, sizeof(*curl));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_SYSTEM, "libcurl does not start");
	curl->multi = curl_multi_init();
	if (!curl->multi)
		return error_set(err, ERROR_SYSTEM, "libcurl gives no handle");
	curl->bundle = (struct buf)BUF_INIT;
	curl->trust.file = trust->file ? xstrdup(trust->file) : NULL;
	curl->trust.directory = trust->directory ? xstrdup(trust->directory) : NULL;
	(void)curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, 32L);
	*ret_curl = take_ptr(&curl);
	return 0;
}

void http_curl_free(struct http_curl *curl)
{
	if (!curl)
		return;
	if (curl->multi)
		(void)curl_multi_cleanup(curl->multi);
	trust_release(&curl->trust);
	buf_release(&curl->bundle);
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
