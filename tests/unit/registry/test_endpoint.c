/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "registry/endpoint.h"

#include <string.h>

static void finds_the_server_of_a_repository(void **state)
{
	static const struct {
		const char *repository, *base, *path;
	} cases[] = {
		{ "docker.io/library/busybox", "https://registry-1.docker.io/", "library/busybox" },
		{ "ghcr.io/a/b__c/d-e.f", "https://ghcr.io/", "a/b__c/d-e.f" },
		{ "127.0.0.1:5000/x", "http://127.0.0.1:5000/", "x" },
		{ "localhost/x", "http://localhost/", "x" },
		{ "[::1]:5000/x", "http://[::1]:5000/", "x" },
		/* only what is loopback by its very name may be spoken to without TLS */
		{ "10.0.0.1:5000/x", "https://10.0.0.1:5000/", "x" },
		{ "registry.local/x", "https://registry.local/", "x" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(endpoint_release) struct endpoint endpoint = ENDPOINT_INIT;
		struct error err = ERROR_INIT;
		assert_int_equal(endpoint_of(cases[i].repository, &endpoint, &err), 0);
		assert_string_equal(endpoint.base.text, cases[i].base);
		assert_string_equal(endpoint.path, cases[i].path);
	}
}

/* M-02 */
static void refuses_what_could_lead_elsewhere(void **state)
{
	static const char *const bad[] = {
		"busybox", "/x",     "h/",    "h/../x", "h/x/..", "h/x//y", "h/x/",
		"h/x?y",   "h/x#y",  "h/X",   "h/x y",	"u@h/x",  "h:0/x",  "h:p/x",
		"h/x%2f",  "h\\e/x", "h?x/y", "h#x/y",	"h/\x01", "h/.x",   "h/x:y",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		cleanup(endpoint_release) struct endpoint endpoint = ENDPOINT_INIT;
		struct error err = ERROR_INIT;
		if (endpoint_of(bad[i], &endpoint, &err) == 0)
			print_error("'%s' is taken\n", bad[i]);
		assert_int_equal(err.code, ERROR_SYNTAX);
	}
}

/* M-02 */
static void tags_and_digests_are_checked(void **state)
{
	static const char good_digest[] =
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	static const char *const bad[] = { "",		 "-x",	      ".x",  "a/b", "a b", "../x",
					   "sha256:abc", "sha512:00", "a?b", "a#b", "a%b" };
	char large[TAG_LEN_MAX + 2] = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(endpoint_check_what("latest", &err), 0);
	assert_int_equal(endpoint_check_what("_1.2-Z", &err), 0);
	assert_int_equal(endpoint_check_what(good_digest, &err), 0);
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(endpoint_check_what(bad[i], &err), -1);
	memset(large, 'a', sizeof(large) - 1);
	assert_int_equal(endpoint_check_what(large, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_server_of_a_repository),
		cmocka_unit_test(refuses_what_could_lead_elsewhere),
		cmocka_unit_test(tags_and_digests_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
