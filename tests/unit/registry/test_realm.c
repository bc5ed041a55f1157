/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "registry/realm.h"

#include <string.h>

static const struct {
	const char *registry, *realm;
	int trust; /* 0 = refused */
} cases[] = {
	{ "https://registry-1.docker.io/", "https://auth.docker.io/token", REALM_TRUSTED },
	{ "https://registry.gitlab.com/", "https://gitlab.com/jwt/auth", REALM_TRUSTED },
	{ "https://registry.example.com/", "https://gitlab.example.com/jwt/auth", REALM_TRUSTED },
	{ "https://ghcr.io/", "https://ghcr.io/token", REALM_TRUSTED },
	{ "https://r.corp.example.co.uk/", "https://auth.example.co.uk/", REALM_TRUSTED },
	{ "https://10.0.0.5:5000/", "https://10.0.0.5:5001/auth", REALM_TRUSTED },
	{ "http://127.0.0.1:5000/", "http://127.0.0.1:5001/auth", REALM_TRUSTED },
	{ "http://localhost:5000/", "http://127.0.0.1:5001/auth", REALM_TRUSTED },
	{ "https://r.io/", "https://trusted.example/token", REALM_TRUSTED },

	{ "https://r.io/", "https://evil.com/token", REALM_ANONYMOUS },
	{ "https://r.example.co.uk/", "https://evil.co.uk/", REALM_ANONYMOUS },
	{ "https://mine.azurecr.io/", "https://other.azurecr.io/", REALM_ANONYMOUS },
	{ "https://r.io/", "https://r.io.evil.com/", REALM_ANONYMOUS },
	{ "https://r.io/", "https://evilr.io/", REALM_ANONYMOUS },
	{ "http://127.0.0.1:5000/", "https://evil.com/token", REALM_ANONYMOUS },

	{ "https://r.io/", "http://r.io/token", 0 },
	{ "https://r.io/", "https://127.0.0.1:9999/", 0 },
	{ "https://r.io/", "https://localhost/", 0 },
	{ "https://r.io/", "http://169.254.169.254/latest/meta-data", 0 },
	{ "https://r.io/", "https://169.254.169.254/", 0 },
	{ "https://r.io/", "https://[::1]/", 0 },
	{ "https://r.io/", "https://[fd00::1]/", 0 },
	{ "https://r.io/", "https://2130706433/", 0 },
	{ "https://r.io/", "https://93.184.216.34/", 0 },
	{ "https://10.0.0.5/", "https://10.0.0.6/", 0 },
	{ "https://127.0.0.1:5000/", "http://127.0.0.1:5001/auth", 0 },
	{ "https://r.io/", "https://user:pw@r.io/", 0 },
	{ "https://r.io/", "file:///etc/passwd", 0 },
	{ "https://r.io/", "/token", 0 },
	{ "https://r.io/", "", 0 },
};

/* R-01 */
static void judges_realms(void **state)
{
	cleanup(strv_release) struct strv trusted = STRV_INIT;

	(void)state;
	strv_add(&trusted, "trusted.example");
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(url_release) struct url registry = URL_INIT;
		cleanup(url_release) struct url url = URL_INIT;
		struct error err = ERROR_INIT;
		enum realm_trust trust = 0;
		assert_int_equal(url_parse(cases[i].registry, &registry, &err), 0);
		int result = realm_judge(&registry, cases[i].realm, &trusted, &url, &trust, &err);
		int got = result < 0 ? 0 : (int)trust;
		if (got != cases[i].trust)
			print_error("%s -> %s: %d\n", cases[i].registry, cases[i].realm, got);
		assert_int_equal(got, cases[i].trust);
		if (result < 0)
			assert_int_equal(err.code, ERROR_AUTH);
		assert_null(strstr(err.text, "pw@"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(judges_realms) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
