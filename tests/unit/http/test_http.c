/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_transport.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "http/http.h"

#include <string.h>

/* What a request came to. */
struct outcome {
	bool is_done;
	int status;
	enum http_failure failure;
	struct error err;
	struct buf body; /* through the sink */
	struct buf plain;
};

struct world {
	struct fake_transport fake;
	struct strv environment;
	struct loop *loop;
	struct http *http;
};

static void open_world(struct world *world, const struct fake_answer *answers, size_t n)
{
	fake_transport_init(&world->fake, answers, n);
	struct loop_backend backend = fake_backend_of(&world->fake);
	struct http_transport transport = fake_transport_of(&world->fake);
	world->environment = (struct strv)STRV_INIT;
	struct http_settings settings = { .limits = RETRY_LIMITS_DEFAULT,
					  .lane_width = 2,
					  .environment = &world->environment };
	world->loop = loop_new(&backend);
	world->http = http_new(world->loop, &transport, &settings);
}

static void close_world(struct world *world)
{
	http_free(world->http);
	loop_free(world->loop);
	fake_transport_release(&world->fake);
	strv_release(&world->environment);
}

static int take(void *context, const void *data, size_t len, struct error *err)
{
	struct outcome *outcome = context;

	(void)err;
	buf_add(&outcome->body, data, len);
	return 0;
}

static int refuse(void *context, const void *data, size_t len, struct error *err)
{
	(void)context;
	(void)data;
	(void)len;
	return error_set(err, ERROR_CORRUPT, "the sink is full");
}

static void on_done(void *context, const struct http_response *response, enum http_failure failure,
		    const struct error *err)
{
	struct outcome *outcome = context;

	assert_false(outcome->is_done);
	outcome->is_done = true;
	outcome->failure = failure;
	if (err) {
		outcome->err = *err;
		return;
	}
	outcome->status = response->status;
	buf_add(&outcome->plain, response->body.data, response->body.len);
}

static void outcome_release(struct outcome *outcome)
{
	buf_release(&outcome->body);
	buf_release(&outcome->plain);
}

static struct http_request get(const char *text)
{
	struct http_request request = HTTP_REQUEST_INIT;
	struct error err = ERROR_INIT;

	request.method = "GET";
	assert_int_equal(url_parse(text, &request.url, &err), 0);
	request.authorization = xstrdup("Bearer T");
	request.body_max = 100;
	request.allowed_kinds = ADDRESS_SAFE;
	request.is_repeatable = true;
	request.role = "registry";
	return request;
}

static void run(struct world *world, struct http_request *request, struct outcome *outcome)
{
	struct error err = ERROR_INIT;

	*outcome = (struct outcome){ .body = BUF_INIT, .plain = BUF_INIT };
	if (request->sink.take)
		request->sink.context = outcome;
	(void)http_start(world->http, request, on_done, outcome);
	while (!outcome->is_done)
		if (loop_step(world->loop, &err) < 0)
			fail_msg("%s", err.text);
}

#define RUN(answers, request, outcome)                 \
	struct world world;                            \
	open_world(&world, answers, countof(answers)); \
	run(&world, &request, &outcome)

