/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_transport.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

void fake_transport_init(struct fake_transport *fake, const struct fake_answer *answers,
			 size_t n_answers)
{
	*fake = (struct fake_transport){
		.answers = answers, .n_answers = n_answers, .now = 1000000000, .log = BUF_INIT
	};
}

void fake_transport_release(struct fake_transport *fake)
{
	buf_release(&fake->log);
}

static int start(void *context, struct http_exchange *exchange, struct error *err)
{
	struct fake_transport *fake = context;

	(void)err;
	assert(fake->n_pending < sizeof(fake->pending) / sizeof(fake->pending[0]));
	fake->pending[fake->n_pending++] = exchange;
	if (fake->n_pending > fake->most_pending)
		fake->most_pending = fake->n_pending;
	buf_printf(&fake->log, "%s %s", exchange->method, exchange->url->text);
	if (exchange->authorization)
		buf_printf(&fake->log, " auth=%s", exchange->authorization);
	for (size_t i = 0; i < exchange->headers->len; i++)
		if (text_has_prefix(exchange->headers->items[i], "Range: "))
			buf_printf(&fake->log, " range=%s", exchange->headers->items[i] + 7);
	buf_add_char(&fake->log, '\n');
	return 0;
}

static void forget(struct fake_transport *fake, size_t i)
{
	fake->n_pending--;
	memmove(&fake->pending[i], &fake->pending[i + 1],
		(fake->n_pending - i) * sizeof(fake->pending[0]));
}

static void stop(void *context, struct http_exchange *exchange)
{
	struct fake_transport *fake = context;

	for (size_t i = 0; i < fake->n_pending; i++)
		if (fake->pending[i] == exchange)
			forget(fake, i--);
}

static void resume(void *context, struct http_exchange *exchange)
{
	(void)context;
	(void)exchange;
}

static void answer(struct http_exchange *exchange, const struct fake_answer *canned)
{
	static const char broken[] = "it broke";

	exchange->peer_kind = canned->peer_kind;
	if (canned->status) {
		exchange->status = canned->status;
		for (size_t i = 0; i < 4 && canned->headers[i]; i++)
			if (header_list_add(&exchange->headers_in, canned->headers[i],
					    strlen(canned->headers[i])) < 0)
				abort();
		if (exchange->on_start(exchange) < 0) {
			exchange->on_end(exchange, HTTP_FAILURE_OURS, "");
			return;
		}
		if (canned->body &&
		    exchange->on_data(exchange, canned->body, strlen(canned->body)) < 0) {
			exchange->on_end(exchange, HTTP_FAILURE_OURS, "");
			return;
		}
	}
	exchange->on_end(exchange, canned->failure, canned->failure ? broken : "");
}

static uint64_t now(void *context)
{
	return ((struct fake_transport *)context)->now;
}

static int wait_for(void *context, struct pollfd *fds, size_t n_fds, int timeout_ms,
		    struct error *err)
{
	struct fake_transport *fake = context;

	for (size_t i = 0; i < n_fds; i++)
		fds[i].revents = 0;
	if (fake->n_pending && !fake->holds) {
		struct http_exchange *exchange = fake->pending[0];
		forget(fake, 0);
		if (fake->at >= fake->n_answers)
			return error_set(err, ERROR_SYSTEM, "more was asked than is answered: %s",
					 fake->log.data);
		answer(exchange, &fake->answers[fake->at++]);
		return 0;
	}
	if (timeout_ms < 0)
		return error_set(err, ERROR_SYSTEM, "nothing will ever happen");
	fake->now += (uint64_t)timeout_ms * 1000000;
	return 0;
}

struct http_transport fake_transport_of(struct fake_transport *fake)
{
	return (struct http_transport){
		.start = start, .stop = stop, .resume = resume, .context = fake
	};
}

struct loop_backend fake_backend_of(struct fake_transport *fake)
{
	return (struct loop_backend){ .now = now, .wait = wait_for, .context = fake };
}
