/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/text.h"
#include "parser/mount_flag.h"

#include <string.h>

/* "$x" becomes "value". */
static int expand(void *context, const char *value, const char **ret_text, struct error *err)
{
	(void)context;
	if (strcmp(value, "$bad") == 0)
		return error_set(err, ERROR_SYNTAX, "bad variable");
	*ret_text = strcmp(value, "$x") == 0 ? "value" : value;
	return 0;
}

static struct mount_flag parse(const char *value, struct arena *arena)
{
	struct mount_flag mount = { 0 };
	struct error err = ERROR_INIT;

	if (mount_flag_parse(value, expand, NULL, arena, &mount, &err) < 0)
		fail_msg("%s: %s", value, err.text);
	return mount;
}

static void bind_is_the_default(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag mount = parse("target=/x,source=$x,from=base", &arena);

	(void)state;
	assert_int_equal(mount.type, MOUNT_BIND);
	assert_string_equal(mount.target, "/x");
	assert_string_equal(mount.source, "value");
	assert_string_equal(mount.from, "base");
	assert_true(mount.is_readonly);
	assert_null(mount.id);
	assert_false(mount.has_mode || mount.has_uid || mount.has_gid);
}

static void every_key_of_a_cache(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag mount = parse("TYPE=Cache,dst=/c,ID=$x,sharing=LOCKED,mode=0755,uid=1000,"
					"gid=4294967295,src=sub,ro",
					&arena);

	(void)state;
	assert_int_equal(mount.type, MOUNT_CACHE);
	assert_string_equal(mount.target, "/c");
	assert_string_equal(mount.id, "value");
	assert_string_equal(mount.source, "sub");
	assert_int_equal(mount.sharing, SHARING_LOCKED);
	assert_true(mount.has_mode && mount.has_uid && mount.has_gid && mount.is_readonly);
	assert_int_equal(mount.mode, 0755);
	assert_int_equal(mount.uid, 1000);
	assert_int_equal(mount.gid, UINT32_MAX);
}

static void access_follows_type_and_switches(void **state)
{
	static const struct {
		const char *value;
		bool is_readonly;
	} cases[] = {
		{ "type=bind", true },
		{ "type=cache", false },
		{ "type=tmpfs", false },
		{ "type=ssh", true },
		{ "type=secret,id=a", true },
		{ "type=bind,rw", false },
		{ "type=bind,readwrite=1", false },
		{ "type=bind,rw=false", true },
		{ "type=cache,readonly", true },
		{ "type=cache,ro=true", true },
		{ "type=bind,ro=0", false },
		{ "rw,ro", true },
	};
	cleanup(arena_release) struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		if (parse(cases[i].value, &arena).is_readonly != cases[i].is_readonly)
			fail_msg("%s", cases[i].value);
}

static void tmpfs_secret_and_ssh(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag tmpfs = parse("type=tmpfs,target=/t,size=64m", &arena);
	struct mount_flag secret = parse("type=secret,id=s,env=TOKEN,required", &arena);
	struct mount_flag ssh = parse("type=ssh,required=false,mode=600", &arena);

	(void)state;
	assert_true(tmpfs.size == 64u << 20);
	assert_string_equal(secret.env, "TOKEN");
	assert_string_equal(secret.id, "s");
	assert_true(secret.is_required);
	assert_null(secret.target);
	assert_false(ssh.is_required);
	assert_int_equal(ssh.mode, 0600);
}

static void fields_may_be_quoted(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag mount = parse("\"target=/a,b\",\"source=say \"\"x\"\"\"", &arena);

	(void)state;
	assert_string_equal(mount.target, "/a,b");
	assert_string_equal(mount.source, "say \"x\"");
}

