/* SPDX-License-Identifier: Apache-2.0 */
#include "url_call.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* An answer that is only looked at ends here: what answers so much is no git server. */
enum { LOOK_SIZE_MAX = 64 * 1024 * 1024 };

struct url_call {
	struct url_call_events events;
	struct http_call *http_call;
	bool only_looks, has_etag;
	int fd; /* lent; -1 = nowhere */
	off_t start;
	uint64_t size, max;
	struct hasher hasher;
	char *shown;
};

static void url_call_free(struct url_call *call)
{
	hasher_release(&call->hasher);
	free(call->shown);
	free(call);
}

void url_call_cancel(struct url_call *call)
{
	if (!call)
		return;
	http_cancel(call->http_call);
	url_call_free(call);
}

/* --- the body --------------------------------------------------------------------------------- */

static int take(void *context, const void *data, size_t len, struct error *err)
{
	struct url_call *call = context;

	if (len > call->max - call->size)
		return error_set(err, ERROR_CORRUPT, "more than %llu bytes came (largest size)",
				 (unsigned long long)call->max);
	call->size += len;
	if (call->fd < 0)
		return 0;
	if (fs_write_all(call->fd, data, len, err) < 0)
		return -1;
	hasher_add(&call->hasher, data, len);
	call->events.progress(call->events.context, call->size);
	return 0;
}

static int restart(void *context, struct error *err)
{
	struct url_call *call = context;

	call->size = 0;
	if (call->fd < 0)
		return 0;
	hasher_start(&call->hasher);
	if (ftruncate(call->fd, call->start) < 0 || lseek(call->fd, call->start, SEEK_SET) < 0)
		return error_sys(err, "start the download over");
	return 0;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void finish(struct url_call *call, const struct transfer_answer *answer,
		   const struct error *failed)
{
	struct error wrapped = ERROR_INIT;

	if (failed) {
		wrapped = *failed;
		(void)error_wrap(&wrapped, "%s", call->shown);
	}
	call->events.done(call->events.context, answer, failed ? &wrapped : NULL);
	url_call_free(call);
}

static char *dup_header(const struct http_response *response, const char *name)
{
	const char *value = header_find(&response->headers, name);

	return value ? xstrdup(value) : NULL;
}

static void finish_with_answer(struct url_call *call, const struct http_response *response)
{
	cleanup(transfer_answer_release) struct transfer_answer answer = {
		.kind = TRANSFER_DONE,
		.is_found = response->status != 304,
		.size = call->size,
		.etag = dup_header(response, "etag"),
		.last_modified = dup_header(response, "last-modified"),
		.url = xstrdup(response->url.text),
		.address = *response->peer ? xstrdup(response->peer) : NULL,
		.is_public = response->peer_kind == ADDRESS_PUBLIC,
	};

	if (call->fd >= 0 && answer.is_found)
		answer.digest = hasher_finish(&call->hasher);
	finish(call, &answer, NULL);
}

static void refuse(struct url_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf host = BUF_INIT;
	int status = response->status;

	url_add_authority(&response->url, &host);
	(void)error_set(&err,
			status == 404 || status == 410	 ? ERROR_NOT_FOUND
			: status == 401 || status == 403 ? ERROR_AUTH
							 : ERROR_NETWORK,
			"%s answered with status %d", host.data, status);
	finish(call, NULL, &err);
}

static void on_done(void *context, const struct http_response *response, enum http_failure failure,
		    const struct error *err)
{
	struct url_call *call = context;

	(void)failure;
	call->http_call = NULL;
	if (err)
		finish(call, NULL, err);
	else if (call->only_looks || (response->status >= 200 && response->status < 300) ||
		 (response->status == 304 && call->has_etag))
		finish_with_answer(call, response);
	else
		refuse(call, response);
}

/* --- the request ------------------------------------------------------------------------------ */

/*
 * libcurl reads many spellings of an address (2130706433, 0x7f.1, 127.1); what the text does not
 * hold as it was understood was meant to be overlooked.
 */
static int check_spelling(const char *text, const struct url *url, struct error *err)
{
	if (!address_is_literal(url->host))
		return 0;
	const char *host = strstr(text, "://");
	host = host ? host + 3 : text;
	bool is_v6 = strchr(url->host, ':') != NULL;
	size_t len = strlen(url->host);
	if (strncasecmp(host + (is_v6 && *host == '['), url->host, len) != 0)
		return error_set(err, ERROR_NETWORK, "unusual spelling of the address %s: refused",
				 url->host);
	/* IPv4 within IPv6 is one more */
	if (is_v6 && strchr(url->host, '.'))
		return error_set(err, ERROR_NETWORK, "IPv4 address within an IPv6 one: refused");
	return 0;
}

static unsigned allowed_kinds(const struct transfer_request *request, const struct url *url)
{
	if (request->reach == TRANSFER_REACH_PUBLIC)
		return ADDRESS_PUBLIC;
	return ADDRESS_SAFE | (address_is_loopback_host(url->host) ? ADDRESS_LOOPBACK : 0u);
}

static int fill(struct url_call *call, const struct transfer_request *request,
		struct http_request *http_request, struct error *err)
{
	http_request->method = "GET";
	if (url_parse(request->url, &http_request->url, err) < 0 ||
	    check_spelling(request->url, &http_request->url, err) < 0)
		return -1;
	http_request->allowed_kinds = allowed_kinds(request, &http_request->url);
	http_request->is_repeatable = true;
	http_request->connects_only = request->connects_only;
	http_request->sink =
		(struct http_sink){ .take = take, .restart = restart, .context = call };
	if (!call->only_looks)
		http_request->lane = HTTP_LANE_DOWN;
	else if (!request->connects_only)
		strv_add(&http_request->headers, "Git-Protocol: version=2");
	if (request->authorization)
		http_request->authorization = xstrdup(request->authorization);
	if (request->etag)
		strv_printf(&http_request->headers, "If-None-Match: %s", request->etag);
	return 0;
}

static int prepare_file(struct url_call *call, int body_fd, struct error *err)
{
	struct stat st;

	if (body_fd < 0 || fstat(body_fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "a URL is written into regular files only");
	call->fd = body_fd;
	call->start = lseek(body_fd, 0, SEEK_CUR);
	if (call->start < 0)
		return error_sys(err, "look at where a URL is written");
	hasher_start(&call->hasher);
	return 0;
}

int url_call_start(struct http *http, const struct transfer_request *request, int body_fd,
		   const struct url_call_events *events, struct url_call **ret_call,
		   struct error *err)
{
	struct url_call *call = xcalloc(1, sizeof(*call));
	cleanup(http_request_release) struct http_request http_request = HTTP_REQUEST_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;

	*call = (struct url_call){ .events = *events,
				   .only_looks = request->kind == TRANSFER_REACH_URL,
				   .has_etag = request->etag != NULL,
				   .fd = -1,
				   .max = LOOK_SIZE_MAX,
				   .hasher = HASHER_INIT };
	if (!call->only_looks)
		call->max = request->size;
	if ((!call->only_looks && prepare_file(call, body_fd, err) < 0) ||
	    fill(call, request, &http_request, err) < 0) {
		url_call_free(call);
		return -1;
	}
	url_add_printable(&http_request.url, &shown);
	call->shown = buf_take(&shown);
	call->http_call = http_start(http, &http_request, on_done, call);
	*ret_call = call;
	return 0;
}
