/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "sandbox/user.h"

#include <string.h>

struct files {
	const char *passwd, *group;
	size_t passwd_len; /* 0: strlen */
	unsigned reads;
};

static int read_file(void *context, const char *root_path, struct buf *ret_text, struct error *err)
{
	struct files *files = context;
	bool is_passwd = strcmp(root_path, "etc/passwd") == 0;
	const char *text = is_passwd ? files->passwd : files->group;

	(void)err;
	files->reads++;
	if (!text)
		return 0;
	buf_add(ret_text, text, is_passwd && files->passwd_len ? files->passwd_len : strlen(text));
	return 1;
}

static const char passwd_text[] = "root:x:0:0:root:/root:/bin/sh\n"
				  "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
				  "# a comment\n"
				  "\n"
				  "short:x:5\n"
				  "broken:x:zero:0::/broken:/bin/sh\n"
				  "empty:x:::::/bin/sh\n"
				  "huge:x:4294967295:0::/huge:/bin/sh\n"
				  "1000:x:0:0:a name of digits:/evil:/bin/sh\n"
				  "app:x:1000:1001:App:/home/app:/bin/sh\n"
				  "twin:x:1000:1002::/home/twin:/bin/sh\n"
				  "homeless:x:1003:1003::";
static const char group_text[] = "root:x:0:\n"
				 "daemon:x:1:\n"
				 "wheel:x:10:root,app\n"
				 "audio:x:29:app,other\n"
				 "app:x:1001:app\n"
				 "bad:x:ten:app\n"
				 "prefix:x:30:apple,app2\n"
				 "2000:x:0:\n";

/* uid, gid, groups and home as one text; or the error's code. */
static char *resolve(const char *text, const char *passwd, const char *group)
{
	struct files files = { .passwd = passwd, .group = group };
	cleanup(user_release) struct user user = { 0 };
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	if (user_resolve(text, read_file, &files, &user, &err) < 0) {
		assert_true(err.code == ERROR_NOT_FOUND || err.code == ERROR_USAGE);
		buf_printf(&out, "error: %s", err.text);
		return buf_take(&out);
	}
	buf_printf(&out, "%u:%u", user.uid, user.gid);
	for (size_t i = 0; i < user.n_groups; i++)
		buf_printf(&out, "%c%u", i ? ',' : ' ', user.groups[i]);
	buf_printf(&out, " %s", user.home);
	return buf_take(&out);
}

static const struct {
	const char *text, *expected;
} known[] = {
	{ "", "0:0 0,10 /root" },
	{ "root", "0:0 0,10 /root" },
	{ "0", "0:0 0,10 /root" },
	{ "daemon", "1:1 1 /usr/sbin" },
	{ "app", "1000:1001 1001,10,29 /home/app" },
	/* the number wins over the name "1000", whose uid is 0 (CVE-2026-46680) */
	{ "1000", "1000:1001 1001,10,29 /home/app" },
	{ "1000:1000", "1000:1000 1000 /home/app" },
	/* a number that nobody has */
	{ "1234", "1234:0 0 /" },
	{ "1234:1234", "1234:1234 1234 /" },
	{ "4294967294", "4294967294:0 0 /" },
	{ "00000000000000000001234", "1234:0 0 /" },
	/* a group: no supplementary ones */
	{ "app:wheel", "1000:10 10 /home/app" },
	{ "app:29", "1000:29 29 /home/app" },
	{ "app:", "1000:1001 1001,10,29 /home/app" },
	{ "1000:audio", "1000:29 29 /home/app" },
	{ "root:root", "0:0 0 /root" },
	{ "root:2000", "0:2000 2000 /root" },
	{ ":wheel", "0:10 10 /root" },
	/* home goes by number: the first of two names */
	{ "twin", "1000:1002 1002 /home/app" },
	{ "homeless", "1003:1003 1003 " },
	/* not numbers, so names, and nobody has them */
	{ "0x0", "error: user '0x0' is not in '/etc/passwd' of the image" },
	{ " 0", "error: user ' 0' is not in '/etc/passwd' of the image" },
	{ "-1", "error: user '-1' is not in '/etc/passwd' of the image" },
	{ "+0", "error: user '+0' is not in '/etc/passwd' of the image" },
	{ "nobody", "error: user 'nobody' is not in '/etc/passwd' of the image" },
	{ "app:nogroup", "error: group 'nogroup' is not in '/etc/group' of the image" },
	/* lines whose numbers are none are no accounts */
	{ "broken", "error: user 'broken' is not in '/etc/passwd' of the image" },
	{ "empty", "error: user 'empty' is not in '/etc/passwd' of the image" },
	/* a group that is not there is root's */
	{ "short", "5:0 0 " },
	{ "huge", "error: user 'huge' is not in '/etc/passwd' of the image" },
	{ "app:bad", "error: group 'bad' is not in '/etc/group' of the image" },
	/* (uid_t)-1 and beyond */
	{ "4294967295", "error: '4294967295' is larger than any user or group number" },
	{ "4294967296", "error: '4294967296' is larger than any user or group number" },
	{ "root:99999999999", "error: '99999999999' is larger than any user or group number" },
	{ "18446744073709551616",
	  "error: '18446744073709551616' is larger than any user or group number" },
};

