/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"
#include "route.h"

#include "../cmocka_head.h"
#include "base/buf.h"

#include <arpa/inet.h>
#include <string.h>

static void join(const struct strv *words, struct buf *text)
{
	for (size_t i = 0; i < words->len; i++)
		buf_printf(text, "%s%s", i ? " " : "", words->items[i]);
}

/* S-12: nothing leads in, and nothing to the loopback of this machine, unless it is asked for. */
static void helpers_are_told_to_open_the_way_out_only(void **state)
{
	static const struct {
		size_t helper;
		struct network_wishes wishes;
		const char *line;
	} cases[] = {
		{ 0,
		  { false, false },
		  "pasta --quiet --config-net -t none -u none -T none -U none --runas 0 "
		  "--no-map-gw --netns /proc/7/ns/net" },
		{ 0,
		  { true, true },
		  "pasta --quiet --config-net -t none -u none -T none -U none --runas 0 "
		  "--dns-forward 169.254.1.1 --netns /proc/7/ns/net" },
		{ 1,
		  { false, true },
		  "slirp4netns --configure --mtu=65520 --enable-sandbox --enable-seccomp "
		  "--netns-type=path --disable-host-loopback --ready-fd=3 /proc/7/ns/net tap0" },
		{ 1,
		  { true, false },
		  "slirp4netns --configure --mtu=65520 --enable-sandbox --enable-seccomp "
		  "--netns-type=path --ready-fd=3 /proc/7/ns/net tap0" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(strv_release) struct strv words = STRV_INIT;
		cleanup(buf_release) struct buf line = BUF_INIT;
		network_helper_words(&network_helpers[cases[i].helper], "/proc/7/ns/net", 3,
				     &cases[i].wishes, &words);
		join(&words, &line);
		assert_string_equal(line.data, cases[i].line);
	}
}

static void the_default_route_is_found(void **state)
{
	static const char head[] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask"
				   "\t\tMTU\tWindow\tIRTT\n";
	struct default_route route = { .gateway = { 0 } };
	cleanup(buf_release) struct buf text = BUF_INIT;
	char address[INET_ADDRSTRLEN];

	(void)state;
	buf_add_text(&text, head);
	assert_false(default_route_parse(text.data, &route));
	buf_add_text(&text, "*\t0000FEA9\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
			    "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
			    "eth1\t00000000\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n");
	assert_false(default_route_parse(text.data, &route));
	buf_add_text(&text, "tap0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	assert_true(default_route_parse(text.data, &route));
	assert_string_equal(route.interface, "tap0");
	assert_string_equal(inet_ntop(AF_INET, &route.gateway, address, sizeof(address)),
			    "10.0.2.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helpers_are_told_to_open_the_way_out_only),
		cmocka_unit_test(the_default_route_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
