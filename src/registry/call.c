/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "complaint.h"
#include "scheme.h"

#include "base/alloc.h"
#include "base/trace.h"

#include <string.h>

/* Another place is worth asking, unless this one gave something that cannot be taken back. */
static bool can_ask_next_place(struct registry_call *call)
{
	struct registry_sink *sink = &call->order.sink;
	struct error ignored = ERROR_INIT;

	if (call->n_asked >= call->places.len)
		return false;
	if (call->order.verb != REGISTRY_GET_BLOB)
		return true;
	if (sink->restart(sink->context, &ignored) <= 0)
		return false;
	call->order.have = 0;
	return true;
}

void call_fail(struct registry_call *call, const struct error *err)
{
	struct error wrapped = *err;

	if (can_ask_next_place(call)) {
		trace("registry", "%s: %s; asking the next place", call->shown, err->text);
		call_ask_next_place(call);
		return;
	}

	(void)error_wrap(&wrapped, "%s", call->shown);
	call->done(call->context, NULL, &wrapped);
	registry_cancel(call);
}

void call_finish(struct registry_call *call, const struct registry_answer *answer)
{
	bool has_found = answer->is_found || call->order.verb == REGISTRY_PUT_BLOB ||
			 call->order.verb == REGISTRY_PUT_MANIFEST;

	if (!has_found && can_ask_next_place(call)) {
		call_ask_next_place(call);
		return;
	}
	call->done(call->context, answer, NULL);
	registry_cancel(call);
}

bool call_pushes(const struct registry_call *call)
{
	switch (call->order.verb) {
	case REGISTRY_PUT_MANIFEST:
	case REGISTRY_PUT_BLOB:
		return true;
	case REGISTRY_GET_MANIFEST:
	case REGISTRY_FIND_MANIFEST:
	case REGISTRY_GET_BLOB:
	case REGISTRY_FIND_BLOB:
		break;
	}
	return false;
}

static const char *action_of(const struct registry_call *call)
{
	return call_pushes(call) ? "push to" : "pull from";
}

static void refuse_unauthorised(struct registry_call *call, const char *complaint)
{
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf sources = BUF_INIT;
	const char *who = call->who ? call->who : "nobody";

	if (strcmp(who, "nobody") != 0) {
		(void)error_set(&err, ERROR_AUTH, "registry %s does not let %s %s it (%s)",
				call->endpoint.domain, who, action_of(call), complaint);
	} else {
		auth_describe_sources(call->registry->auth, &sources);
		(void)error_set(
			&err, ERROR_AUTH,
			"registry %s does not let just anybody %s it (%s), and there are no "
			"credentials for it in %s",
			call->endpoint.domain, action_of(call), complaint, sources.data);
	}
	call_fail(call, &err);
}

void call_refuse(struct registry_call *call, const struct http_response *response)
{
	struct error err = ERROR_INIT;
	cleanup(buf_release) struct buf complaint = BUF_INIT;
	bool is_manifest = call->order.verb <= REGISTRY_PUT_MANIFEST;

	complaint_format(response, &complaint);
	if (response->status == 401 || response->status == 403) {
		refuse_unauthorised(call, complaint.data);
		return;
	}
	if (response->status == 404 && !call_pushes(call))
		(void)error_set(&err, ERROR_NOT_FOUND, "no such %s (the registry answered %s)",
				is_manifest ? "image" : "blob", complaint.data);
	else if (response->status == 404)
		(void)error_set(&err, ERROR_NOT_FOUND,
				"the registry has no place for it (it answered %s)",
				complaint.data);
	else
		(void)error_set(&err, ERROR_NETWORK, "%s %s answered %s",
				response->is_origin ? "registry" : "server",
				response->is_origin ? call->endpoint.domain : response->url.host,
				complaint.data);
	call_fail(call, &err);
}

int call_url(const struct registry_call *call, const char *tail, struct url *ret_url,
	     struct error *err)
{
	autofree char *path = xasprintf("/v2/%s/%s", call->endpoint.path, tail);

	return url_resolve(&call->endpoint.base, path, ret_url, err);
}

/* --- what a request may do -------------------------------------------------------------------- */

static void set_scope(struct registry_call *call, const struct step *step)
{
	bool pushes = call_pushes(call);
	const char *from = step->mounts ? strchr(call->order.mount_from, '/') : NULL;

	free(call->scope);
	call->scope = from ? xasprintf("repository:%s:pull,push repository:%s:pull",
				       call->endpoint.path, from + 1)
			   : xasprintf("repository:%s:%s", call->endpoint.path,
				       pushes ? "pull,push" : "pull");
}

