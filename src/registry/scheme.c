/* SPDX-License-Identifier: Apache-2.0 */
#include "scheme.h"

#include "base/alloc.h"
#include "base/trace.h"

#include <string.h>

static bool holds(const struct strv *list, const char *domain)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->items[i], domain) == 0)
			return true;
	return false;
}

static int use(struct registry_call *call, const char *scheme, struct error *err)
{
	struct url base = URL_INIT;
	autofree char *text = xasprintf("%s://%s/", scheme, call->endpoint.authority);

	if (url_parse(text, &base, err) < 0)
		return -1;
	url_release(&call->endpoint.base);
	call->endpoint.base = base;
	return 0;
}

static bool may_speak_both(const struct registry_call *call)
{
	return call->endpoint.is_loopback || call->is_insecure;
}

int scheme_use_known(struct registry_call *call, struct error *err)
{
	if (!may_speak_both(call))
		return 0;
	if (holds(&call->registry->https_domains, call->endpoint.domain))
		return use(call, "https", err);
	if (holds(&call->registry->http_domains, call->endpoint.domain))
		return use(call, "http", err);
	return 0;
}

bool scheme_is_open(const struct registry_call *call)
{
	return may_speak_both(call) && !call->is_settled &&
	       !holds(&call->registry->http_domains, call->endpoint.domain) &&
	       !holds(&call->registry->https_domains, call->endpoint.domain);
}

static void remember(struct registry_call *call, bool is_https)
{
	struct registry *registry = call->registry;

	trace("registry", "%s speaks %s", call->endpoint.domain, is_https ? "https" : "http");
	strv_add(is_https ? &registry->https_domains : &registry->http_domains,
		 call->endpoint.domain);
}

/* Go's and nginx's words to those who forgot the s; the answer to a HEAD has none. */
static bool asks_for_tls(const struct http_response *response)
{
	const struct buf *body = &response->body;

	return response->status == 400 && (!body->len || strstr(body->data, "HTTPS server") ||
					   strstr(body->data, "HTTPS port"));
}

static bool learn_from_http(struct registry_call *call, const struct http_response *response,
			    enum http_failure failure)
{
	struct error ignored;
	bool may_be_tls =
		response ? asks_for_tls(response)
			 : failure == HTTP_FAILURE_NOT_HTTP || failure == HTTP_FAILURE_SILENT;

	if (may_be_tls && !call->guesses_tls && use(call, "https", &ignored) == 0) {
		call->guesses_tls = true;
		return true;
	}
	bool has_answered = response || failure == HTTP_FAILURE_BROKEN;
	if (has_answered) {
		remember(call, false);
		return false;
	}
	/* neither, or not there: once more by the usual rules for what fails */
	call->is_settled = true;
	return failure == HTTP_FAILURE_UNREACHABLE || failure == HTTP_FAILURE_SILENT;
}

static bool learn_from_https(struct registry_call *call, const struct http_response *response,
			     enum http_failure failure)
{
	struct error ignored;

	if (response || failure == HTTP_FAILURE_BROKEN || failure == HTTP_FAILURE_CERTIFICATE ||
	    failure == HTTP_FAILURE_SILENT_TLS) {
		remember(call, true);
		/* before any answer nothing was taken yet: by the usual rules once more */
		return failure == HTTP_FAILURE_SILENT_TLS;
	}
	return use(call, "http", &ignored) == 0;
}

/* Another call has found it out while this one was asking. */
static bool follow_others(struct registry_call *call, const struct http_response *response,
			  enum http_failure failure)
{
	bool is_https = holds(&call->registry->https_domains, call->endpoint.domain);
	bool was_https = call->endpoint.base.is_https;
	struct error ignored;

	if (response ? is_https == was_https : failure == HTTP_FAILURE_BROKEN)
		return false;
	return failure != HTTP_FAILURE_STALLED &&
	       use(call, is_https ? "https" : "http", &ignored) == 0;
}

bool scheme_learn(struct registry_call *call, const struct http_response *response,
		  enum http_failure failure)
{
	if (!call->is_probing)
		return false;
	call->is_probing = false;
	if (!scheme_is_open(call))
		return follow_others(call, response, failure);
	if (call->endpoint.base.is_https)
		return learn_from_https(call, response, failure);
	return learn_from_http(call, response, failure);
}
