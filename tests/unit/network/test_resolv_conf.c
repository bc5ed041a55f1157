/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "network/resolv_conf.h"

#include <string.h>

#define SYSTEMD "nameserver 192.168.1.1\nnameserver 127.0.0.9\nsearch elsewhere\n"

/* In a private network; the machine itself is 10.0.0.5. */
static const struct {
	const char *text, *forwarder, *systemd;
	bool wants_forwarder;
	const char *made;
} cases[] = {
	{ "nameserver 10.0.0.1\nsearch a b\noptions ndots:2\n", NULL, NULL, false,
	  "nameserver 10.0.0.1\nsearch a b\noptions ndots:2\n" },
	/* the stub: a forwarder, and what the stub asks */
	{ "# stub\nnameserver 127.0.0.53\noptions edns0\n", "F", SYSTEMD, true,
	  "nameserver F\nnameserver 192.168.1.1\n# stub\noptions edns0\n" },
	{ "nameserver 127.0.0.53\n", "F", NULL, true, "nameserver F\n" },
	/* Docker's own, a resolver of the same machine, one that Kubernetes has on the node */
	{ "nameserver 127.0.0.11\n", "F", NULL, true, "nameserver F\n" },
	{ "nameserver 10.0.0.5\n", "F", NULL, true, "nameserver F\n" },
	{ "nameserver 169.254.20.10\nnameserver 10.1.1.1\n", "F", NULL, true,
	  "nameserver F\nnameserver 10.1.1.1\n" },
	/* it leads to the first of IPv4, whatever comes behind */
	{ "nameserver 127.0.0.1\nnameserver 127.0.0.2\n", "F", NULL, true, "nameserver F\n" },
	{ "nameserver 10.0.0.1\nnameserver 127.0.0.2\n", NULL, NULL, false,
	  "nameserver 10.0.0.1\n" },
	{ "nameserver ::1\nnameserver 10.0.0.1\n", NULL, NULL, false, "nameserver 10.0.0.1\n" },
	{ "nameserver fe80::1%eth0\nnameserver 2001:db8::1\n", NULL, NULL, false,
	  "nameserver 2001:db8::1\n" },
	{ "nameserver 0.0.0.0\n", "F", NULL, true, "nameserver F\n" },
	/* what is written oddly */
	{ "  nameserver\t10.0.0.1  # x\nnameserver\nnameservers 127.0.0.1", NULL, NULL, false,
	  "nameserver 10.0.0.1\nnameservers 127.0.0.1\n" },
	{ "nameserver 10.0.0.1\r\nnameserver 10.0.0.1\n", NULL, NULL, false,
	  "nameserver 10.0.0.1\n" },
	{ "", NULL, NULL, false, "" },
};

static void names_only_resolvers_that_a_step_reaches(void **state)
{
	cleanup(strv_release) struct strv own = STRV_INIT;
	const struct name_settings settings = { 0 };

	(void)state;
	strv_add(&own, "10.0.0.5");
	for (size_t i = 0; i < countof(cases); i++) {
		const struct resolv_conf_sources sources = { .text = cases[i].text,
							     .systemd = cases[i].systemd,
							     .is_private = true,
							     .forwarder = cases[i].forwarder,
							     .own_addresses = &own };
		cleanup(buf_release) struct buf text = BUF_INIT;
		resolv_conf_make(&sources, &settings, &text);
		assert_string_equal(text.data, cases[i].made);
		assert_int_equal(resolv_conf_wants_forwarder(cases[i].text, &own),
				 cases[i].wants_forwarder);
	}
}

static void is_copied_on_the_networks_own_machine(void **state)
{
	const char text[] = "# kept\n nameserver 127.0.0.53 \nnameserver ::1\nodd";
	const struct resolv_conf_sources sources = { .text = text, .systemd = SYSTEMD };
	const struct name_settings settings = { 0 };
	cleanup(buf_release) struct buf made = BUF_INIT;

	(void)state;
	resolv_conf_make(&sources, &settings, &made);
	assert_string_equal(made.data, text);
}

static void settings_stand_in_place_of_the_files(void **state)
{
	cleanup(name_settings_release) struct name_settings settings = { 0 };
	const struct resolv_conf_sources sources = {
		.text = "# x\nnameserver 10.0.0.1\ndomain d\nsearch s\noptions o\n",
		.is_private = true,
		.forwarder = "F"
	};
	cleanup(buf_release) struct buf first = BUF_INIT, second = BUF_INIT, third = BUF_INIT;

	(void)state;
	strv_add(&settings.servers, "127.0.0.1");
	resolv_conf_make(&sources, &settings, &first);
	assert_string_equal(first.data,
			    "nameserver 127.0.0.1\n# x\ndomain d\nsearch s\noptions o\n");
	strv_add(&settings.searches, "a");
	strv_add(&settings.searches, "b");
	strv_add(&settings.options, "ndots:1");
	resolv_conf_make(&sources, &settings, &second);
	assert_string_equal(second.data,
			    "nameserver 127.0.0.1\nsearch a b\noptions ndots:1\n# x\n");
	strv_release(&settings.searches);
	strv_add(&settings.searches, ".");
	resolv_conf_make(&sources, &settings, &third);
	assert_string_equal(third.data, "nameserver 127.0.0.1\noptions ndots:1\n# x\n");
}

static void finds_this_machines_addresses(void **state)
{
	cleanup(strv_release) struct strv own = STRV_INIT;
	bool has_loopback = false;

	(void)state;
	resolv_conf_find_own_addresses(&own);
	for (size_t i = 0; i < own.len; i++)
		has_loopback |= strcmp(own.items[i], "127.0.0.1") == 0;
	/* where a sandbox has no interface up there is none */
	assert_true(has_loopback || !own.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_only_resolvers_that_a_step_reaches),
		cmocka_unit_test(is_copied_on_the_networks_own_machine),
		cmocka_unit_test(settings_stand_in_place_of_the_files),
		cmocka_unit_test(finds_this_machines_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
