/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/message.h"

#include "base/alloc.h"
#include "base/json.h"

#include <string.h>

static const char *const kind_names[] = {
	[TRANSFER_GET_MANIFEST] = "get-manifest", [TRANSFER_FIND_MANIFEST] = "find-manifest",
	[TRANSFER_PUT_MANIFEST] = "put-manifest", [TRANSFER_GET_BLOB] = "get-blob",
	[TRANSFER_FIND_BLOB] = "find-blob",	  [TRANSFER_PUT_BLOB] = "put-blob",
	[TRANSFER_GET_URL] = "get-url",		  [TRANSFER_REACH_URL] = "reach-url",
};

void transfer_request_release(struct transfer_request *request)
{
	free(request->repository);
	free(request->what);
	free(request->media_type);
	free(request->mount_from);
	free(request->url);
	if (request->authorization)
		explicit_bzero(request->authorization, strlen(request->authorization));
	free(request->authorization);
	free(request->etag);
	*request = (struct transfer_request)TRANSFER_REQUEST_INIT;
}

void transfer_answer_release(struct transfer_answer *answer)
{
	free(answer->media_type);
	free(answer->version);
	free(answer->etag);
	free(answer->last_modified);
	free(answer->url);
	free(answer->address);
	*answer = (struct transfer_answer)TRANSFER_ANSWER_INIT;
}

bool transfer_kind_has_body(enum transfer_kind kind)
{
	return kind != TRANSFER_FIND_MANIFEST && kind != TRANSFER_FIND_BLOB &&
	       kind != TRANSFER_REACH_URL;
}

