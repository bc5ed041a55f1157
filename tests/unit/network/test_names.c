/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "network/names.h"

#include <string.h>

/* What becomes of one --add-host; NULL = refused. */
static const struct {
	const char *text, *entries;
} hosts[] = {
	{ "a:1.2.3.4", "a=1.2.3.4" },
	{ "a=1.2.3.4", "a=1.2.3.4" },
	{ "a=1.2.3.4,5.6.7.8", "a=1.2.3.4 a=5.6.7.8" },
	{ "a:::1", "a=::1" },
	{ "a=::1", "a=::1" },
	{ "a:[::1]", "a=::1" },
	{ "a=[1.2.3.4],[fe80::1]", "a=1.2.3.4 a=fe80::1" },
	{ "a.b-c:1.2.3.4", "a.b-c=1.2.3.4" },
	{ "a:host-gateway", "a=host-gateway" },
	{ "a=host-gateway", "a=host-gateway" },
	{ "a", NULL },
	{ "", NULL },
	{ "a:", NULL },
	{ "a=", NULL },
	{ ":1.2.3.4", NULL },
	{ "=1.2.3.4", NULL },
	{ "a:1.2.3", NULL },
	{ "a:1.2.3.4,", NULL },
	{ "a:1.2.3.4,x", NULL },
	{ "a:b", NULL },
	{ "a:[::1", NULL },
	{ "a:[]", NULL },
	{ "a:1.2.3.4\nb", NULL },
	{ "a b:1.2.3.4", NULL },
	{ "a\n::1", NULL },
	{ "#a:1.2.3.4", NULL },
	{ "a:host-gateway,1.2.3.4", NULL },
};

static void takes_the_hosts_that_buildx_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(hosts); i++) {
		cleanup(strv_release) struct strv entries = STRV_INIT;
		cleanup(buf_release) struct buf text = BUF_INIT;
		struct error err = ERROR_INIT;
		int result = name_hosts_add(hosts[i].text, &entries, &err);
		if (!hosts[i].entries) {
			if (result == 0)
				fail_msg("'%s' was taken", hosts[i].text);
			assert_int_equal(err.code, ERROR_USAGE);
			assert_ptr_equal(strstr(err.text, "invalid host "), err.text);
			continue;
		}
		assert_int_equal(result, 0);
		for (size_t k = 0; k < entries.len; k++)
			buf_printf(&text, "%s%s", k ? " " : "", entries.items[k]);
		assert_string_equal(text.data, hosts[i].entries);
	}
}

static void writes_hosts_behind_the_own_lines(void **state)
{
	cleanup(name_settings_release) struct name_settings settings = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_false(name_settings_want_host(&settings));
	assert_int_equal(name_hosts_add("db:10.0.0.1", &settings.hosts, &err), 0);
	assert_false(name_settings_want_host(&settings));
	assert_int_equal(name_hosts_add("me:host-gateway", &settings.hosts, &err), 0);
	assert_int_equal(name_hosts_add("db=::5", &settings.hosts, &err), 0);
	assert_true(name_settings_want_host(&settings));
	names_add_hosts("127.0.0.1\tlocalhost\n", &settings, "192.0.2.1", &text);
	assert_string_equal(text.data, "127.0.0.1\tlocalhost\n10.0.0.1\tdb\n192.0.2.1\tme\n"
				       "::5\tdb\n");
}

static void takes_resolvers_and_words_only(void **state)
{
	cleanup(name_settings_release) struct name_settings settings = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(name_settings_add_server("9.9.9.9", &settings, &err), 0);
	assert_int_equal(name_settings_add_server("2620:fe::fe", &settings, &err), 0);
	assert_int_equal(name_settings_add_server("dns.example", &settings, &err), -1);
	assert_non_null(strstr(err.text, "--dns 'dns.example' is not an IP address"));
	assert_int_equal(name_settings_add_server("1.1.1.1\noptions x", &settings, &err), -1);
	assert_int_equal(settings.servers.len, 2);
	assert_false(settings.keeps_resolv_conf);
	assert_int_equal(name_settings_add_server("none", &settings, &err), 0);
	assert_true(settings.keeps_resolv_conf);
	assert_int_equal(name_settings_add_word("--dns-search", "a.b", &settings.searches, &err),
			 0);
	assert_int_equal(name_settings_add_word("--dns-search", "a\nb", &settings.searches, &err),
			 -1);
	assert_int_equal(name_settings_add_word("--dns-search", "", &settings.searches, &err), -1);
	assert_int_equal(settings.searches.len, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_hosts_that_buildx_takes),
		cmocka_unit_test(writes_hosts_behind_the_own_lines),
		cmocka_unit_test(takes_resolvers_and_words_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