static void set_authorization(struct registry_call *call, const struct auth_answer *answer,
			      bool is_fresh)
{
	if (call->authorization)
		explicit_bzero(call->authorization, strlen(call->authorization));
	free(call->authorization);
	free(call->who);
	call->authorization = answer ? xstrdup(answer->authorization) : NULL;
	call->who = answer ? xstrdup(answer->who) : NULL;
	call->is_fresh = is_fresh;
}

static void on_http(void *context, const struct http_response *response, enum http_failure failure,
		    const struct error *err);

static void send_now(struct registry_call *call)
{
	cleanup(http_request_release) struct http_request request = HTTP_REQUEST_INIT;
	struct error err = ERROR_INIT;

	request.allowed_kinds = ADDRESS_SAFE | ADDRESS_LOOPBACK;
	request.role = "registry";
	request.body_max = HTTP_ERROR_BODY_MAX;
	request.is_repeatable = true;
	request.skips_tls_verification = call->is_insecure;
	request.limits =
		call_pushes(call) ? &call->registry->push_limits : &call->registry->pull_limits;
	if (trusts_find(&call->registry->trusts, call->endpoint.domain, &request.host_trust, &err) <
		    0 ||
	    call->step->fill(call, &request, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	call->is_probing = request.is_probe = scheme_is_open(call);
	if (call->avoids_caches)
		strv_add(&request.headers, "Cache-Control: no-cache");
	if (call->authorization)
		request.authorization = xstrdup(call->authorization);
	call->http_call = http_start(call->registry->http, &request, on_http, call);
}

static void on_auth(void *context, const struct auth_answer *answer, const struct error *err)
{
	struct registry_call *call = context;

	call->wait = NULL;
	if (!err) {
		set_authorization(call, answer, true);
		send_now(call);
	} else if (!call->step->on_failure ||
		   !call->step->on_failure(call, HTTP_FAILURE_OURS, err)) {
		call_fail(call, err);
	}
}

static void authorise(struct registry_call *call, const char *extra_scope)
{
	if (extra_scope && strcmp(extra_scope, call->scope) == 0)
		extra_scope = NULL;
	call->wait = auth_obtain(call->registry->auth, &call->endpoint, call->scope, extra_scope,
				 on_auth, call);
}

void call_send(struct registry_call *call, const struct step *step)
{
	struct auth *auth = call->registry->auth;
	struct auth_answer answer;

	call->step = step;
	call->was_refreshed = false;
	set_scope(call, step);
	if (auth_find(auth, &call->endpoint, call->scope, &answer)) {
		set_authorization(call, &answer, false);
		send_now(call);
	} else if (auth_is_wanted(auth, &call->endpoint)) {
		authorise(call, NULL);
	} else {
		set_authorization(call, NULL, false);
		send_now(call);
	}
}

static void send_later(void *context)
{
	struct registry_call *call = context;

	loop_timer_remove(call->timer);
	call->timer = NULL;
	call_send(call, call->step);
}

void call_send_after(struct registry_call *call, const struct step *step, uint64_t delay)
{
	call->step = step;
	call->timer = loop_timer_add(http_loop(call->registry->http), delay, send_later, call);
}

/* --- what comes back -------------------------------------------------------------------------- */

/* A 401: once more with what it asks for, unless that was tried. */
static void answer_challenge(struct registry_call *call, const struct http_response *response)
{
	struct auth *auth = call->registry->auth;
	struct error err = ERROR_INIT;

	if (call->authorization &&
	    (call->is_fresh || call->was_refreshed ||
	     !auth_forget(auth, &call->endpoint, call->scope, call->authorization))) {
		call_refuse(call, response);
		return;
	}
	call->was_refreshed = call->authorization != NULL;
	if (auth_note_challenge(auth, &call->endpoint, response, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	authorise(call, auth_challenged_scope(auth, &call->endpoint));
}

static void fail_without_answer(struct registry_call *call, enum http_failure failure,
				const struct error *failed)
{
	struct error err = *failed;

	if (failure == HTTP_FAILURE_UNREACHABLE)
		(void)error_set(&err, ERROR_NETWORK,
				"%.1500s (is it running, and reachable from here?)", failed->text);
	call_fail(call, &err);
}

static void on_http(void *context, const struct http_response *response, enum http_failure failure,
		    const struct error *err)
{
	struct registry_call *call = context;

	call->http_call = NULL;
	if (scheme_learn(call, response, failure)) {
		call_send(call, call->step);
	} else if (!response) {
		if (!call->step->on_failure || !call->step->on_failure(call, failure, err))
			fail_without_answer(call, failure, err);
	} else if (response->status == 401 && response->is_origin) {
		answer_challenge(call, response);
	} else {
		call->step->on_answer(call, response);
	}
}
