/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol against canned answers: who is asked what, in which order, with whose credentials.
 */
#include "fake_transport.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "registry/registry.h"

#include <string.h>

/* of "{}" */
#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define OTHER  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BEARER "WWW-Authenticate: Bearer realm=\"https://auth.r.io/token\",service=\"s\""

struct outcome {
	bool is_done;
	struct error err;
	bool is_found, is_uploaded;
	struct digest digest;
};

struct world {
	struct fake_transport fake;
	struct strv environment, trusted;
	struct loop *loop;
	struct http *http;
	struct registry *registry;
};

static void open_world(struct world *world, const struct fake_answer *answers, size_t n,
		       const struct registry_access *access)
{
	fake_transport_init(&world->fake, answers, n);
	struct loop_backend backend = fake_backend_of(&world->fake);
	struct http_transport transport = fake_transport_of(&world->fake);
	world->environment = (struct strv)STRV_INIT;
	world->trusted = (struct strv)STRV_INIT;
	strv_add(&world->environment,
		 "DOCKER_AUTH_CONFIG={\"auths\":{\"r.io\":{\"username\":\"me\","
		 "\"password\":\"secret\"}}}");
	struct http_settings settings = { .limits = RETRY_LIMITS_DEFAULT,
					  .lane_width = 4,
					  .environment = &world->environment };
	world->loop = loop_new(&backend);
	world->http = http_new(world->loop, &transport, &settings);
	struct registry_settings registry_settings = { .environment = &world->environment,
						       .trusted_realms = &world->trusted,
						       .access = access,
						       .limits = RETRY_LIMITS_DEFAULT };
	world->registry = registry_new(world->http, &registry_settings);
}

static void close_world(struct world *world)
{
	registry_free(world->registry);
	http_free(world->http);
	loop_free(world->loop);
	fake_transport_release(&world->fake);
	strv_release(&world->environment);
	strv_release(&world->trusted);
}

static void on_done(void *context, const struct registry_answer *answer, const struct error *err)
{
	struct outcome *outcome = context;

	assert_false(outcome->is_done);
	outcome->is_done = true;
	if (err) {
		outcome->err = *err;
		return;
	}
	outcome->is_found = answer->is_found;
	outcome->is_uploaded = answer->is_uploaded;
	outcome->digest = answer->digest;
}

static struct registry_order manifest_order(enum registry_verb verb, const char *repository,
					    const char *what)
{
	struct registry_order order = REGISTRY_ORDER_INIT;

	order.verb = verb;
	order.repository = xstrdup(repository);
	order.what = xstrdup(what);
	return order;
}

static struct registry_order upload_order(const char *repository, const char *from)
{
	struct registry_order order = REGISTRY_ORDER_INIT;
	struct error err = ERROR_INIT;

	order.verb = REGISTRY_PUT_BLOB;
	order.repository = xstrdup(repository);
	order.mount_from = from ? xstrdup(from) : NULL;
	order.size = 10;
	assert_int_equal(digest_parse(DIGEST, &order.digest, &err), 0);
	return order;
}

static struct outcome run(struct world *world, struct registry_order order)
{
	struct outcome outcome = { 0 };
	struct error err = ERROR_INIT;

	(void)registry_start(world->registry, &order, on_done, &outcome);
	while (!outcome.is_done)
		if (loop_step(world->loop, &err) < 0)
			fail_msg("%s", err.text);
	return outcome;
}

#define OPEN(answers)       \
	struct world world; \
	open_world(&world, answers, countof(answers), NULL)

