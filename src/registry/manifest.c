/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/manifest.h"

#include "call.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

static const char accepted[] = "Accept: " MEDIA_TYPE_INDEX ", " MEDIA_TYPE_MANIFEST
			       ", " MEDIA_TYPE_DOCKER_INDEX ", " MEDIA_TYPE_DOCKER_MANIFEST;

static int fill(struct registry_call *call, const char *method, struct http_request *request,
		struct error *err)
{
	autofree char *tail = xasprintf("manifests/%s", call->order.what);

	request->method = method;
	request->body_max = MANIFEST_SIZE_MAX;
	strv_add(&request->headers, accepted);
	return call_url(call, tail, &request->url, err);
}

/* The type without its parameters; the caller's. */
static char *media_type_of(const struct http_response *response)
{
	const char *type = header_find(&response->headers, "content-type");

	return type ? xstrndup(type, strcspn(type, "; \t")) : xstrdup("");
}

/* 1 the registry says the digest, 0 it does not, -1 it says nonsense. */
static int said_digest(const struct http_response *response, struct digest *ret_digest,
		       struct error *err)
{
	const char *text = header_find(&response->headers, "docker-content-digest");

	/* other algorithms are allowed, and of no use here */
	if (!text || !text_has_prefix(text, "sha256:"))
		return 0;
	if (digest_parse(text, ret_digest, err) < 0)
		return error_set(err, ERROR_CORRUPT, "the registry named a malformed digest");
	return 1;
}

/* --- GET -------------------------------------------------------------------------------------- */

static int fill_get(struct registry_call *call, struct http_request *request, struct error *err)
{
	return fill(call, "GET", request, err);
}

/* Is it what was asked for by digest, and what the registry itself says it is? */
static int verify(const struct registry_call *call, const struct http_response *response,
		  const struct digest *digest, struct error *err)
{
	struct digest wanted;
	int said = said_digest(response, &wanted, err);

	if (said < 0)
		return -1;
	if (said && !digest_equal(&wanted, digest))
		return error_set(err, ERROR_CORRUPT,
				 "the registry sent a manifest of digest %s and called it %s",
				 digest_format(digest).text, digest_format(&wanted).text);
	if (!strchr(call->order.what, ':'))
		return 0;
	if (digest_parse(call->order.what, &wanted, err) < 0)
		return -1;
	if (!digest_equal(&wanted, digest))
		return error_set(err, ERROR_CORRUPT, "the registry sent a manifest of digest %s",
				 digest_format(digest).text);
	return 0;
}

static void on_get(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;

	if (response->status != 200) {
		call_refuse(call, response);
		return;
	}
	struct digest digest = digest_of(response->body.data, response->body.len);
	if (verify(call, response, &digest, &err) < 0) {
		if (call->avoids_caches) {
			call_fail(call, &err);
			return;
		}
		call->avoids_caches = true;
		call_send(call, &manifest_get_step);
		return;
	}
	autofree char *type = media_type_of(response);
	call_finish(call, &(struct registry_answer){ .is_found = true,
						     .digest = digest,
						     .media_type = type,
						     .body = &response->body });
}

const struct step manifest_get_step = { .fill = fill_get, .on_answer = on_get };

/* --- HEAD ------------------------------------------------------------------------------------- */

static int fill_find(struct registry_call *call, struct http_request *request, struct error *err)
{
	return fill(call, "HEAD", request, err);
}

static void on_find_by_get(struct registry_call *call, const struct http_response *response)
{
	if (response->status == 404)
		call_finish(call, &(struct registry_answer){ .is_found = false });
	else
		on_get(call, response);
}

static const struct step find_by_get_step = { .fill = fill_get, .on_answer = on_find_by_get };

static void on_find(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	struct digest digest;

	if (response->status == 404) {
		call_finish(call, &(struct registry_answer){ .is_found = false });
		return;
	}
	/* some answer HEAD badly, some without the digest: the body tells */
	if (response->status == 405 || response->status == 501 ||
	    (response->status == 200 && said_digest(response, &digest, &err) == 0)) {
		call_send(call, &find_by_get_step);
		return;
	}
	if (response->status != 200) {
		call_refuse(call, response);
		return;
	}
	if (said_digest(response, &digest, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	autofree char *type = media_type_of(response);
	call_finish(call, &(struct registry_answer){
				  .is_found = true, .digest = digest, .media_type = type });
}

const struct step manifest_find_step = { .fill = fill_find, .on_answer = on_find };

/* --- PUT -------------------------------------------------------------------------------------- */

static int fill_put(struct registry_call *call, struct http_request *request, struct error *err)
{
	autofree char *tail = xasprintf("manifests/%s", call->order.what);

	request->method = "PUT";
	request->body = (struct http_body){ .data = call->order.body.data,
					    .fd = -1,
					    .size = call->order.body.len,
					    .is_there = true };
	strv_printf(&request->headers, "Content-Type: %s", call->order.media_type);
	return call_url(call, tail, &request->url, err);
}

static void on_put(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	struct digest digest = digest_of(call->order.body.data, call->order.body.len), said;

	if (response->status != 201 && response->status != 200 && response->status != 202) {
		call_refuse(call, response);
		return;
	}
	int has_said = said_digest(response, &said, &err);
	if (has_said > 0 && !digest_equal(&said, &digest))
		(void)error_set(&err, ERROR_CORRUPT,
				"the registry stored a manifest of digest %s instead of %s",
				digest_format(&said).text, digest_format(&digest).text);
	if (err.code != ERROR_NONE)
		call_fail(call, &err);
	else
		call_finish(call, &(struct registry_answer){ .is_found = true, .digest = digest });
}

const struct step manifest_put_step = { .fill = fill_put, .on_answer = on_put };
