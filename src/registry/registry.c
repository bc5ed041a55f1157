/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry.h"

#include "call.h"
#include "scheme.h"

#include "base/alloc.h"
#include "base/text.h"
#include "registry/place.h"

#include <string.h>

static const struct registry_access usual_access = REGISTRY_ACCESS_INIT;

void registry_order_release(struct registry_order *order)
{
	free(order->repository);
	free(order->what);
	free(order->media_type);
	free(order->mount_from);
	buf_release(&order->body);
	*order = (struct registry_order)REGISTRY_ORDER_INIT;
}

static struct retry_limits limits_of(const struct registry_settings *settings, int64_t retries)
{
	struct retry_limits limits = settings->limits;

	retry_limits_set(&limits, retries, settings->access->retry_delay_ns);
	return limits;
}

struct registry *registry_new(struct http *http, const struct registry_settings *settings)
{
	struct registry *registry = xcalloc(1, sizeof(*registry));

	registry->http = http;
	registry->settings = *settings;
	if (!settings->access)
		registry->settings.access = &usual_access;
	registry->pull_limits =
		limits_of(&registry->settings, registry->settings.access->pull_retries);
	registry->push_limits =
		limits_of(&registry->settings, registry->settings.access->push_retries);
	registry->trusts = (struct trusts){ .environment = settings->environment,
					    .access = registry->settings.access };
	registry->auth = auth_new(http, settings->environment, settings->trusted_realms,
				  registry->settings.access, &registry->trusts);
	return registry;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	while (registry->calls.len)
		registry_cancel(registry->calls.items[registry->calls.len - 1]);
	vec_release(&registry->calls);
	auth_free(registry->auth);
	trusts_release(&registry->trusts);
	strv_release(&registry->http_domains);
	strv_release(&registry->https_domains);
	free(registry);
}

void registry_cancel(struct registry_call *call)
{
	if (!call)
		return;
	struct registry *registry = call->registry;
	for (size_t i = 0; i < registry->calls.len; i++) {
		if (registry->calls.items[i] == call) {
			memmove(&registry->calls.items[i], &registry->calls.items[i + 1],
				(registry->calls.len - i - 1) * sizeof(registry->calls.items[0]));
			registry->calls.len--;
			break;
		}
	}
	loop_timer_remove(call->timer);
	auth_cancel(call->wait);
	http_cancel(call->http_call);
	registry_order_release(&call->order);
	endpoint_release(&call->endpoint);
	url_release(&call->upload.location);
	if (call->authorization)
		explicit_bzero(call->authorization, strlen(call->authorization));
	free(call->authorization);
	free(call->who);
	free(call->scope);
	free(call->shown);
	strv_release(&call->places);
	free(call);
}

void registry_resume(struct registry_call *call)
{
	if (call->http_call)
		http_resume(call->http_call);
}

static const struct step *first_step(enum registry_verb verb)
{
	switch (verb) {
	case REGISTRY_GET_MANIFEST:
		return &manifest_get_step;
	case REGISTRY_FIND_MANIFEST:
		return &manifest_find_step;
	case REGISTRY_PUT_MANIFEST:
		return &manifest_put_step;
	case REGISTRY_GET_BLOB:
		return &blob_get_step;
	case REGISTRY_FIND_BLOB:
		return &blob_find_step;
	case REGISTRY_PUT_BLOB:
		break;
	}
	return &upload_look_step;
}

static char *show(const struct registry_order *order)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (order->verb > REGISTRY_PUT_MANIFEST)
		buf_printf(&text, "blob %s of ", digest_format(&order->digest).text);
	text_add_printable(&text, order->repository, strlen(order->repository));
	if (order->verb <= REGISTRY_PUT_MANIFEST) {
		buf_add_char(&text, strchr(order->what, ':') ? '@' : ':');
		text_add_printable(&text, order->what, strlen(order->what));
	}
	return buf_take(&text);
}

static int check_order(struct registry_call *call, struct error *err)
{
	const struct registry_order *order = &call->order;
	cleanup(endpoint_release) struct endpoint from = ENDPOINT_INIT;

	if (endpoint_of(call->places.items[call->n_asked++], &call->endpoint, err) < 0)
		return -1;
	call->is_insecure = registry_access_is_insecure(call->registry->settings.access,
							call->endpoint.domain, call_pushes(call));
	if (order->verb <= REGISTRY_PUT_MANIFEST && endpoint_check_what(order->what, err) < 0)
		return -1;
	if (!order->mount_from)
		return 0;
	if (endpoint_of(order->mount_from, &from, err) < 0)
		return -1;
	/* nothing to mount from elsewhere, or from itself */
	if (strcmp(from.domain, call->endpoint.domain) != 0 ||
	    strcmp(from.path, call->endpoint.path) == 0) {
		free(call->order.mount_from);
		call->order.mount_from = NULL;
	}
	return 0;
}

static void begin(void *context)
{
	struct registry_call *call = context;
	struct error err = ERROR_INIT;

	loop_timer_remove(call->timer);
	call->timer = NULL;
	if (check_order(call, &err) < 0 || scheme_use_known(call, &err) < 0)
		call_fail(call, &err);
	else
		call_send(call, first_step(call->order.verb));
}

void call_ask_next_place(struct registry_call *call)
{
	endpoint_release(&call->endpoint);
	call->is_probing = call->guesses_tls = call->is_settled = call->avoids_caches = false;
	call->timer = loop_timer_add(http_loop(call->registry->http), 0, begin, call);
}

struct registry_call *registry_start(struct registry *registry, struct registry_order *order,
				     registry_done_fn done, void *context)
{
	struct registry_call *call = xcalloc(1, sizeof(*call));

	call->registry = registry;
	call->order = *order;
	*order = (struct registry_order)REGISTRY_ORDER_INIT;
	call->done = done;
	call->context = context;
	call->shown = show(&call->order);
	if (call_pushes(call))
		strv_add(&call->places, call->order.repository);
	else
		places_of(registry->settings.access, call->order.repository, &call->places);
	vec_push(&registry->calls, call);
	call->timer = loop_timer_add(http_loop(registry->http), 0, begin, call);
	return call;
}
