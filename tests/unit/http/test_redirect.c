/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/redirect.h"

#include <stdio.h>
#include <string.h>

enum { ANY = ADDRESS_SAFE | ADDRESS_LOOPBACK };

/* "-" refused, else the URL, with " +auth" where credentials may go along. */
static const char *decide(const char *from, enum address_kind kind, const char *location,
			  unsigned hops)
{
	static char answer[300];
	cleanup(url_release) struct url url = URL_INIT;
	struct redirect redirect;
	struct error err = ERROR_INIT;

	assert_int_equal(url_parse(from, &url, &err), 0);
	if (redirect_decide(&url, kind, ANY, location, hops, &redirect, &err) < 0) {
		assert_true(err.code == ERROR_NETWORK || err.code == ERROR_SYNTAX);
		return "-";
	}
	(void)snprintf(answer, sizeof(answer), "%s%s", redirect.url.text,
		       redirect.keeps_authorization ? " +auth" : "");
	url_release(&redirect.url);
	return answer;
}

/* */
static void credentials_stay_with_their_origin(void **state)
{
	static const struct {
		const char *from, *location, *result;
	} cases[] = {
		{ "https://r.io/v2/x", "/v2/y", "https://r.io/v2/y +auth" },
		{ "https://r.io/v2/x", "y?z=1#frag", "https://r.io/v2/y?z=1 +auth" },
		{ "https://r.io/v2/x", "https://r.io:443/y", "https://r.io:443/y +auth" },
		{ "https://r.io/v2/x", "https://R.IO/y", "https://R.IO/y +auth" },
		{ "https://r.io/v2/x", "https://r.io:444/y", "https://r.io:444/y" },
		{ "https://r.io/v2/x", "https://cdn.r.io/y", "https://cdn.r.io/y" },
		{ "https://r.io/v2/x", "//cdn.com/y", "https://cdn.com/y" },
		{ "http://127.0.0.1:5000/v2/x", "https://r.io/y", "https://r.io/y" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_string_equal(decide(cases[i].from, ADDRESS_PUBLIC, cases[i].location, 0),
				    cases[i].result);
}

/* */
static void refuses_what_leads_astray(void **state)
{
	static const char *const bad[] = {
		"http://r.io/y",	 "file:///etc/passwd", "ftp://r.io/",
		"https://user:pw@r.io/", "https://",	       "https://r.io/a b",
		"https://r.io/\r\nX: y", "gopher://r.io",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_string_equal(decide("https://r.io/x", ADDRESS_PUBLIC, bad[i], 0), "-");
	assert_string_equal(decide("https://r.io/x", ADDRESS_PUBLIC, NULL, 0), "-");
	assert_string_equal(decide("https://r.io/x", ADDRESS_PUBLIC, "/y", REDIRECTS_MAX), "-");
	assert_string_not_equal(decide("https://r.io/x", ADDRESS_PUBLIC, "/y", REDIRECTS_MAX - 1),
				"-");
}

static unsigned kinds(const char *from, enum address_kind kind, const char *location)
{
	cleanup(url_release) struct url url = URL_INIT;
	struct redirect redirect;
	struct error err = ERROR_INIT;

	assert_int_equal(url_parse(from, &url, &err), 0);
	assert_int_equal(redirect_decide(&url, kind, ANY, location, 0, &redirect, &err), 0);
	url_release(&redirect.url);
	return redirect.allowed_kinds;
}

/* G-04 */
static void public_servers_do_not_lead_inside(void **state)
{
	(void)state;
	assert_int_equal(kinds("https://r.io/", ADDRESS_PUBLIC, "https://in.corp/"),
			 ADDRESS_PUBLIC);
	assert_int_equal(kinds("https://r.io/", ADDRESS_PRIVATE, "https://in.corp/"), ADDRESS_SAFE);
	assert_int_equal(kinds("https://r.io/", ADDRESS_PRIVATE, "https://localhost/"),
			 ADDRESS_SAFE);
	assert_int_equal(kinds("http://localhost:1/", ADDRESS_LOOPBACK, "http://127.0.0.1:2/"),
			 ANY);
	assert_int_equal(kinds("http://localhost:1/", ADDRESS_LOOPBACK, "http://inside/"),
			 ADDRESS_SAFE);
	assert_int_equal(kinds("http://localhost:1/", ADDRESS_LOOPBACK, "/y"), ANY);
}

/* K-04 */
static void error_texts_hide_queries_and_users(void **state)
{
	cleanup(url_release) struct url url = URL_INIT;
	struct redirect redirect;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(url_parse("https://r.io/x?sig=secret1", &url, &err), 0);
	assert_int_equal(redirect_decide(&url, ADDRESS_PUBLIC, ANY,
					 "ftp://u:secret2@r.io/?sig=secret3", 0, &redirect, &err),
			 -1);
	assert_null(strstr(err.text, "secret"));
	assert_non_null(strstr(err.text, "r.io"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_stay_with_their_origin),
		cmocka_unit_test(refuses_what_leads_astray),
		cmocka_unit_test(public_servers_do_not_lead_inside),
		cmocka_unit_test(error_texts_hide_queries_and_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
