/* SPDX-License-Identifier: Apache-2.0 */
/* What happens after an upload broke off: wait, ask the session how far it got, go on from there.
 */
#include "call.h"

#include "base/text.h"
#include "base/trace.h"

#include <string.h>
#include <sys/random.h>

static int fill_status(struct registry_call *call, struct http_request *request, struct error *err)
{
	(void)err;
	request->method = "GET";
	request->stays = true;
	request->url = url_dup(&call->upload.location);
	return 0;
}

/* "0-1023" is 1024 bytes. 0: none, or it cannot be told: "0-0" is said for none as well as for one.
 */
static uint64_t received_of(const struct http_response *response)
{
	const char *range = header_find(&response->headers, "range");
	uint64_t last = 0;
	struct error ignored;

	if (range && text_has_prefix(range, "bytes="))
		range += strlen("bytes=");
	if (!range || !text_has_prefix(range, "0-") ||
	    text_parse_unsigned(range + 2, INT64_MAX - 1, &last, &ignored) < 0)
		return 0;
	return last ? last + 1 : 0;
}

static void on_status(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	struct upload *upload = &call->upload;

	if (response->status != 204 && response->status != 202 && response->status != 200) {
		/* the session is gone: the blob may be there after all, else all starts over */
		call_send(call, &upload_look_step);
		return;
	}
	if (header_find(&response->headers, "location") &&
	    upload_take_location(call, response, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	uint64_t received = received_of(response);
	trace("registry", "upload stands at %llu of %llu", (unsigned long long)received,
	      (unsigned long long)call->order.size);
	if (received > call->order.size) {
		call_send(call, &upload_look_step);
		return;
	}
	if (!received) {
		/* one byte may be there: sent again to this session, it would stand there twice */
		call_send(call, &upload_open_step);
		return;
	}
	upload->offset = received;
	if (received > upload->best_offset) {
		upload->best_offset = received;
		upload->tries = 0;
	}
	upload_go_on(call);
}

const struct step upload_status_step = { .fill = fill_status, .on_answer = on_status };

void upload_recover(struct registry_call *call, enum retry_cause cause, unsigned asked,
		    const struct error *err)
{
	struct upload *upload = &call->upload;
	uint64_t now = loop_now(http_loop(call->registry->http));
	uint32_t chance = 0;

	if (!upload->tries)
		upload->trouble_since = now;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t)now;
	uint64_t delay = retry_delay(&call->registry->push_limits, cause, upload->tries,
				     now - upload->trouble_since, asked, chance);
	if (!delay) {
		call_fail(call, err);
		return;
	}
	upload->tries++;
	call_send_after(call, &upload_status_step, delay);
}
