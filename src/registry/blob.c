/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "base/alloc.h"

static int blob_url(const struct registry_call *call, struct url *ret_url, struct error *err)
{
	autofree char *tail = xasprintf("blobs/%s", digest_format(&call->order.digest).text);

	return call_url(call, tail, ret_url, err);
}

/* --- GET -------------------------------------------------------------------------------------- */

static int fill_get(struct registry_call *call, struct http_request *request, struct error *err)
{
	request->method = "GET";
	request->lane = HTTP_LANE_DOWN;
	request->sink = (struct http_sink){ .take = call->order.sink.take,
					    .context = call->order.sink.context };
	request->have = call->order.have;
	return blob_url(call, &request->url, err);
}

/* What came was wrong: once more past all caches, where what was written can be taken back. */
static void start_over(struct registry_call *call, const struct error *reason)
{
	struct error err = ERROR_INIT;
	int can = 0;

	if (reason->code == ERROR_CORRUPT && !call->avoids_caches)
		can = call->order.sink.restart(call->order.sink.context, &err);
	if (can > 0) {
		call->avoids_caches = true;
		call->order.have = 0;
		call_send(call, &blob_get_step);
	} else {
		call_fail(call, can < 0 ? &err : reason);
	}
}

static void on_get(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;

	if (response->status != 200 && response->status != 206)
		call_refuse(call, response);
	else if (call->order.sink.finish(call->order.sink.context, &err) < 0)
		start_over(call, &err);
	else
		call_finish(call, &(struct registry_answer){ .is_found = true,
							     .digest = call->order.digest });
}

static bool on_get_failed(struct registry_call *call, enum http_failure failure,
			  const struct error *err)
{
	/* the sink said stop: more bytes than the blob has */
	if (failure != HTTP_FAILURE_OURS || err->code != ERROR_CORRUPT)
		return false;
	start_over(call, err);
	return true;
}

const struct step blob_get_step = { .fill = fill_get,
				    .on_answer = on_get,
				    .on_failure = on_get_failed };

/* --- HEAD ------------------------------------------------------------------------------------- */

static int fill_find(struct registry_call *call, struct http_request *request, struct error *err)
{
	request->method = "HEAD";
	return blob_url(call, &request->url, err);
}

static void on_find(struct registry_call *call, const struct http_response *response)
{
	uint64_t len = 0;

	if (response->status != 200 && response->status != 404) {
		call_refuse(call, response);
		return;
	}
	bool is_found = response->status == 200 &&
			(!call->order.size || !header_read_length(&response->headers, &len) ||
			 len == call->order.size);
	call_finish(call, &(struct registry_answer){ .is_found = is_found,
						     .digest = call->order.digest });
}

const struct step blob_find_step = { .fill = fill_find, .on_answer = on_find };
