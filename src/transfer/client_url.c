/* SPDX-License-Identifier: Apache-2.0 */
/* What jobs ask about URLs. */
#include "client.h"

#include "base/alloc.h"

void transfer_resource_release(struct transfer_resource *resource)
{
	free(resource->etag);
	free(resource->last_modified);
	*resource = (struct transfer_resource){ 0 };
}

void transfer_place_release(struct transfer_place *place)
{
	free(place->url);
	free(place->address);
	*place = (struct transfer_place){ 0 };
}

static char *dup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int transfer_get_url(struct transfer *transfer, const char *url, const char *authorization,
		     const char *etag, uint64_t max, int out_fd, const struct progress *progress,
		     struct transfer_resource *ret_resource, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_GET_URL, .url = xstrdup(url), .size = max
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	request.authorization = dup_or_null(authorization);
	request.etag = dup_or_null(etag);
	if (transfer_ask(transfer, &request, out_fd, progress, &answer, err) < 0)
		return -1;
	*ret_resource =
		(struct transfer_resource){ .is_modified = answer.is_found,
					    .digest = answer.digest,
					    .size = answer.size,
					    .etag = take_ptr(&answer.etag),
					    .last_modified = take_ptr(&answer.last_modified) };
	return 0;
}

int transfer_reach_url(struct transfer *transfer, const char *url, bool connects_only, bool is_led,
		       struct transfer_place *ret_place, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_REACH_URL,
		.url = xstrdup(url),
		.reach = is_led ? TRANSFER_REACH_PUBLIC : TRANSFER_REACH_LITERAL,
		.connects_only = connects_only
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	if (transfer_ask(transfer, &request, -1, NULL, &answer, err) < 0)
		return -1;
	if (!answer.url)
		return error_set(err, ERROR_NETWORK, "cbuild-net does not say where a URL leads");
	*ret_place = (struct transfer_place){ .url = take_ptr(&answer.url),
					      .address = take_ptr(&answer.address),
					      .is_public = answer.is_public };
	return 0;
}