/* P-04 */
static void refuses(void **state)
{
	static const struct {
		const char *value, *error;
	} cases[] = {
		{ "", "failed to parse csv mounts" },
		{ "target=\"x\"", "failed to parse csv mounts: bare" },
		{ "\"target=x", "failed to parse csv mounts: extraneous or missing" },
		{ "\"target=x\"y", "failed to parse csv mounts: extraneous or missing" },
		{ "type=bnd", "unsupported mount type \"bnd\" (did you mean bind?)" },
		{ "target", "invalid field 'target' must be a key=value pair" },
		{ "nonsense", "invalid field 'nonsense' must be a key=value pair" },
		{ "trget=/x", "unexpected key 'trget' in 'trget=/x' (did you mean target?)" },
		{ "ro=maybe", "invalid value for ro: maybe" },
		{ "required", "unexpected key 'required' for mount type 'bind'" },
		{ "required,type=secret,id=a", "unexpected key 'required' for mount type 'bind'" },
		{ "type=secret,id=a,required=x", "invalid value for required: x" },
		{ "type=cache,size=1m", "unexpected key 'size' for mount type 'cache'" },
		{ "type=tmpfs,size=x", "invalid value for size: x" },
		{ "type=cache,sharing=some", "unsupported sharing value \"some\"" },
		{ "type=tmpfs,sharing=shared", "invalid cache sharing set for tmpfs mount" },
		{ "type=cache,mode=8", "invalid value 8 for mode" },
		{ "type=cache,mode=", "invalid value  for mode" },
		{ "type=cache,mode=777777777777", "invalid value 777777777777 for mode" },
		{ "type=cache,uid=-1", "invalid value -1 for uid" },
		{ "type=cache,gid=4294967296", "invalid value 4294967296 for gid" },
		{ "mode=755", "mode not allowed for \"bind\" type mounts" },
		{ "type=tmpfs,uid=1", "uid not allowed for \"tmpfs\" type mounts" },
		{ "type=tmpfs,gid=1", "gid not allowed for \"tmpfs\" type mounts" },
		{ "type=cache,env=A", "env not allowed for \"cache\" type mounts" },
		{ "type=secret", "invalid secret mount. one of source, target required" },
		{ "type=secret,id=a,from=b", "secret mount should not have a from" },
		{ "type=secret,id=a,sharing=private", "secret mount should not define sharing" },
		{ "type=secret,id=a,source=b", "both source and id can't be set" },
		{ "type=ssh,source=b", "ssh does not support source" },
		{ "from=$x", "'from' doesn't support variable expansion" },
		{ "from=a${x}", "'from' doesn't support variable expansion" },
		{ "target=$bad", "bad variable" },
	};
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag mount = { .target = "untouched" };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct error err = ERROR_INIT;
		int result = mount_flag_parse(cases[i].value, expand, NULL, &arena, &mount, &err);
		if (result == 0 || !strstr(err.text, cases[i].error))
			fail_msg("%s: '%s'", cases[i].value, err.text);
		assert_int_equal(err.code, ERROR_SYNTAX);
	}
	assert_string_equal(mount.target, "untouched");
}

static void early_check_sees_csv_and_from_only(void **state)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct mount_flag mount = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(mount_flag_parse("type=$t,bogus,mode=x,From=stage", NULL, NULL, &arena,
					  &mount, &err),
			 0);
	assert_string_equal(mount.from, "stage");
	assert_int_equal(mount_flag_parse("from=a$", NULL, NULL, &arena, &mount, &err), 0);
	assert_int_equal(mount_flag_parse("from=$a", NULL, NULL, &arena, &mount, &err), -1);
	assert_int_equal(mount_flag_parse("a\"b", NULL, NULL, &arena, &mount, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bind_is_the_default),
		cmocka_unit_test(every_key_of_a_cache),
		cmocka_unit_test(access_follows_type_and_switches),
		cmocka_unit_test(tmpfs_secret_and_ssh),
		cmocka_unit_test(fields_may_be_quoted),
		cmocka_unit_test(refuses),
		cmocka_unit_test(early_check_sees_csv_and_from_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
