/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "transfer/access.h"
#include "transfer/message.h"

#include <string.h>

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static void requests_survive_the_way(void **state)
{
	cleanup(transfer_request_release) struct transfer_request there = {
		.kind = TRANSFER_PUT_BLOB,
		.repository = xstrdup("r.io/a"),
		.mount_from = xstrdup("r.io/b"),
		.size = UINT64_C(1) << 40,
	};
	cleanup(transfer_request_release) struct transfer_request back = TRANSFER_REQUEST_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	autofree char *version = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(digest_parse(DIGEST, &there.digest, &err), 0);
	transfer_request_encode(&there, &text);
	assert_int_equal(transfer_request_decode(text.data, text.len, &back, &version, &err), 1);
	assert_int_equal(back.kind, TRANSFER_PUT_BLOB);
	assert_string_equal(back.repository, "r.io/a");
	assert_string_equal(back.mount_from, "r.io/b");
	assert_null(back.what);
	assert_true(back.size == UINT64_C(1) << 40);
	assert_true(digest_equal(&back.digest, &there.digest));
}

static void another_version_is_noticed_before_all_else(void **state)
{
	static const char text[] = "{\"version\":\"99.0\",\"do\":\"what nobody knows yet\"}";
	cleanup(transfer_request_release) struct transfer_request back = TRANSFER_REQUEST_INIT;
	autofree char *version = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(transfer_request_decode(text, strlen(text), &back, &version, &err), 0);
	assert_string_equal(version, "99.0");
}

static void bad_requests_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]x",
		"{\"version\":\"" CBUILD_VERSION "\"}",
		"{\"version\":\"" CBUILD_VERSION "\",\"do\":\"get-blob\",\"repository\":\"r\"}",
		"{\"version\":\"" CBUILD_VERSION "\",\"do\":\"get-manifest\",\"what\":\"x\"}",
		"{\"version\":\"" CBUILD_VERSION "\",\"do\":\"get-manifest\",\"repository\":\"r\"}",
		"{\"version\":\"" CBUILD_VERSION "\",\"do\":\"fly\",\"repository\":\"r\"}",
		"{\"version\":\"" CBUILD_VERSION
		"\",\"do\":\"get-blob\",\"repository\":\"r\",\"digest\":\"sha256:zz\"}",
		"{\"version\":\"" CBUILD_VERSION
		"\",\"do\":\"get-blob\",\"repository\":\"r\",\"digest\":\"" DIGEST
		"\",\"size\":-1}",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		cleanup(transfer_request_release) struct transfer_request back =
			TRANSFER_REQUEST_INIT;
		autofree char *version = NULL;
		struct error err = ERROR_INIT;
		assert_int_equal(
			transfer_request_decode(bad[i], strlen(bad[i]), &back, &version, &err), -1);
		assert_int_not_equal(err.code, ERROR_NONE);
	}
}

static void there_and_back(const struct transfer_answer *there, struct transfer_answer *back)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	transfer_answer_encode(there, &text);
	assert_true(text.len < MESSAGE_SIZE_MAX);
	assert_int_equal(transfer_answer_decode(text.data, text.len, back, &err), 0);
}

static void answers_survive_the_way(void **state)
{
	char type[] = "application/x", version[] = "7";
	struct transfer_answer done = { .kind = TRANSFER_DONE,
					.is_found = true,
					.media_type = type };
	struct transfer_answer progress = { .kind = TRANSFER_PROGRESS, .done = 5, .total = 9 };
	struct transfer_answer mismatch = { .kind = TRANSFER_MISMATCH, .version = version };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(digest_parse(DIGEST, &done.digest, &err), 0);
	cleanup(transfer_answer_release) struct transfer_answer a = TRANSFER_ANSWER_INIT;
	there_and_back(&done, &a);
	assert_int_equal(a.kind, TRANSFER_DONE);
	assert_true(a.is_found && !a.is_uploaded && digest_equal(&a.digest, &done.digest));
	assert_string_equal(a.media_type, type);
	cleanup(transfer_answer_release) struct transfer_answer b = TRANSFER_ANSWER_INIT;
	there_and_back(&progress, &b);
	assert_true(b.kind == TRANSFER_PROGRESS && b.done == 5 && b.total == 9);
	cleanup(transfer_answer_release) struct transfer_answer c = TRANSFER_ANSWER_INIT;
	there_and_back(&mismatch, &c);
	assert_int_equal(c.kind, TRANSFER_MISMATCH);
	assert_string_equal(c.version, "7");
}

static void errors_keep_code_and_text(void **state)
{
	struct transfer_answer there = { .kind = TRANSFER_ERROR };
	cleanup(transfer_answer_release) struct transfer_answer back = TRANSFER_ANSWER_INIT;
	char text[ERROR_TEXT_MAX];

	(void)state;
	/* the largest that can be, of bytes that JSON writes out longest */
	memset(text, '\x01', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)error_set(&there.error, ERROR_AUTH, "%s", text);
	there.error.sys = 13;
	there_and_back(&there, &back);
	assert_int_equal(back.kind, TRANSFER_ERROR);
	assert_int_equal(back.error.code, ERROR_AUTH);
	assert_int_equal(back.error.sys, 13);
	assert_string_equal(back.error.text, text);
}

static void access_comes_back_as_it_was(void **state)
{
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;
	cleanup(registry_access_release) struct registry_access back = REGISTRY_ACCESS_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	access.credentials = xstrdup("me:se\"cret");
	access.is_insecure_to_push = true;
	access.push_retries = 7;
	strv_add(&access.mirrors, "docker.io=m.io");
	strv_add(&access.insecure_hosts, "h:5000");
	registry_access_encode(&access, &text);
	assert_int_equal(registry_access_decode(text.data, text.len, &back, &err), 0);
	assert_string_equal(back.credentials, "me:se\"cret");
	assert_null(back.auth_file);
	assert_int_equal(back.push_retries, 7);
	assert_int_equal(back.pull_retries, -1);
	assert_string_equal(back.mirrors.items[0], "docker.io=m.io");
	assert_true(registry_access_is_insecure(&back, "r.io", true));
	assert_false(registry_access_is_insecure(&back, "r.io", false));
	assert_true(registry_access_is_insecure(&back, "h:5000", false));
	assert_int_equal(registry_access_decode("{\"mirrors\":1}", 13, &back, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_comes_back_as_it_was),
		cmocka_unit_test(requests_survive_the_way),
		cmocka_unit_test(another_version_is_noticed_before_all_else),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(answers_survive_the_way),
		cmocka_unit_test(errors_keep_code_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