/* */
static void a_redirect_elsewhere_goes_without_credentials(void **state)
{
	static const struct fake_answer answers[] = {
		{ 307, { "Location: /b" }, NULL, 0, ADDRESS_PUBLIC },
		{ 307, { "Location: https://cdn/c?sig=1" }, NULL, 0, ADDRESS_PUBLIC },
		{ 307, { "Location: https://r.io/d" }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "body", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.status, 200);
	assert_string_equal(outcome.plain.data, "body");
	/* once away the credentials do not come back, not even at home */
	assert_string_equal(world.fake.log.data, "GET https://r.io/a auth=Bearer T\n"
						 "GET https://r.io/b auth=Bearer T\n"
						 "GET https://cdn/c?sig=1\n"
						 "GET https://r.io/d\n");
	outcome_release(&outcome);
	close_world(&world);
}

/* */
static void a_loop_of_redirects_ends(void **state)
{
	static const struct fake_answer answers[] = {
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
		{ 302, { "Location: /a" }, NULL, 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.err.code, ERROR_NETWORK);
	assert_non_null(strstr(outcome.err.text, "redirects more than 5 times"));
	outcome_release(&outcome);
	close_world(&world);
}

/* */
static void a_body_that_broke_off_is_taken_up_where_it_ended(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { "ETag: \"e\"" }, "0123", HTTP_FAILURE_BROKEN, ADDRESS_PUBLIC },
		{ 503, { NULL }, "busy", 0, ADDRESS_PUBLIC },
		{ 206, { "Content-Range: bytes 4-9/10" }, "45", HTTP_FAILURE_STALLED, 0 },
		{ 206, { "Content-Range: bytes 6-9/10" }, "6789", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	request.sink.take = take;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.status, 206);
	assert_string_equal(outcome.body.data, "0123456789");
	assert_string_equal(world.fake.log.data,
			    "GET https://r.io/a auth=Bearer T\n"
			    "GET https://r.io/a auth=Bearer T range=bytes=4-\n"
			    "GET https://r.io/a auth=Bearer T range=bytes=4-\n"
			    "GET https://r.io/a auth=Bearer T range=bytes=6-\n");
	outcome_release(&outcome);
	close_world(&world);
}

/* */
static void a_server_that_ignores_or_mistakes_the_range_is_survived(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { NULL }, "0123", HTTP_FAILURE_BROKEN, ADDRESS_PUBLIC },
		/* the whole once more: what is known is skipped */
		{ 200, { NULL }, "012345", HTTP_FAILURE_BROKEN, ADDRESS_PUBLIC },
		/* another part than was asked for: not taken */
		{ 206, { "Content-Range: bytes 2-9/10" }, "23456789", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "0123456789", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	request.sink.take = take;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.status, 200);
	assert_string_equal(outcome.body.data, "0123456789");
	outcome_release(&outcome);
	close_world(&world);
}

/* */
static void a_busy_server_is_given_the_time_it_asks_for(void **state)
{
	static const struct fake_answer answers[] = {
		{ 429, { "Retry-After: 7" }, "slow down", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "body", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.status, 200);
	assert_string_equal(outcome.plain.data, "body");
	assert_true(world.fake.now >= 8 * RETRY_SECOND);
	outcome_release(&outcome);
	close_world(&world);
}

static void what_must_not_be_repeated_is_not(void **state)
{
	static const struct fake_answer answers[] = {
		{ 503, { NULL }, "busy", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	request.is_repeatable = false;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.status, 503);
	outcome_release(&outcome);
	close_world(&world);
}

static void an_unreachable_host_is_tried_a_few_times(void **state)
{
	static const struct fake_answer answers[] = {
		{ 0, { NULL }, NULL, HTTP_FAILURE_UNREACHABLE, 0 },
		{ 0, { NULL }, NULL, HTTP_FAILURE_UNREACHABLE, 0 },
		{ 0, { NULL }, NULL, HTTP_FAILURE_UNREACHABLE, 0 },
		{ 0, { NULL }, NULL, HTTP_FAILURE_UNREACHABLE, 0 },
	};
	struct http_request request = get("https://r.io:5000/a?secret=1");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.failure, HTTP_FAILURE_UNREACHABLE);
	assert_int_equal(outcome.err.code, ERROR_NETWORK);
	assert_string_equal(outcome.err.text,
			    "cannot reach registry r.io:5000: it broke, tried 4 times");
	assert_true(world.fake.now < 6 * RETRY_SECOND);
	outcome_release(&outcome);
	close_world(&world);
}

static void certificates_are_not_tried_again(void **state)
{
	static const struct fake_answer answers[] = {
		{ 0, { NULL }, NULL, HTTP_FAILURE_TLS, 0 },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.failure, HTTP_FAILURE_TLS);
	outcome_release(&outcome);
	close_world(&world);
}

static void a_body_beyond_the_ceiling_is_refused(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200,
		  { NULL },
		  "0123456789012345678901234567890123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789",
		  0,
		  ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.err.code, ERROR_CORRUPT);
	assert_non_null(strstr(outcome.err.text, "larger than 100 bytes"));
	outcome_release(&outcome);
	close_world(&world);
}