static void a_token_is_fetched_once_and_used_again(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"T1\",\"expires_in\":300}", 0, ADDRESS_PUBLIC },
		{ 200, { "Docker-Content-Digest: " DIGEST }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome first =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a/b", "latest"));
	struct outcome second =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a/b", DIGEST));
	assert_int_equal(first.err.code, ERROR_NONE);
	assert_int_equal(second.err.code, ERROR_NONE);
	assert_string_equal(digest_format(&first.digest).text, DIGEST);
	assert_string_equal(world.fake.log.data,
			    "GET https://r.io/v2/a/b/manifests/latest\n"
			    "GET https://auth.r.io/token?service=s&scope=repository%3aa%2fb%3apull"
			    " auth=Basic bWU6c2VjcmV0\n"
			    "GET https://r.io/v2/a/b/manifests/latest auth=Bearer T1\n"
			    "GET https://r.io/v2/a/b/manifests/" DIGEST " auth=Bearer T1\n");
	close_world(&world);
}

static void a_known_challenge_saves_the_refusal(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"access_token\":\"T1\"}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"T2\"}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	(void)run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	struct outcome other = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/b", "x"));
	assert_int_equal(other.err.code, ERROR_NONE);
	assert_non_null(strstr(world.fake.log.data,
			       "scope=repository%3ab%3apull auth=Basic bWU6c2VjcmV0\n"
			       "GET https://r.io/v2/b/manifests/x auth=Bearer T2\n"));
	close_world(&world);
}

/* */
static void an_old_token_is_renewed_once_and_not_for_ever(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"T1\"}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		/* now it is refused */
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"T2\"}", 0, ADDRESS_PUBLIC },
		{ 401,
		  { BEARER },
		  "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"no\\u001b[31m\"}]}",
		  0,
		  ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	(void)run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	struct outcome again = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	assert_int_equal(again.err.code, ERROR_AUTH);
	assert_string_equal(again.err.text,
			    "r.io/a:x: registry r.io does not let user 'me' from "
			    "$DOCKER_AUTH_CONFIG pull from it (401 UNAUTHORIZED: no\\x1b[31m)");
	assert_int_equal(world.fake.at, countof(answers));
	close_world(&world);
}

/* */
static void credentials_do_not_follow_a_strange_realm(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401,
		  { "WWW-Authenticate: Bearer realm=\"https://evil.com/token\"" },
		  NULL,
		  0,
		  ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	assert_int_equal(outcome.err.code, ERROR_AUTH);
	assert_non_null(strstr(outcome.err.text, "evil.com"));
	assert_null(strstr(outcome.err.text, "secret"));
	assert_string_equal(world.fake.log.data, "GET https://r.io/v2/a/manifests/x\n");
	close_world(&world);
}

/* */
static void strangers_are_asked_for_anonymous_tokens(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401,
		  { "WWW-Authenticate: Bearer realm=\"https://auth.cdn.net/t\"" },
		  NULL,
		  0,
		  ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"A\"}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "other.io/a", "x"));
	assert_int_equal(outcome.err.code, ERROR_NONE);
	assert_string_equal(world.fake.log.data,
			    "GET https://other.io/v2/a/manifests/x\n"
			    "GET https://auth.cdn.net/t?scope=repository%3aa%3apull\n"
			    "GET https://other.io/v2/a/manifests/x auth=Bearer A\n");
	close_world(&world);
}

/* */
static void a_token_that_would_break_the_header_is_refused(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"A\\r\\nX: y\"}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	assert_int_equal(outcome.err.code, ERROR_AUTH);
	assert_non_null(strstr(outcome.err.text, "no usable token"));
	close_world(&world);
}

static void an_unknown_image_is_not_found(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404,
		  { NULL },
		  "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}",
		  0,
		  ADDRESS_LOOPBACK },
		{ 404, { NULL }, NULL, 0, ADDRESS_LOOPBACK },
	};

	(void)state;
	OPEN(answers);
	struct outcome got =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "127.0.0.1:5000/x", "y"));
	assert_int_equal(got.err.code, ERROR_NOT_FOUND);
	assert_string_equal(got.err.text,
			    "127.0.0.1:5000/x:y: no such image (the registry answered 404 "
			    "MANIFEST_UNKNOWN: manifest unknown)");
	struct outcome asked =
		run(&world, manifest_order(REGISTRY_FIND_MANIFEST, "127.0.0.1:5000/x", "y"));
	assert_int_equal(asked.err.code, ERROR_NONE);
	assert_false(asked.is_found);
	close_world(&world);
}

