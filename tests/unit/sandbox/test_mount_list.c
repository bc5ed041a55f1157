/* SPDX-License-Identifier: Apache-2.0 */
#include "mount_list.h"

#include "../cmocka_head.h"
#include "base/vec.h"

#include <string.h>
#include <sys/mount.h>

static const struct sandbox_spec confined = {
	.security = SANDBOX_CONFINED,
	.network = SANDBOX_NETWORK_HOST,
	.hosts = "h",
	.resolv_conf = "r",
};

static const struct mount_entry *find(const struct mount_list *list, const char *root_path)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->items[i].root_path, root_path) == 0)
			return &list->items[i];
	return NULL;
}

/* The same where it must be there. */
static const struct mount_entry *get(const struct mount_list *list, const char *root_path)
{
	static const struct mount_entry none = { 0 };
	const struct mount_entry *entry = find(list, root_path);

	assert_non_null(entry);
	return entry ? entry : &none;
}

/* Everything that a confined step can write to must be nodev: it may make device nodes. */
static void nothing_writable_takes_devices(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_FD, .root_path = "cache", .fd = 3 },
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "scratch" },
	};
	struct sandbox_spec spec = confined;
	struct mount_facts facts = { .has_cgroup2 = true, .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT;
	unsigned n_writable = 0;

	(void)state;
	spec.mounts = mounts;
	spec.n_mounts = countof(mounts);
	mount_list_make(&spec, &facts, &list);
	for (size_t i = 0; i < list.len; i++) {
		const struct mount_entry *entry = &list.items[i];
		bool is_new = entry->op == MOUNT_NEW && !(entry->flags & MS_RDONLY) &&
			      strcmp(entry->source, "devpts") != 0;
		if (is_new)
			assert_true(entry->flags & MS_NODEV);
		if (entry->op == MOUNT_ATTACH || entry->op == MOUNT_FILE ||
		    entry->op == MOUNT_SCRATCH)
			assert_true(entry->attributes & MOUNT_ATTR_NODEV);
		n_writable += is_new || entry->op == MOUNT_ATTACH || entry->op == MOUNT_SCRATCH;
	}
	assert_int_equal(n_writable, 6); /* proc dev shm mqueue scratch cache */
}

