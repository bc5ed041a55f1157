/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing a blob into a repository: look whether it is there, try to mount it, else open a session
 * (POST) and send all of it with the PUT that closes the session. Where the registry asks for
 * chunks, and after a broken connection, PATCH sends parts and a PUT without a body closes.
 */
#include "call.h"
#include "complaint.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/trace.h"

#include <string.h>

#define CHUNK_SIZE (UINT64_C(16) << 20)

static const struct step close_step, chunk_step;

static void finish(struct registry_call *call, bool is_uploaded)
{
	call_finish(call, &(struct registry_answer){ .is_found = true,
						     .is_uploaded = is_uploaded,
						     .digest = call->order.digest });
}

/*
 * The session's URL. It must have the origin of the request, which carried credentials; one that
 * differs only by naming http where we came by https stands behind a proxy that ends TLS, and is
 * taken as https.
 */
int upload_take_location(struct registry_call *call, const struct http_response *response,
			 struct error *err)
{
	const char *location = header_find(&response->headers, "location");
	cleanup(url_release) struct url url = URL_INIT;
	cleanup(buf_release) struct buf there = BUF_INIT;
	autofree char *upgraded = NULL;

	if (!location)
		return error_set(err, ERROR_NETWORK,
				 "registry %s opens an upload without saying where",
				 call->endpoint.domain);
	if (call->endpoint.base.is_https && text_has_prefix(location, "http://")) {
		upgraded = xasprintf("https://%s", location + strlen("http://"));
		location = upgraded;
	}
	if (url_resolve(&response->url, location, &url, err) < 0)
		return error_wrap(err, "where registry %s wants the upload", call->endpoint.domain);
	if (!url_same_origin(&url, &call->endpoint.base)) {
		url_add_authority(&url, &there);
		return error_set(err, ERROR_NETWORK,
				 "registry %s wants the upload sent to %s: refused, that is "
				 "another server",
				 call->endpoint.domain, there.data);
	}
	url_release(&call->upload.location);
	call->upload.location = url;
	url = (struct url)URL_INIT;
	return 0;
}

static bool on_body_failed(struct registry_call *call, enum http_failure failure,
			   const struct error *err)
{
	enum retry_cause cause = http_retry_cause(failure);

	if (cause == RETRY_NEVER)
		return false;
	upload_recover(call, cause, 0, err);
	return true;
}

/* What is worth another session, and how often: bytes that were refused once, or a lost session. */
static unsigned restarts_for(int status)
{
	return status == 400 ? 1 : status == 404 || status == 416 ? 3 : 0;
}

/* A part, or the whole, was not taken. */
static void on_body_refused(struct registry_call *call, const struct http_response *response)
{
	struct upload *upload = &call->upload;
	enum retry_cause cause = retry_cause_of_status(response->status);
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf complaint = BUF_INIT;

	complaint_format(response, &complaint);
	(void)error_set(&err, ERROR_NETWORK, "registry %s answered %s to the upload",
			call->endpoint.domain, complaint.data);
	if (response->status == 413 && !upload->chunk_size) {
		/* too much at once, for it or for what stands before it */
		upload->chunk_size =
			upload->chunk_min > CHUNK_SIZE ? upload->chunk_min : CHUNK_SIZE;
		call_send(call, &upload_open_step);
	} else if (cause != RETRY_NEVER) {
		upload_recover(call, cause, header_read_retry_after(&response->headers), &err);
	} else if (upload->restarts < restarts_for(response->status)) {
		upload->restarts++;
		/* the session is lost, or not where we think: from the start */
		call_send(call, &upload_look_step);
	} else {
		call_refuse(call, response);
	}
}

static void on_sent(void *context, uint64_t sent)
{
	struct registry_call *call = context;

	if (call->order.sent)
		call->order.sent(call->order.sent_context, call->upload.offset + sent);
}

static void set_body(struct registry_call *call, uint64_t size, struct http_request *request)
{
	request->body = (struct http_body){ .fd = call->order.in_fd,
					    .offset = call->upload.offset,
					    .size = size,
					    .is_there = true };
	request->lane = HTTP_LANE_UP;
	/* where a session stands after a failure must be asked, so no blind second try */
	request->is_repeatable = false;
	request->sent = on_sent;
	request->sent_context = call;
	strv_add(&request->headers, "Content-Type: application/octet-stream");
}

/* --- HEAD: is it there? ----------------------------------------------------------------------- */

static void on_look(struct registry_call *call, const struct http_response *response);

static int fill_look(struct registry_call *call, struct http_request *request, struct error *err)
{
	return blob_find_step.fill(call, request, err);
}

const struct step upload_look_step = { .fill = fill_look, .on_answer = on_look };

/* --- POST: mount, or open a session ----------------------------------------------------------- */