/* M-03 */
static void a_manifest_of_another_digest_is_corrupt(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { "Docker-Content-Digest: " OTHER }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { "Docker-Content-Digest: " DIGEST }, "{}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome by_digest =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", OTHER));
	assert_int_equal(by_digest.err.code, ERROR_CORRUPT);
	/* a cache in between had it wrong: the second try is right */
	struct outcome by_tag = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	assert_int_equal(by_tag.err.code, ERROR_NONE);
	assert_int_equal(world.fake.at, countof(answers));
	close_world(&world);
}

static void a_head_without_digest_is_asked_again_with_get(void **state)
{
	static const struct fake_answer answers[] = {
		{ 200, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, manifest_order(REGISTRY_FIND_MANIFEST, "r.io/a", "x"));
	assert_true(outcome.is_found);
	assert_string_equal(digest_format(&outcome.digest).text, DIGEST);
	close_world(&world);
}

static void an_upload_goes_head_post_put(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: /v2/a/blobs/uploads/1?_state=x" }, NULL, 0, ADDRESS_PUBLIC },
		{ 201, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { "Content-Length: 10" }, NULL, 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome first = run(&world, upload_order("r.io/a", NULL));
	struct outcome second = run(&world, upload_order("r.io/a", NULL));
	assert_true(first.is_uploaded);
	assert_false(second.is_uploaded);
	assert_string_equal(world.fake.log.data,
			    "HEAD https://r.io/v2/a/blobs/" DIGEST "\n"
			    "POST https://r.io/v2/a/blobs/uploads/\n"
			    "PUT https://r.io/v2/a/blobs/uploads/1?_state=x&digest=sha256%3a"
			    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
			    "HEAD https://r.io/v2/a/blobs/" DIGEST "\n");
	close_world(&world);
}

static void a_mount_saves_the_upload_and_its_refusal_does_not_matter(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 201, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 405, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: /u" }, NULL, 0, ADDRESS_PUBLIC },
		{ 201, { NULL }, NULL, 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome mounted = run(&world, upload_order("r.io/a", "r.io/from"));
	assert_true(mounted.is_found);
	assert_false(mounted.is_uploaded);
	struct outcome uploaded = run(&world, upload_order("r.io/a", "r.io/from"));
	assert_true(uploaded.is_uploaded);
	assert_non_null(strstr(world.fake.log.data, "&from=from\n"));
	close_world(&world);
}

/* */
static void an_upload_is_not_sent_to_strangers(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: https://evil.com/u?sig=1" }, NULL, 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, upload_order("r.io/a", NULL));
	assert_int_equal(outcome.err.code, ERROR_NETWORK);
	assert_non_null(strstr(outcome.err.text, "evil.com: refused"));
	close_world(&world);
}

/* */
static void a_broken_upload_asks_how_far_it_got(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: http://r.io/u1" }, NULL, 0, ADDRESS_PUBLIC },
		{ 0, { NULL }, NULL, HTTP_FAILURE_BROKEN, ADDRESS_PUBLIC },
		{ 204, { "Location: /u2", "Range: 0-3" }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: /u3", "Range: 0-9" }, NULL, 0, ADDRESS_PUBLIC },
		{ 201, { NULL }, NULL, 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, upload_order("r.io/a", NULL));
	assert_true(outcome.is_uploaded);
	/* http behind a proxy that ends TLS is taken as https */
	assert_non_null(strstr(world.fake.log.data, "PUT https://r.io/u1?digest="));
	assert_non_null(strstr(world.fake.log.data, "GET https://r.io/u1\nPATCH https://r.io/u2\n"
						    "PUT https://r.io/u3?digest="));
	close_world(&world);
}

static void a_lost_session_starts_over(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: /u1" }, NULL, 0, ADDRESS_PUBLIC },
		{ 503, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 202, { "Location: /u2" }, NULL, 0, ADDRESS_PUBLIC },
		{ 201, { NULL }, NULL, 0, ADDRESS_PUBLIC },
	};

	(void)state;
	OPEN(answers);
	struct outcome outcome = run(&world, upload_order("r.io/a", NULL));
	assert_true(outcome.is_uploaded);
	close_world(&world);
}

static void loopback_is_tried_without_tls_first(void **state)
{
	static const struct fake_answer answers[] = {
		{ 400,
		  { NULL },
		  "Client sent an HTTP request to an HTTPS server.\n",
		  0,
		  ADDRESS_LOOPBACK },
		{ 200, { NULL }, "{}", 0, ADDRESS_LOOPBACK },
		{ 200, { NULL }, "{}", 0, ADDRESS_LOOPBACK },
	};

	(void)state;
	OPEN(answers);
	(void)run(&world, manifest_order(REGISTRY_GET_MANIFEST, "127.0.0.1:5000/a", "x"));
	(void)run(&world, manifest_order(REGISTRY_GET_MANIFEST, "127.0.0.1:5000/a", "x"));
	assert_string_equal(world.fake.log.data, "GET http://127.0.0.1:5000/v2/a/manifests/x\n"
						 "GET https://127.0.0.1:5000/v2/a/manifests/x\n"
						 "GET https://127.0.0.1:5000/v2/a/manifests/x\n");
	close_world(&world);
}

static void those_who_want_the_same_token_share_it(void **state)
{
	static const struct fake_answer answers[] = {
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{\"token\":\"T\"}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};
	struct outcome outcomes[2] = { 0 };
	struct registry_call *calls[2];
	struct error err = ERROR_INIT;

	(void)state;
	OPEN(answers);
	for (size_t i = 0; i < 2; i++) {
		struct registry_order order = manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x");
		calls[i] = registry_start(world.registry, &order, on_done, &outcomes[i]);
	}
	while (world.fake.at < 2)
		assert_int_equal(loop_step(world.loop, &err), 0);
	/* the one who was about to fetch it dies: the other does it then */
	registry_cancel(calls[0]);
	while (!outcomes[1].is_done)
		if (loop_step(world.loop, &err) < 0)
			fail_msg("%s", err.text);
	assert_int_equal(outcomes[1].err.code, ERROR_NONE);
	assert_false(outcomes[0].is_done);
	close_world(&world);
}

#define OPEN_WITH(answers, access) \
	struct world world;        \
	open_world(&world, answers, countof(answers), access)

static void an_insecure_registry_is_asked_with_tls_first_then_without(void **state)
{
	static const struct fake_answer answers[] = {
		{ .failure = HTTP_FAILURE_UNREACHABLE, .peer_kind = ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;

	(void)state;
	strv_add(&access.insecure_hosts, "plain.io:5000");
	OPEN_WITH(answers, &access);
	(void)run(&world, manifest_order(REGISTRY_GET_MANIFEST, "plain.io:5000/a", "x"));
	struct outcome again =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "plain.io:5000/b", "x"));
	assert_int_equal(again.err.code, ERROR_NONE);
	assert_string_equal(world.fake.log.data, "GET https://plain.io:5000/v2/a/manifests/x\n"
						 "GET http://plain.io:5000/v2/a/manifests/x\n"
						 "GET http://plain.io:5000/v2/b/manifests/x\n");
	close_world(&world);
}

/* */
static void no_other_is_ever_asked_without_tls(void **state)
{
	static const struct fake_answer answers[] = {
		{ .failure = HTTP_FAILURE_NOT_HTTP, .peer_kind = ADDRESS_PUBLIC },
	};
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;

	(void)state;
	strv_add(&access.insecure_hosts, "plain.io");
	access.is_insecure_to_push = true;
	OPEN_WITH(answers, &access);
	struct outcome outcome =
		run(&world, manifest_order(REGISTRY_GET_MANIFEST, "plain.io:5000/a", "x"));
	assert_int_equal(outcome.err.code, ERROR_NETWORK);
	assert_string_equal(world.fake.log.data, "GET https://plain.io:5000/v2/a/manifests/x\n");
	close_world(&world);
}

/* */
static void mirrors_are_asked_in_their_order(void **state)
{
	static const struct fake_answer answers[] = {
		{ 404, { NULL }, NULL, 0, ADDRESS_PUBLIC },
		{ 401, { BEARER }, NULL, 0, ADDRESS_PUBLIC },
		{ 403, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 200, { "Docker-Content-Digest: " DIGEST }, "{}", 0, ADDRESS_PUBLIC },
	};
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;

	(void)state;
	strv_add(&access.mirrors, "docker.io=one.io/hub");
	strv_add(&access.mirrors, "quay.io=three.io");
	strv_add(&access.mirrors, "docker.io=two.io");
	OPEN_WITH(answers, &access);
	struct outcome outcome =
		run(&world, manifest_order(REGISTRY_FIND_MANIFEST, "docker.io/library/a", DIGEST));
	assert_int_equal(outcome.err.code, ERROR_NONE);
	assert_non_null(strstr(world.fake.log.data,
			       "HEAD https://one.io/v2/hub/library/a/manifests/" DIGEST "\n"
			       "HEAD https://two.io/v2/library/a/manifests/" DIGEST "\n"));
	assert_non_null(strstr(world.fake.log.data,
			       "HEAD https://registry-1.docker.io/v2/library/a/manifests/"));
	close_world(&world);
}

/* */
static void retries_are_as_many_as_was_said(void **state)
{
	static const struct fake_answer answers[] = {
		{ 503, { NULL }, "{}", 0, ADDRESS_PUBLIC },
		{ 503, { NULL }, "{}", 0, ADDRESS_PUBLIC },
	};
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;

	(void)state;
	access.pull_retries = 1;
	access.retry_delay_ns = 7 * (int64_t)RETRY_SECOND;
	OPEN_WITH(answers, &access);
	uint64_t start = world.fake.now;
	struct outcome outcome = run(&world, manifest_order(REGISTRY_GET_MANIFEST, "r.io/a", "x"));
	assert_int_equal(outcome.err.code, ERROR_NETWORK);
	assert_int_equal(world.fake.at, countof(answers));
	assert_int_equal((world.fake.now - start) / RETRY_SECOND, 7);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_insecure_registry_is_asked_with_tls_first_then_without),
		cmocka_unit_test(no_other_is_ever_asked_without_tls),
		cmocka_unit_test(mirrors_are_asked_in_their_order),
		cmocka_unit_test(retries_are_as_many_as_was_said),
		cmocka_unit_test(a_token_is_fetched_once_and_used_again),
		cmocka_unit_test(a_known_challenge_saves_the_refusal),
		cmocka_unit_test(an_old_token_is_renewed_once_and_not_for_ever),
		cmocka_unit_test(credentials_do_not_follow_a_strange_realm),
		cmocka_unit_test(strangers_are_asked_for_anonymous_tokens),
		cmocka_unit_test(a_token_that_would_break_the_header_is_refused),
		cmocka_unit_test(an_unknown_image_is_not_found),
		cmocka_unit_test(a_manifest_of_another_digest_is_corrupt),
		cmocka_unit_test(a_head_without_digest_is_asked_again_with_get),
		cmocka_unit_test(an_upload_goes_head_post_put),
		cmocka_unit_test(a_mount_saves_the_upload_and_its_refusal_does_not_matter),
		cmocka_unit_test(an_upload_is_not_sent_to_strangers),
		cmocka_unit_test(a_broken_upload_asks_how_far_it_got),
		cmocka_unit_test(a_lost_session_starts_over),
		cmocka_unit_test(loopback_is_tried_without_tls_first),
		cmocka_unit_test(those_who_want_the_same_token_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