static void has_the_standard_mounts_in_order(void **state)
{
	static const char *const expected[] = { "proc",		"dev",	     "dev/null",
						"dev/pts",	"dev/shm",   "dev/mqueue",
						"sys",		"proc/sys",  "proc/kcore",
						"sys/firmware", "etc/hosts", "etc/resolv.conf" };
	struct mount_facts facts = { .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT;
	const struct mount_entry *last = NULL;

	(void)state;
	strv_add(&facts.hidden_files, "proc/kcore");
	strv_add(&facts.hidden_dirs, "sys/firmware");
	mount_list_make(&confined, &facts, &list);
	for (size_t i = 0; i < countof(expected); i++) {
		const struct mount_entry *entry = get(&list, expected[i]);
		assert_true(!last || last < entry);
		last = entry;
	}
	assert_null(find(&list, "sys/fs/cgroup"));
	assert_null(find(&list, "run"));
	assert_null(find(&list, "tmp"));
	assert_int_equal(get(&list, "proc/sys")->op, MOUNT_READONLY);
	assert_int_equal(get(&list, "proc/kcore")->op, MOUNT_HIDE_FILE);
	assert_int_equal(get(&list, "sys/firmware")->op, MOUNT_HIDE_DIR);
	assert_true(get(&list, "sys")->flags & MS_RDONLY);
	assert_true(get(&list, "etc/hosts")->attributes & MOUNT_ATTR_RDONLY);
	assert_string_equal(get(&list, "dev/shm")->options, "mode=1777,size=67108864");
	strv_release(&facts.hidden_files);
	strv_release(&facts.hidden_dirs);
}

static void insecure_hides_nothing(void **state)
{
	struct sandbox_spec spec = confined;
	struct mount_facts facts = { .has_cgroup2 = true, .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT;

	(void)state;
	spec.security = SANDBOX_INSECURE;
	mount_list_make(&spec, &facts, &list);
	for (size_t i = 0; i < list.len; i++) {
		assert_int_not_equal(list.items[i].op, MOUNT_HIDE_FILE);
		assert_int_not_equal(list.items[i].op, MOUNT_HIDE_DIR);
		assert_int_not_equal(list.items[i].op, MOUNT_READONLY);
	}
	assert_false(get(&list, "sys")->flags & MS_RDONLY);
	assert_false(get(&list, "sys/fs/cgroup")->flags & MS_RDONLY);
	assert_false(get(&list, "dev")->attributes & MOUNT_ATTR_NODEV);
	assert_non_null(find(&list, "dev/loop-control"));
}

static void a_mount_at_the_place_of_hosts_wins(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_FD, .root_path = "etc", .fd = 3 },
		{ .kind = SANDBOX_MOUNT_FILE, .root_path = "etc/hosts", .data = "x", .len = 1 },
	};
	struct sandbox_spec spec = confined;
	struct mount_facts facts = { .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT;
	unsigned n_hosts = 0;

	(void)state;
	spec.mounts = mounts;
	spec.n_mounts = countof(mounts);
	mount_list_make(&spec, &facts, &list);
	for (size_t i = 0; i < list.len; i++)
		n_hosts += strcmp(list.items[i].root_path, "etc/hosts") == 0;
	assert_int_equal(n_hosts, 1);
	assert_ptr_equal(get(&list, "etc/hosts")->data, mounts[1].data);
	/* over the directory, not under it */
	assert_true(find(&list, "etc/resolv.conf") > find(&list, "etc"));
}

static void a_tmpfs_of_the_steps_own_is_dev(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "dev", .size = 4096 },
	};
	struct sandbox_spec spec = confined;
	struct mount_facts facts = { .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT,
						      other = MOUNT_LIST_INIT;
	unsigned n_dev = 0;

	(void)state;
	spec.mounts = mounts;
	spec.n_mounts = countof(mounts);
	mount_list_make(&spec, &facts, &list);
	for (size_t i = 0; i < list.len; i++)
		n_dev += strcmp(list.items[i].root_path, "dev") == 0;
	assert_int_equal(n_dev, 1);
	assert_int_equal(get(&list, "dev")->op, MOUNT_NEW);
	assert_true(get(&list, "dev")->must_be_dir);
	assert_true(get(&list, "dev")->flags & MS_NODEV);
	assert_non_null(strstr(get(&list, "dev")->options, "size=4096"));
	assert_true(find(&list, "dev/null") > find(&list, "dev"));
	spec.security = SANDBOX_INSECURE;
	mount_list_make(&spec, &facts, &other);
	assert_false(get(&other, "dev")->flags & MS_NODEV);
}

static void dumps_the_list(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_TMPFS,
		  .root_path = "t",
		  .size = 4096,
		  .mode = 0700,
		  .uid = 7 },
	};
	struct sandbox_spec spec = confined;
	struct mount_facts facts = { .hidden_files = STRV_INIT };
	cleanup(mount_list_release) struct mount_list list = MOUNT_LIST_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	strv_add(&facts.hidden_dirs, "sys/devices/system/cpu/cpu0/thermal_throttle");
	spec.mounts = mounts;
	spec.n_mounts = countof(mounts);
	mount_list_make(&spec, &facts, &list);
	json_t *value = mount_list_dump(&list);
	value_write(value, 0, &text);
	json_decref(value);
	strv_release(&facts.hidden_dirs);
	assert_non_null(strstr(text.data, "{\"op\":\"new\",\"path\":\"proc\",\"source\":\"proc\","
					  "\"flags\":14}"));
	assert_non_null(strstr(text.data, "{\"op\":\"device\",\"path\":\"dev/null\",\"mode\":8630,"
					  "\"major\":1,\"minor\":3}"));
	assert_non_null(strstr(text.data,
			       "{\"op\":\"hide-dir\",\"path\":\"sys/devices/system/cpu/cpu0/"
			       "thermal_throttle\"}"));
	assert_non_null(strstr(text.data, "{\"op\":\"new\",\"path\":\"t\",\"source\":\"tmpfs\","
					  "\"options\":\"mode=700,uid=7,gid=0,size=4096\","
					  "\"flags\":6}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_writable_takes_devices),
		cmocka_unit_test(has_the_standard_mounts_in_order),
		cmocka_unit_test(insecure_hides_nothing),
		cmocka_unit_test(a_mount_at_the_place_of_hosts_wins),
		cmocka_unit_test(a_tmpfs_of_the_steps_own_is_dev),
		cmocka_unit_test(dumps_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