static int fill_open(struct registry_call *call, struct http_request *request, struct error *err)
{
	request->method = "POST";
	request->body = (struct http_body){ .data = "", .fd = -1, .is_there = true };
	return call_url(call, "blobs/uploads/", &request->url, err);
}

static int fill_mount(struct registry_call *call, struct http_request *request, struct error *err)
{
	const char *from = strchr(call->order.mount_from, '/') + 1;

	if (fill_open(call, request, err) < 0 ||
	    url_add_query(&request->url, "mount", digest_format(&call->order.digest).text, err) < 0)
		return -1;
	return url_add_query(&request->url, "from", from, err);
}

static void on_open(struct registry_call *call, const struct http_response *response)
{
	const char *min = header_find(&response->headers, "oci-chunk-min-length");
	struct error err = ERROR_INIT;

	if (response->status != 202) {
		call_refuse(call, response);
		return;
	}
	if (upload_take_location(call, response, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	struct error ignored;
	if (min)
		(void)!text_parse_unsigned(min, INT64_MAX, &call->upload.chunk_min, &ignored);
	if (call->upload.chunk_size && call->upload.chunk_size < call->upload.chunk_min)
		call->upload.chunk_size = call->upload.chunk_min;
	call->upload.offset = 0;
	upload_go_on(call);
}

static void on_mount(struct registry_call *call, const struct http_response *response)
{
	trace("registry", "mount from %s: %d", call->order.mount_from, response->status);
	if (response->status == 201)
		finish(call, false);
	else if (response->status == 202)
		on_open(call, response);
	else
		call_send(call, &upload_open_step);
}

/* No right to look into the other repository, or no answer: it is uploaded then. */
static bool on_mount_failed(struct registry_call *call, enum http_failure failure,
			    const struct error *err)
{
	(void)failure;
	if (err->code != ERROR_AUTH)
		return false;
	call_send(call, &upload_open_step);
	return true;
}

const struct step upload_open_step = { .fill = fill_open, .on_answer = on_open };
static const struct step mount_step = {
	.fill = fill_mount, .on_answer = on_mount, .on_failure = on_mount_failed, .mounts = true
};

static void on_look(struct registry_call *call, const struct http_response *response)
{
	uint64_t len = 0;

	if (response->status == 401 || response->status == 403) {
		call_refuse(call, response);
		return;
	}
	if (response->status == 200 &&
	    (!header_read_length(&response->headers, &len) || len == call->order.size))
		finish(call, call->upload.was_sent);
	else if (call->order.mount_from && !call->upload.was_sent)
		call_send(call, &mount_step);
	else
		call_send(call, &upload_open_step);
}

/* --- PATCH and PUT ---------------------------------------------------------------------------- */

static int fill_chunk(struct registry_call *call, struct http_request *request, struct error *err)
{
	struct upload *upload = &call->upload;
	uint64_t size = call->order.size - upload->offset;

	(void)err;
	if (upload->chunk_size && size > upload->chunk_size)
		size = upload->chunk_size;
	request->method = "PATCH";
	request->url = url_dup(&upload->location);
	set_body(call, size, request);
	strv_printf(&request->headers, "Content-Range: %llu-%llu",
		    (unsigned long long)upload->offset,
		    (unsigned long long)(upload->offset + size - 1));
	return 0;
}

static void on_chunk(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	struct upload *upload = &call->upload;
	uint64_t size = call->order.size - upload->offset;

	if (response->status != 202) {
		on_body_refused(call, response);
		return;
	}
	if (upload_take_location(call, response, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	if (upload->chunk_size && size > upload->chunk_size)
		size = upload->chunk_size;
	upload->offset += size;
	upload_go_on(call);
}

static const struct step chunk_step = { .fill = fill_chunk,
					.on_answer = on_chunk,
					.on_failure = on_body_failed };

static int fill_close(struct registry_call *call, struct http_request *request, struct error *err)
{
	request->method = "PUT";
	request->url = url_dup(&call->upload.location);
	set_body(call, call->order.size - call->upload.offset, request);
	call->upload.was_sent = true;
	return url_add_query(&request->url, "digest", digest_format(&call->order.digest).text, err);
}

static void on_close(struct registry_call *call, const struct http_response *response)
{
	if (response->status == 201 || response->status == 200 || response->status == 204)
		finish(call, true);
	else
		on_body_refused(call, response);
}

static const struct step close_step = { .fill = fill_close,
					.on_answer = on_close,
					.on_failure = on_body_failed };

/* The session is open and its offset known. */
void upload_go_on(struct registry_call *call)
{
	const struct upload *upload = &call->upload;
	bool is_whole = upload->offset == 0 && !upload->chunk_size;

	if (is_whole || upload->offset == call->order.size)
		call_send(call, &close_step);
	else
		call_send(call, &chunk_step);
}
