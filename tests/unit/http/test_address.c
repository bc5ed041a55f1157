/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "http/address.h"

#include <stdio.h>

/* G-04 */
static void knows_kinds_of_addresses(void **state)
{
	static const struct {
		const char *text;
		enum address_kind kind;
	} cases[] = {
		{ "8.8.8.8", ADDRESS_PUBLIC },
		{ "172.15.255.255", ADDRESS_PUBLIC },
		{ "172.16.0.1", ADDRESS_PRIVATE },
		{ "172.31.255.255", ADDRESS_PRIVATE },
		{ "172.32.0.0", ADDRESS_PUBLIC },
		{ "10.1.2.3", ADDRESS_PRIVATE },
		{ "192.168.0.1", ADDRESS_PRIVATE },
		{ "100.64.0.1", ADDRESS_PRIVATE },
		{ "100.128.0.1", ADDRESS_PUBLIC },
		{ "127.0.0.1", ADDRESS_LOOPBACK },
		{ "127.255.255.254", ADDRESS_LOOPBACK },
		{ "169.254.169.254", ADDRESS_LINK_LOCAL },
		{ "0.0.0.0", ADDRESS_OTHER },
		{ "224.0.0.1", ADDRESS_OTHER },
		{ "255.255.255.255", ADDRESS_OTHER },
		{ "::1", ADDRESS_LOOPBACK },
		{ "::", ADDRESS_OTHER },
		{ "fe80::1", ADDRESS_LINK_LOCAL },
		{ "fd00::1", ADDRESS_PRIVATE },
		{ "2606:4700::1", ADDRESS_PUBLIC },
		{ "ff02::1", ADDRESS_OTHER },
		{ "::ffff:169.254.169.254", ADDRESS_LINK_LOCAL },
		{ "::ffff:127.0.0.1", ADDRESS_LOOPBACK },
		{ "64:ff9b::10.0.0.1", ADDRESS_PRIVATE },
		{ "64:ff9b::127.0.0.1", ADDRESS_LOOPBACK },
		{ "2002:7f00:1::", ADDRESS_LOOPBACK },
		{ "localhost", ADDRESS_OTHER },
		{ "127.1", ADDRESS_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (address_kind_of_text(cases[i].text) != cases[i].kind)
			print_error("%s\n", cases[i].text);
		assert_int_equal(address_kind_of_text(cases[i].text), cases[i].kind);
	}
}

/* G-04 */
static void only_literal_loopback_is_loopback(void **state)
{
	(void)state;
	assert_true(address_is_loopback_host("localhost"));
	assert_true(address_is_loopback_host("registry.localhost"));
	assert_true(address_is_loopback_host("127.3.2.1"));
	assert_true(address_is_loopback_host("::1"));
	assert_false(address_is_loopback_host("localhost.example.com"));
	assert_false(address_is_loopback_host("127.0.0.1.nip.io"));
	assert_false(address_is_loopback_host("10.0.0.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_kinds_of_addresses),
		cmocka_unit_test(only_literal_loopback_is_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