static void resolves_users(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(known); i++) {
		autofree char *got = resolve(known[i].text, passwd_text, group_text);
		if (strcmp(got, known[i].expected) != 0)
			fail_msg("USER '%s': '%s', expected '%s'", known[i].text, got,
				 known[i].expected);
	}
}

static void resolves_without_files(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "0:0 0 /" },
		{ "7", "7:0 0 /" },
		{ "7:8", "7:8 8 /" },
		{ "root:root", "0:0 0 /" },
		{ "root", "error: user 'root' is not in '/etc/passwd' of the image" },
		{ "7:wheel", "error: group 'wheel' is not in '/etc/group' of the image" },
	};
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *got = resolve(cases[i].text, NULL, NULL);
		assert_string_equal(got, cases[i].expected);
	}
}

static void nul_in_a_line_matches_nothing(void **state)
{
	static const char text[] = "app\0:x:0:0::/:\nother:x:5:6::/ho\0me:/bin/sh\n";
	struct files files = { .passwd = text, .passwd_len = sizeof(text) - 1 };
	struct user user = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(user_resolve("app", read_file, &files, &user, &err), -1);
	assert_int_equal(user_resolve("other", read_file, &files, &user, &err), 0);
	assert_int_equal(user.uid, 5);
	assert_string_equal(user.home, "/");
	user_release(&user);
}

static void overlong_lines_are_passed_over(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "long:x:0:0:");
	for (int i = 0; i < 70000; i++)
		buf_add_char(&text, 'x');
	buf_add_text(&text, ":/:\nafter:x:3:4::/a:\n");
	autofree char *after = resolve("after", text.data, NULL);
	autofree char *overlong = resolve("long", text.data, NULL);
	assert_string_equal(after, "3:4 4 /a");
	assert_string_equal(overlong, "error: user 'long' is not in '/etc/passwd' of the image");
}

static void refuses_more_groups_than_the_kernel_takes(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	for (unsigned i = 0; i <= GROUPS_MAX; i++)
		buf_printf(&text, "g%u:x:%u:app\n", i, 2000 + i);
	autofree char *got = resolve("app", passwd_text, text.data);
	assert_string_equal(got, "error: user 'app' is in more than 65536 groups");
}

static void refuses_a_file_over_the_ceiling(void **state)
{
	size_t len = (size_t)PASSWD_SIZE_MAX + 1;
	autofree char *text = xmalloc(len + 1);
	struct files files = { .passwd = text, .passwd_len = len };
	struct user user = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	memset(text, '\n', len);
	text[len] = '\0';
	assert_int_equal(user_resolve("root", read_file, &files, &user, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_non_null(strstr(err.text, "10485760"));
}

static void resolves_owners(void **state)
{
	static const struct {
		const char *text;
		uint32_t uid, gid;
		bool is_unknown;
	} cases[] = {
		{ "5", 5, 5, false },
		{ "5:6", 5, 6, false },
		{ "app", 1000, 1001, false },
		{ "app:wheel", 1000, 10, false },
		{ "app:7", 1000, 7, false },
		{ "5:wheel", 5, 10, false },
		{ "1000", 1000, 1000, false },
		{ "nobody", 0, 0, true },
		{ "nobody:wheel", 0, 10, true },
		{ "app:nogroup", 1000, 1001, true },
		{ "root", 0, 0, false },
		{ ":wheel", 0, 10, false },
	};
	struct files files = { .passwd = passwd_text, .group = group_text };
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		uint32_t uid = 77, gid = 77;
		bool is_unknown = !cases[i].is_unknown;
		assert_int_equal(owner_resolve(cases[i].text, read_file, &files, &uid, &gid,
					       &is_unknown, &err),
				 0);
		if (uid != cases[i].uid || gid != cases[i].gid || is_unknown != cases[i].is_unknown)
			fail_msg("owner '%s' is %u:%u", cases[i].text, uid, gid);
	}
	uint32_t uid, gid;
	bool is_unknown;
	assert_int_equal(
		owner_resolve("4294967295", read_file, &files, &uid, &gid, &is_unknown, &err), -1);
	assert_int_equal(
		owner_resolve("1:4294967296", read_file, &files, &uid, &gid, &is_unknown, &err),
		-1);
}

static void numeric_owners_read_no_files(void **state)
{
	struct files files = { .passwd = passwd_text, .group = group_text };
	struct error err = ERROR_INIT;
	uint32_t uid, gid;
	bool is_unknown;

	(void)state;
	assert_int_equal(owner_resolve("12:34", read_file, &files, &uid, &gid, &is_unknown, &err),
			 0);
	assert_int_equal(files.reads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_users),
		cmocka_unit_test(resolves_without_files),
		cmocka_unit_test(nul_in_a_line_matches_nothing),
		cmocka_unit_test(overlong_lines_are_passed_over),
		cmocka_unit_test(refuses_more_groups_than_the_kernel_takes),
		cmocka_unit_test(refuses_a_file_over_the_ceiling),
		cmocka_unit_test(resolves_owners),
		cmocka_unit_test(numeric_owners_read_no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
