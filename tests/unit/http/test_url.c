/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/url.h"

#include <string.h>

static void reads_host_and_port(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		bool is_https;
	} cases[] = {
		{ "https://Registry-1.Docker.IO/v2/", "registry-1.docker.io", 443, true },
		{ "http://127.0.0.1:5000/x", "127.0.0.1", 5000, false },
		{ "http://[::1]:5000/x", "::1", 5000, false },
		/* the many spellings of 127.0.0.1 */
		{ "http://0x7f.1/", "127.0.0.1", 80, false },
		{ "http://2130706433/", "127.0.0.1", 80, false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(url_release) struct url url = URL_INIT;
		struct error err = ERROR_INIT;
		assert_int_equal(url_parse(cases[i].text, &url, &err), 0);
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_true(url.is_https == cases[i].is_https);
	}
}

static void refuses_other_schemes_users_and_rubbish(void **state)
{
	static const char *const bad[] = {
		"file:///etc/passwd",  "ftp://h/",	"https://u@h/", "https://u:p@h/",
		"https://h\\@evil/",   "https://h:0/",	"https://h:x/", "https://h:99999/",
		"https://h/\x01",      "https://h/a b", "//h/x",	"",
		"javascript:alert(1)", "https://",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		cleanup(url_release) struct url url = URL_INIT;
		struct error err = ERROR_INIT;
		if (url_parse(bad[i], &url, &err) == 0)
			print_error("'%s' is taken as %s\n", bad[i], url.text);
		assert_null(url.text);
		assert_int_equal(err.code, ERROR_SYNTAX);
	}
}

/* */
static void encodes_what_is_added_to_the_query(void **state)
{
	cleanup(url_release) struct url url = URL_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(url_parse("https://h/token?a=b", &url, &err), 0);
	assert_int_equal(url_add_query(&url, "service", "a&scope=b#x y\r\n", &err), 0);
	assert_string_equal(url.text, "https://h/token?a=b&service=a%26scope%3db%23x%20y%0d%0a");
}

static void prints_neither_users_nor_queries(void **state)
{
	cleanup(url_release) struct url url = URL_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(url_parse("https://h:444/a/b?X-Amz-Signature=secret", &url, &err), 0);
	url_add_printable(&url, &text);
	assert_string_equal(text.data, "https://h:444/a/b");
	assert_int_equal(url_parse("https://user:secret@h/a?b=secret", &url, &err), -1);
	assert_null(strstr(err.text, "secret"));
}

static void long_urls_are_refused(void **state)
{
	static char text[URL_LEN_MAX + 100] = "https://h/";
	struct url url = URL_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	memset(text + 10, 'a', sizeof(text) - 11);
	assert_int_equal(url_parse(text, &url, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_host_and_port),
		cmocka_unit_test(refuses_other_schemes_users_and_rubbish),
		cmocka_unit_test(encodes_what_is_added_to_the_query),
		cmocka_unit_test(prints_neither_users_nor_queries),
		cmocka_unit_test(long_urls_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
