/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "registry/challenge.h"

#include <stdio.h>
#include <string.h>

/* */
static void reads_challenges(void **state)
{
	static const struct {
		const char *text;
		enum challenge_scheme scheme;
		const char *realm, *service, *scope;
	} cases[] = {
		{ "Basic realm=\"Registry Realm\"", CHALLENGE_BASIC, "Registry Realm", NULL, NULL },
		{ "basic", CHALLENGE_BASIC, NULL, NULL, NULL },
		{ "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
		  "scope=\"repository:library/busybox:pull,push\"",
		  CHALLENGE_BEARER, "https://auth.docker.io/token", "registry.docker.io",
		  "repository:library/busybox:pull,push" },
		{ "BEARER Realm = \"https://a/\" , Service=x", CHALLENGE_BEARER, "https://a/", "x",
		  NULL },
		{ "Bearer realm=https://a/token,service=x", CHALLENGE_BEARER, "https://a/token",
		  "x", NULL },
		{ "Bearer realm=\"a \\\"quoted\\\" \\\\ one\"", CHALLENGE_BEARER,
		  "a \"quoted\" \\ one", NULL, NULL },
		/* Bearer wins, in whichever order */
		{ "Basic realm=\"b\", Bearer realm=\"https://a/\"", CHALLENGE_BEARER, "https://a/",
		  NULL, NULL },
		{ "Bearer realm=\"https://a/\", Basic realm=\"b\"", CHALLENGE_BEARER, "https://a/",
		  NULL, NULL },
		{ "Negotiate, Digest realm=\"x\", qop=\"auth,auth-int\", Basic realm=\"b\"",
		  CHALLENGE_BASIC, "b", NULL, NULL },
		/* the first of two is it: no second realm slips in */
		{ "Bearer realm=\"https://a/\",realm=\"https://evil/\"", CHALLENGE_BEARER,
		  "https://a/", NULL, NULL },
		/* a Bearer that names no realm is of no use */
		{ "Bearer service=\"x\"", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "Bearer service=\"x\", Basic realm=\"b\"", CHALLENGE_BASIC, "b", NULL, NULL },
		{ "Bearer realm=\"https://a/", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "Bearer realm=\"https://a/\r\nX: y\"", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "Bearer realm=", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "Negotiate", CHALLENGE_NONE, NULL, NULL, NULL },
		{ ",,,", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "=", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "\"", CHALLENGE_NONE, NULL, NULL, NULL },
		{ "", CHALLENGE_NONE, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(challenge_release) struct challenge challenge =
			challenge_parse(cases[i].text);
		if (challenge.scheme != cases[i].scheme)
			print_error("%s\n", cases[i].text);
		assert_int_equal(challenge.scheme, cases[i].scheme);
		assert_string_equal(challenge.realm ? challenge.realm : "-",
				    cases[i].realm ? cases[i].realm : "-");
		assert_string_equal(challenge.service ? challenge.service : "-",
				    cases[i].service ? cases[i].service : "-");
		assert_string_equal(challenge.scope ? challenge.scope : "-",
				    cases[i].scope ? cases[i].scope : "-");
	}
}

/* */
static void is_bounded(void **state)
{
	static char large[70000];
	char many[4000] = "Bearer realm=\"https://a/\"";

	(void)state;
	memset(large, 'a', sizeof(large) - 1);
	memcpy(large, "Bearer realm=\"", 14);
	cleanup(challenge_release) struct challenge one = challenge_parse(large);
	assert_int_equal(one.scheme, CHALLENGE_NONE);
	for (int i = 0; i < 200; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), ",p%d=\"v\"", i);
	cleanup(challenge_release) struct challenge two = challenge_parse(many);
	assert_int_equal(two.scheme, CHALLENGE_NONE);
}

/* */
static void looks_at_all_headers(void **state)
{
	cleanup(header_list_release) struct header_list list = HEADER_LIST_INIT;
	static const char *const lines[] = { "WWW-Authenticate: Basic realm=\"b\"",
					     "Content-Type: x",
					     "www-authenticate: Bearer realm=\"https://a/\"" };

	(void)state;
	for (size_t i = 0; i < countof(lines); i++)
		assert_int_equal(header_list_add(&list, lines[i], strlen(lines[i])), 0);
	cleanup(challenge_release) struct challenge challenge = challenge_of(&list);
	assert_int_equal(challenge.scheme, CHALLENGE_BEARER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_challenges),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(looks_at_all_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