static void set_digest(json_t *object, const struct digest *digest)
{
	if (!digest_is_zero(digest))
		value_set_text(object, "digest", digest_format(digest).text);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

void transfer_request_encode(const struct transfer_request *request, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();

	value_set_text(object, "version", CBUILD_VERSION);
	value_set_text(object, "do", kind_names[request->kind]);
	value_set_text(object, "repository", request->repository);
	value_set_text(object, "what", request->what);
	value_set_text(object, "mediaType", request->media_type);
	value_set_text(object, "mountFrom", request->mount_from);
	set_digest(object, &request->digest);
	set_number(object, "size", request->size);
	set_number(object, "have", request->have);
	value_set_text(object, "url", request->url);
	value_set_text(object, "authorization", request->authorization);
	value_set_text(object, "etag", request->etag);
	set_number(object, "reach", request->reach);
	json_object_set_new(object, "connectsOnly", json_boolean(request->connects_only));
	value_write(object, 0, buf);
}

/* The text of object[key], copied; NULL where there is none. */
static int take_text(const json_t *object, const char *key, char **ret_text, struct error *err)
{
	const char *text = NULL;

	if (value_get_text(object, key, &text, err) < 0)
		return -1;
	*ret_text = text ? xstrdup(text) : NULL;
	return 0;
}

static int take_digest(const json_t *object, struct digest *ret_digest, struct error *err)
{
	const char *text = NULL;
	int found = value_get_text(object, "digest", &text, err);

	return found > 0 ? digest_parse(text, ret_digest, err) : found;
}

static int take_number(const json_t *object, const char *key, uint64_t *ret_number,
		       struct error *err)
{
	int64_t number = 0;

	if (value_get_integer(object, key, &number, err) < 0)
		return -1;
	if (number < 0)
		return error_set(err, ERROR_CORRUPT, "'%s' is negative", key);
	*ret_number = (uint64_t)number;
	return 0;
}

static int read_kind(const json_t *object, enum transfer_kind *ret_kind, struct error *err)
{
	const char *name = NULL;

	if (value_get_text(object, "do", &name, err) < 0)
		return -1;
	for (size_t i = 1; name && i < countof(kind_names); i++) {
		if (strcmp(kind_names[i], name) == 0) {
			*ret_kind = (enum transfer_kind)i;
			return 0;
		}
	}
	return error_set(err, ERROR_CORRUPT, "request without a known 'do'");
}

static int read_url_part(const json_t *object, struct transfer_request *request, struct error *err)
{
	uint64_t reach = 0;

	if (take_text(object, "url", &request->url, err) < 0 ||
	    take_text(object, "authorization", &request->authorization, err) < 0 ||
	    take_text(object, "etag", &request->etag, err) < 0 ||
	    take_number(object, "reach", &reach, err) < 0 ||
	    value_get_bool(object, "connectsOnly", &request->connects_only, err) < 0)
		return -1;
	if (reach > TRANSFER_REACH_PUBLIC)
		return error_set(err, ERROR_CORRUPT, "request with an unknown 'reach'");
	request->reach = (enum transfer_reach)reach;
	return 0;
}

static bool is_complete(const struct transfer_request *request)
{
	if (request->kind >= TRANSFER_GET_URL)
		return request->url;
	if (request->kind <= TRANSFER_PUT_MANIFEST)
		return request->repository && request->what;
	return request->repository && !digest_is_zero(&request->digest);
}

int transfer_request_decode(const char *text, size_t len, struct transfer_request *ret_request,
			    char **ret_version, struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(transfer_request_release) struct transfer_request request = TRANSFER_REQUEST_INIT;
	const char *version = NULL;

	if (value_read(text, len, "request", &object, err) < 0 ||
	    value_get_text(object, "version", &version, err) < 0)
		return -1;
	if (!version || strcmp(version, CBUILD_VERSION) != 0) {
		*ret_version = xstrdup(version ? version : "unknown");
		return 0;
	}
	if (read_kind(object, &request.kind, err) < 0 ||
	    take_text(object, "repository", &request.repository, err) < 0 ||
	    take_text(object, "what", &request.what, err) < 0 ||
	    take_text(object, "mediaType", &request.media_type, err) < 0 ||
	    take_text(object, "mountFrom", &request.mount_from, err) < 0 ||
	    take_digest(object, &request.digest, err) < 0 ||
	    take_number(object, "size", &request.size, err) < 0 ||
	    take_number(object, "have", &request.have, err) < 0 ||
	    read_url_part(object, &request, err) < 0)
		return -1;
	if (!is_complete(&request))
		return error_set(err, ERROR_CORRUPT, "request '%s' lacks what it is about",
				 kind_names[request.kind]);
	*ret_request = request;
	request = (struct transfer_request)TRANSFER_REQUEST_INIT;
	return 1;
}

static json_t *error_as_value(const struct error *error)
{
	json_t *object = json_object();

	set_number(object, "code", error->code);
	set_number(object, "sys", (uint64_t)error->sys);
	json_object_set_new(object, "text", value_of_text(error->text));
	return object;
}

void transfer_answer_encode(const struct transfer_answer *answer, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();

	switch (answer->kind) {
	case TRANSFER_DONE:
		json_object_set_new(object, "found", json_boolean(answer->is_found));
		json_object_set_new(object, "uploaded", json_boolean(answer->is_uploaded));
		value_set_text(object, "mediaType", answer->media_type);
		set_digest(object, &answer->digest);
		set_number(object, "size", answer->size);
		value_set_text(object, "etag", answer->etag);
		value_set_text(object, "lastModified", answer->last_modified);
		value_set_text(object, "url", answer->url);
		value_set_text(object, "address", answer->address);
		json_object_set_new(object, "public", json_boolean(answer->is_public));
		break;
	case TRANSFER_PROGRESS:
		set_number(object, "done", answer->done);
		set_number(object, "total", answer->total);
		break;
	case TRANSFER_ERROR:
		json_object_set_new(object, "error", error_as_value(&answer->error));
		break;
	case TRANSFER_MISMATCH:
		value_set_text(object, "version", answer->version);
		break;
	}
	value_write(object, 0, buf);
}

static int read_error(const json_t *object, struct error *ret_error, struct error *err)
{
	uint64_t code = 0, sys = 0;
	const char *text = NULL;

	if (take_number(object, "code", &code, err) < 0 ||
	    take_number(object, "sys", &sys, err) < 0 ||
	    value_get_text(object, "text", &text, err) < 0)
		return -1;
	bool is_known = code > ERROR_NONE && code <= ERROR_SYSTEM;
	(void)error_set(ret_error, is_known ? (enum error_code)code : ERROR_SYSTEM, "%s",
			text ? text : "no reason given");
	ret_error->sys = sys <= INT32_MAX ? (int)sys : 0;
	return 0;
}

static int read_done(const json_t *object, struct transfer_answer *answer, struct error *err)
{
	answer->kind = TRANSFER_DONE;
	if (value_get_bool(object, "found", &answer->is_found, err) < 0 ||
	    value_get_bool(object, "uploaded", &answer->is_uploaded, err) < 0 ||
	    take_text(object, "mediaType", &answer->media_type, err) < 0 ||
	    take_digest(object, &answer->digest, err) < 0 ||
	    take_number(object, "size", &answer->size, err) < 0 ||
	    take_text(object, "etag", &answer->etag, err) < 0 ||
	    take_text(object, "lastModified", &answer->last_modified, err) < 0 ||
	    take_text(object, "url", &answer->url, err) < 0 ||
	    take_text(object, "address", &answer->address, err) < 0 ||
	    value_get_bool(object, "public", &answer->is_public, err) < 0)
		return -1;
	return 0;
}

static int read_progress(const json_t *object, struct transfer_answer *answer, struct error *err)
{
	answer->kind = TRANSFER_PROGRESS;
	if (take_number(object, "done", &answer->done, err) < 0)
		return -1;
	return take_number(object, "total", &answer->total, err);
}

static int read_answer(const json_t *object, struct transfer_answer *answer, struct error *err)
{
	json_t *error = NULL;

	if (value_get_object(object, "error", &error, err) < 0)
		return -1;
	if (error) {
		answer->kind = TRANSFER_ERROR;
		return read_error(error, &answer->error, err);
	}
	if (json_object_get(object, "version")) {
		answer->kind = TRANSFER_MISMATCH;
		return take_text(object, "version", &answer->version, err);
	}
	if (json_object_get(object, "done"))
		return read_progress(object, answer, err);
	return read_done(object, answer, err);
}

int transfer_answer_decode(const char *text, size_t len, struct transfer_answer *ret_answer,
			   struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	if (value_read(text, len, "answer of cbuild-net", &object, err) < 0 ||
	    read_answer(object, &answer, err) < 0)
		return -1;
	*ret_answer = answer;
	answer = (struct transfer_answer)TRANSFER_ANSWER_INIT;
	return 0;
}
