/* SPDX-License-Identifier: Apache-2.0 */
/* --chmod: what is accepted, and what it makes of a mode. */
#include "mode.h"

#include "../cmocka_head.h"
#include "base/macros.h"

#include <string.h>

struct mode_case {
	const char *text;
	uint32_t before;
	bool is_dir;
	uint32_t after;
};

static void changes_modes_as_chmod_does(void **state)
{
	static const struct mode_case cases[] = {
		{ "644", 0777, false, 0644 },	     { "0", 0777, false, 0 },
		{ "7777", 0, true, 07777 },	     { "u=rwX,go=rX", 0600, false, 0644 },
		{ "u=rwX,go=rX", 0600, true, 0755 }, { "u=rwX,go=rX", 0700, false, 0755 },
		{ "a+x", 0644, false, 0755 },	     { "go-rwx", 0777, false, 0700 },
		{ "g=u", 0740, false, 0770 },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct mode_change change = { 0 };
		struct error err = ERROR_INIT;
		if (mode_change_parse(cases[i].text, &change, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		uint32_t after = mode_change_apply(&change, cases[i].before, cases[i].is_dir);
		if (after != cases[i].after)
			fail_msg("%s of %o: %o", cases[i].text, cases[i].before, after);
	}
}

static void refuses_what_is_no_mode(void **state)
{
	static const char *const texts[] = { "8", "77777", "u=q", "rwx", "u", "-1", "u=rwx,," };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct mode_change change = { 0 };
		struct error err = ERROR_INIT;
		if (mode_change_parse(texts[i], &change, &err) == 0)
			fail_msg("'%s' was accepted", texts[i]);
		assert_non_null(strstr(err.text, texts[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_modes_as_chmod_does),
		cmocka_unit_test(refuses_what_is_no_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
