/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "sandbox/sandbox.h"

#include <string.h>

static void dumps_what_is_run_and_how(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_FD, .root_path = "src", .fd = 7, .is_readonly = true },
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "tmp", .size = 1048576 },
		{ .kind = SANDBOX_MOUNT_FILE,
		  .root_path = "run/secrets/key",
		  .data = "hunter2",
		  .len = 7,
		  .mode = 0400,
		  .uid = 5 },
	};
	struct sandbox_spec spec = {
		.isolation = ISOLATION_NS_ROOT,
		.security = SANDBOX_CONFINED,
		.network = SANDBOX_NETWORK_NONE,
		.user = "app",
		.working_dir = "/src",
		.hostname = "box",
		.mounts = mounts,
		.n_mounts = 3,
		.hosts = "127.0.0.1 localhost\n",
	};
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	strv_add(&spec.args, "/bin/sh");
	strv_add(&spec.args, "-c");
	strv_add(&spec.args, "true");
	strv_add(&spec.env, "PATH=/bin");
	json_t *value = sandbox_spec_dump(&spec);
	value_write(value, 0, &text);
	json_decref(value);
	strv_release(&spec.args);
	strv_release(&spec.env);
	assert_string_equal(
		text.data,
		"{\"isolation\":\"root\",\"security\":\"sandbox\",\"network\":\"none\","
		"\"args\":[\"/bin/sh\",\"-c\",\"true\"],\"env\":[\"PATH=/bin\"],"
		"\"user\":\"app\",\"working_dir\":\"/src\",\"hostname\":\"box\","
		"\"mounts\":[{\"kind\":\"fd\",\"target\":\"src\",\"readonly\":true},"
		"{\"kind\":\"tmpfs\",\"target\":\"tmp\",\"size\":1048576},"
		"{\"kind\":\"file\",\"target\":\"run/secrets/key\",\"length\":7,\"mode\":256,"
		"\"uid\":5}],\"hosts\":\"127.0.0.1 localhost\\n\"}");
	assert_null(strstr(text.data, "hunter2"));
}

/* Closed enums: a run with a mode that is unknown, or not there yet, is refused before anything. */
static void refuses_modes_that_are_not_there(void **state)
{
	cleanup(sandbox_kit_free) struct sandbox_kit *kit = NULL;
	struct sandbox_spec spec = { .security = SANDBOX_CONFINED,
				     .network = SANDBOX_NETWORK_HOST,
				     .root_mount_fd = -1,
				     .working_dir = "/" };
	struct sandbox_result result;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(sandbox_kit_new(&kit, &err), 0);
	strv_add(&spec.args, "true");
	static const enum sandbox_isolation not_there[] = { ISOLATION_AUTO, ISOLATION_NONE };
	for (size_t i = 0; i < countof(not_there); i++) {
		spec.isolation = not_there[i];
		assert_int_equal(sandbox_run(kit, &spec, NULL, NULL, &result, &err), -1);
		assert_int_equal(err.code, ERROR_UNSUPPORTED);
		assert_non_null(strstr(err.text, "not supported yet"));
	}
	spec.isolation = (enum sandbox_isolation)99;
	assert_int_equal(sandbox_run(kit, &spec, NULL, NULL, &result, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	spec.isolation = ISOLATION_NS_ROOT;
	spec.security = (enum sandbox_security)0;
	assert_int_equal(sandbox_run(kit, &spec, NULL, NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "security mode"));
	spec.security = SANDBOX_CONFINED;
	spec.network = (enum sandbox_network)9;
	assert_int_equal(sandbox_run(kit, &spec, NULL, NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "network mode"));
	strv_release(&spec.args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dumps_what_is_run_and_how),
		cmocka_unit_test(refuses_modes_that_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
