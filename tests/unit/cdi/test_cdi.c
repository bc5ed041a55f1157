/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "cdi/cdi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char root[64];
	char first[96], second[96];
	const char *dirs[3];
};

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	(void)snprintf(world->root, sizeof(world->root), "/tmp/cbuild-cdi.XXXXXX");
	assert_non_null(mkdtemp(world->root));
	(void)snprintf(world->first, sizeof(world->first), "%s/first", world->root);
	(void)snprintf(world->second, sizeof(world->second), "%s/second", world->root);
	assert_int_equal(mkdir(world->first, 0700), 0);
	assert_int_equal(mkdir(world->second, 0700), 0);
	world->dirs[0] = world->first;
	world->dirs[1] = world->second;
	world->dirs[2] = "/nonexistent/cdi";
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "first/a.json",  "first/b.yaml", "first/bad.json",
					     "second/a.json", "first",	      "second" };
	struct world *world = *state;
	char path[256];

	for (size_t i = 0; i < countof(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->root, names[i]);
		(void)remove(path);
	}
	assert_int_equal(rmdir(world->root), 0);
	free(world);
	return 0;
}

static struct cdi_specs *read_specs(const struct world *world)
{
	struct cdi_specs *specs = NULL;
	struct error err = ERROR_INIT;

	if (cdi_specs_read(world->dirs, countof(world->dirs), &specs, &err) < 0)
		fail_msg("%s", err.text);
	return specs;
}

static const char JSON_SPEC[] =
	"{\"cdiVersion\":\"0.6.0\",\"kind\":\"vendor.com/dev\","
	"\"containerEdits\":{\"env\":[\"ALL=1\"]},"
	"\"devices\":["
	"{\"name\":\"one\",\"containerEdits\":{\"env\":[\"ONE=1\"],"
	"\"deviceNodes\":[{\"path\":\"/dev/one\",\"hostPath\":\"/dev/null\"}]}},"
	"{\"name\":\"two\",\"annotations\":{\"org.mobyproject.buildkit.device.class\":\"fast\"},"
	"\"containerEdits\":{\"mounts\":[{\"hostPath\":\"/usr/lib\",\"containerPath\":\"/lib/x\","
	"\"options\":[\"ro\",\"nosuid\"]}]}},"
	"{\"name\":\"hooked\",\"containerEdits\":{\"hooks\":[{\"hookName\":\"x\"}]}}]}";

static void test_names(void **state)
{
	struct world *world = *state;
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
	struct error err = ERROR_INIT;

	write_file(world->first, "a.json", JSON_SPEC);
	cleanup(cdi_specs_free) struct cdi_specs *specs = read_specs(world);
	assert_int_equal(cdi_find(specs, "vendor.com/dev=one", &edits, &err), 1);
	assert_int_equal(edits.env.len, 2);
	assert_string_equal(edits.env.items[0], "ALL=1");
	assert_string_equal(edits.env.items[1], "ONE=1");
	assert_int_equal(edits.n_bindings, 1);
	assert_string_equal(edits.bindings[0].host_path, "/dev/null");
	assert_string_equal(edits.bindings[0].container_path, "/dev/one");
	assert_false(edits.bindings[0].attributes & MOUNT_ATTR_RDONLY);
	/* by its class, and read only */
	assert_int_equal(cdi_find(specs, "fast", &edits, &err), 1);
	assert_int_equal(edits.n_bindings, 2);
	assert_int_equal(edits.bindings[1].attributes, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	/* the first of its kind */
	assert_int_equal(cdi_find(specs, "vendor.com/dev", &edits, &err), 1);
	assert_int_equal(edits.n_bindings, 3);
	assert_string_equal(edits.bindings[2].container_path, "/dev/one");
}

static void test_missing(void **state)
{
	struct world *world = *state;
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
	struct error err = ERROR_INIT;

	write_file(world->first, "a.json", JSON_SPEC);
	write_file(world->first, "bad.json", "{\"kind\":");
	cleanup(cdi_specs_free) struct cdi_specs *specs = read_specs(world);
	assert_int_equal(cdi_find(specs, "vendor.com/dev=three", &edits, &err), 0);
	assert_non_null(strstr(err.text, "\"vendor.com/dev=three\" is not registered"));
	assert_non_null(strstr(err.text, "bad.json cannot be used"));
	assert_int_equal(cdi_find(specs, "vendor.com/de", &edits, &err), 0);
	assert_int_equal(cdi_find(specs, "vendor.com/dev=hooked", &edits, &err), -1);
	assert_non_null(strstr(err.text, "hooks"));
	assert_non_null(strstr(err.text, "not supported yet"));
}

static void test_all_and_later_dirs(void **state)
{
	struct world *world = *state;
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
	struct error err = ERROR_INIT;

	write_file(world->first, "b.yaml",
		   "kind: v/y\ndevices:\n- name: \"0\"\n  containerEdits:\n    env: [OLD=0]\n"
		   "- name: one\n  containerEdits:\n    env:\n    - ONE=1\n");
	write_file(world->second, "a.json",
		   "{\"kind\":\"v/y\",\"devices\":[{\"name\":\"0\",\"containerEdits\":"
		   "{\"env\":[\"NEW=0\"]}}]}");
	cleanup(cdi_specs_free) struct cdi_specs *specs = read_specs(world);
	assert_int_equal(cdi_find(specs, "v/y=*", &edits, &err), 1);
	assert_int_equal(edits.env.len, 2);
	assert_string_equal(edits.env.items[0], "NEW=0");
	assert_string_equal(edits.env.items[1], "ONE=1");
}

/* One device of which nothing but the edits is interesting. */
static int find_with_edits(const struct world *world, const char *edits_text,
			   struct cdi_edits *edits, struct error *err)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "{\"cdiVersion\":\"0.6.0\",\"kind\":\"v/y\",\"devices\":[{\"name\":\"0\","
		       "\"containerEdits\":{%s}}]}",
		       edits_text);
	write_file(world->first, "a.json", text);
	cleanup(cdi_specs_free) struct cdi_specs *specs = read_specs(world);
	return cdi_find(specs, "v/y=0", edits, err);
}