static void what_the_sink_says_is_the_error(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { NULL }, "0123", 0, ADDRESS_PUBLIC },
	};
	struct http_request request = get("https://r.io/a");
	struct outcome outcome;

	(void)state;
	request.sink.take = refuse;
	RUN(answers, request, outcome);
	assert_int_equal(outcome.err.code, ERROR_CORRUPT);
	assert_string_equal(outcome.err.text, "the sink is full");
	outcome_release(&outcome);
	close_world(&world);
}

static void so_many_run_at_once_and_no_more(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { NULL }, "a", 0, 0 }, { 200, { NULL }, "b", 0, 0 },
		{ 200, { NULL }, "c", 0, 0 }, { 200, { NULL }, "d", 0, 0 },
		{ 200, { NULL }, "e", 0, 0 },
	};
	struct outcome outcomes[5];
	struct world world;
	struct error err = ERROR_INIT;

	(void)state;
	open_world(&world, answers, countof(answers));
	for (size_t i = 0; i < countof(outcomes); i++) {
		outcomes[i] = (struct outcome){ .body = BUF_INIT, .plain = BUF_INIT };
		struct http_request request = get("https://r.io/a");
		request.lane = HTTP_LANE_DOWN;
		(void)http_start(world.http, &request, on_done, &outcomes[i]);
	}
	for (size_t i = 0; i < countof(outcomes); i++)
		while (!outcomes[i].is_done)
			assert_int_equal(loop_step(world.loop, &err), 0);
	assert_int_equal(world.fake.most_pending, 2);
	assert_int_equal(world.fake.at, 5);
	for (size_t i = 0; i < countof(outcomes); i++)
		outcome_release(&outcomes[i]);
	close_world(&world);
}

static void a_cancelled_request_makes_room(void **state)
{
	static const struct fake_answer answers[] = { { 200, { NULL }, "a", 0, 0 } };
	struct outcome outcomes[3] = { 0 };
	struct http_call *calls[3];
	struct world world;
	struct error err = ERROR_INIT;

	(void)state;
	open_world(&world, answers, countof(answers));
	world.fake.holds = true;
	for (size_t i = 0; i < countof(calls); i++) {
		outcomes[i] = (struct outcome){ .body = BUF_INIT, .plain = BUF_INIT };
		struct http_request request = get("https://r.io/a");
		request.lane = HTTP_LANE_UP;
		calls[i] = http_start(world.http, &request, on_done, &outcomes[i]);
	}
	assert_int_equal(loop_step(world.loop, &err), 0);
	assert_int_equal(world.fake.n_pending, 2);
	http_cancel(calls[0]);
	http_cancel(calls[1]);
	assert_int_equal(world.fake.n_pending, 0);
	world.fake.holds = false;
	while (!outcomes[2].is_done)
		assert_int_equal(loop_step(world.loop, &err), 0);
	assert_int_equal(outcomes[2].status, 200);
	assert_false(outcomes[0].is_done || outcomes[1].is_done);
	for (size_t i = 0; i < countof(outcomes); i++)
		outcome_release(&outcomes[i]);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_redirect_elsewhere_goes_without_credentials),
		cmocka_unit_test(a_loop_of_redirects_ends),
		cmocka_unit_test(a_body_that_broke_off_is_taken_up_where_it_ended),
		cmocka_unit_test(a_server_that_ignores_or_mistakes_the_range_is_survived),
		cmocka_unit_test(a_busy_server_is_given_the_time_it_asks_for),
		cmocka_unit_test(what_must_not_be_repeated_is_not),
		cmocka_unit_test(an_unreachable_host_is_tried_a_few_times),
		cmocka_unit_test(certificates_are_not_tried_again),
		cmocka_unit_test(a_body_beyond_the_ceiling_is_refused),
		cmocka_unit_test(what_the_sink_says_is_the_error),
		cmocka_unit_test(so_many_run_at_once_and_no_more),
		cmocka_unit_test(a_cancelled_request_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
