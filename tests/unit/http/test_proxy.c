/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/proxy.h"

#include <stdio.h>

/* */
static void no_proxy_covers_names_addresses_and_networks(void **state)
{
	static const struct {
		const char *list, *host;
		unsigned port;
		bool is_exempt;
	} cases[] = {
		{ "example.com", "example.com", 443, true },
		{ "example.com", "a.example.com", 443, true },
		{ ".example.com", "a.example.com", 443, true },
		{ "*.example.com", "a.example.com", 443, true },
		{ "example.com", "badexample.com", 443, false },
		{ "EXAMPLE.com", "a.example.com", 443, true },
		{ "a, b.c ,d", "b.c", 443, true },
		{ "a b.c", "x.b.c", 443, true },
		{ "example.com:8080", "example.com", 443, false },
		{ "example.com:443", "example.com", 443, true },
		{ "*", "anything", 1, true },
		{ "10.0.0.0/8", "10.9.8.7", 443, true },
		{ "10.0.0.0/8", "11.9.8.7", 443, false },
		{ "10.1.128.0/17", "10.1.128.9", 443, true },
		{ "10.1.128.0/17", "10.1.127.9", 443, false },
		{ "10.0.0.0/33", "10.0.0.0", 443, false },
		{ "10.0.0.1", "10.0.0.1", 443, true },
		{ "0.0.1", "10.0.0.1", 443, false },
		{ "fd00::/8", "fd12::1", 443, true },
		{ "fd12::1", "fd12::1", 443, true },
		{ "[fd12::1]:5000", "fd12::1", 5000, true },
		{ "[fd12::1]:5000", "fd12::1", 443, false },
		{ "", "example.com", 443, false },
		{ ",,  ,", "example.com", 443, false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		bool is_exempt = proxy_is_exempt(cases[i].list, cases[i].host, cases[i].port);
		if (is_exempt != cases[i].is_exempt)
			print_error("'%s' and %s:%u\n", cases[i].list, cases[i].host,
				    cases[i].port);
		assert_true(is_exempt == cases[i].is_exempt);
	}
}

static const char *find(const char *const *variables, const char *text)
{
	cleanup(strv_release) struct strv environment = STRV_INIT;
	cleanup(url_release) struct url url = URL_INIT;
	struct error err = ERROR_INIT;
	static char found[100];

	for (; *variables; variables++)
		strv_add(&environment, *variables);
	assert_int_equal(url_parse(text, &url, &err), 0);
	const char *proxy = proxy_find(&environment, &url);
	(void)snprintf(found, sizeof(found), "%s", proxy ? proxy : "none");
	return found;
}

/* */
static void picks_the_proxy_by_scheme(void **state)
{
	static const char *const all[] = { "HTTP_PROXY=http://a", "https_proxy=http://b",
					   "HTTPS_PROXY=http://c", "NO_PROXY=in.example", NULL };
	static const char *const rest[] = { "ALL_PROXY=http://d", "http_proxy=", NULL };

	(void)state;
	assert_string_equal(find(all, "http://x.com/"), "http://a");
	assert_string_equal(find(all, "https://x.com/"), "http://b");
	assert_string_equal(find(all, "https://r.in.example/"), "none");
	assert_string_equal(find(rest, "http://x.com/"), "http://d");
	assert_string_equal(find(rest, "https://x.com/"), "http://d");
}

/* */
static void never_proxies_loopback_and_link_local(void **state)
{
	static const char *const all[] = { "ALL_PROXY=http://a", NULL };

	(void)state;
	assert_string_equal(find(all, "http://localhost:5000/"), "none");
	assert_string_equal(find(all, "http://127.0.0.1:5000/"), "none");
	assert_string_equal(find(all, "http://[::1]:5000/"), "none");
	assert_string_equal(find(all, "http://169.254.169.254/latest"), "none");
	assert_string_equal(find(all, "http://10.0.0.1/"), "http://a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_proxy_covers_names_addresses_and_networks),
		cmocka_unit_test(picks_the_proxy_by_scheme),
		cmocka_unit_test(never_proxies_loopback_and_link_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