/* Whatever a file asks for is done or refused. */
static void test_what_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "\"hooks\":[{\"hookName\":\"createContainer\",\"path\":\"/x\"}]", "'hooks'" },
		{ "\"additionalGids\":[4]", "'additionalGids'" },
		{ "\"intelRdt\":{\"closID\":\"x\"}", "'intelRdt'" },
		{ "\"deviceNodes\":[{\"path\":\"/dev/x\",\"permissions\":\"r\"}]",
		  "permissions 'r'" },
		{ "\"deviceNodes\":[{\"path\":\"/dev/x\",\"permissions\":\"rwz\"}]", "rwz" },
		{ "\"deviceNodes\":[{\"path\":\"/dev/x\",\"type\":\"p\"}]", "type 'p'" },
		{ "\"deviceNodes\":[{\"path\":\"/dev/x\",\"fileMode\":70000}]", "fileMode" },
		{ "\"deviceNodes\":[{\"path\":\"/dev/x\",\"color\":1}]", "'color'" },
		{ "\"deviceNodes\":[{\"path\":\"dev/x\"}]", "absolute" },
		{ "\"mounts\":[{\"hostPath\":\"/a\",\"containerPath\":\"/b\",\"type\":\"tmpfs\"}]",
		  "type 'tmpfs'" },
		{ "\"mounts\":[{\"hostPath\":\"/a\",\"containerPath\":\"/b\",\"options\":"
		  "[\"ro\",\"shared\"]}]",
		  "option 'shared'" },
		{ "\"mounts\":[{\"containerPath\":\"/b\"}]", "hostPath" },
		{ "\"env\":[\"NAME\"]", "NAME=VALUE" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
		struct error err = ERROR_INIT;
		assert_int_equal(find_with_edits(*state, cases[i][0], &edits, &err), -1);
		if (!strstr(err.text, cases[i][1]) || !strstr(err.text, "a.json: device '0'"))
			fail_msg("'%s': %s", cases[i][0], err.text);
	}
}

static void test_what_is_understood(void **state)
{
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
	struct error err = ERROR_INIT;

	assert_int_equal(
		find_with_edits(*state,
				"\"hooks\":[],\"netDevices\":null,\"deviceNodes\":[{\"path\":"
				"\"/dev/x\",\"type\":\"b\",\"major\":8,\"minor\":1,"
				"\"fileMode\":416,\"uid\":5,\"permissions\":\"rw\"}],\"mounts\":"
				"[{\"hostPath\":\"/a\",\"containerPath\":\"/b\",\"type\":\"bind\","
				"\"options\":[\"rbind\",\"noexec\",\"nodev\",\"rprivate\"]}]",
				&edits, &err),
		1);
	assert_int_equal(edits.n_bindings, 2);
	const struct cdi_node *node = &edits.bindings[0].node;
	assert_int_equal(node->type, 'b');
	assert_true(node->has_number && node->has_mode && node->has_uid && !node->has_gid);
	assert_int_equal(node->major, 8);
	assert_int_equal(node->minor, 1);
	assert_int_equal(node->mode, 0640);
	assert_int_equal(node->uid, 5);
	assert_true(edits.bindings[1].is_recursive);
	assert_int_equal(edits.bindings[1].attributes, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
}

/* A file with a key that is not known cannot be used, which is said where a device is missing. */
static void test_unknown_keys(void **state)
{
	struct world *world = *state;
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };
	struct error err = ERROR_INIT;

	write_file(world->first, "a.json",
		   "{\"kind\":\"v/y\",\"devices\":[{\"name\":\"0\",\"edits\":{\"env\":[]}}]}");
	write_file(world->first, "bad.json",
		   "{\"cdiVersion\":\"2.0.0\",\"kind\":\"v/z\",\"devices\":[]}");
	cleanup(cdi_specs_free) struct cdi_specs *specs = read_specs(world);
	assert_int_equal(cdi_find(specs, "v/y=0", &edits, &err), 0);
	assert_non_null(strstr(err.text, "'edits' of a device is not supported yet"));
	assert_non_null(strstr(err.text, "version 2.0.0 of CDI is not supported yet"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_and_later_dirs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_understood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_keys, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
