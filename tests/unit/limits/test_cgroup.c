/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where control groups are, by the kernel's texts; and what is written to those of v2 and read from
 * them, with a directory of plain files in their place.
 */
#include "../cmocka_head.h"
#include "limits/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where they are -----------------------------------------------------------------------------
 */

static const char hybrid[] =
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup "
	"rw,cpu,cpuacct\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	"40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
static const char hybrid_own[] = "4:memory:/user/me\n3:cpu,cpuacct:/\n1:name=systemd:/x\n0::/u\n";

static const char container[] =
	"700 650 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	"701 650 0:31 /docker/other /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
	"702 650 0:40 / /mnt/with\\040blank ro - cgroup2 cgroup rw\n";
static const char container_own[] = "5:memory:/docker/abc/job\n4:pids:/docker/abc\n0::/\n";

static void expect_path(const char *mountinfo, const char *own, bool is_v2, const char *controller,
			const char *parent, const char *expected)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	int found = cgroup_find(mountinfo, own, is_v2, controller, parent, &path);

	assert_int_equal(found, expected != NULL);
	assert_string_equal(path.data, expected ? expected : "");
}

static void own_groups_are_found(void **state)
{
	(void)state;
	expect_path(hybrid, hybrid_own, false, "memory", NULL, "/sys/fs/cgroup/memory/user/me");
	expect_path(hybrid, hybrid_own, false, "cpu", NULL, "/sys/fs/cgroup/cpu,cpuacct");
	expect_path(hybrid, hybrid_own, false, "cpuacct", NULL, "/sys/fs/cgroup/cpu,cpuacct");
	expect_path(hybrid, hybrid_own, true, "", NULL, "/sys/fs/cgroup/unified/u");
	expect_path(hybrid, hybrid_own, false, "pids", NULL, NULL);
	/* not a controller, but a word in the line */
	expect_path(hybrid, hybrid_own, false, "xattr", NULL, NULL);
	expect_path(container, container_own, false, "memory", NULL, "/sys/fs/cgroup/memory/job");
	expect_path(container, container_own, true, "", NULL, "/mnt/with blank");
	/* mounted is another part of it */
	expect_path(container, container_own, false, "pids", NULL, NULL);
	expect_path("", "", true, "", NULL, NULL);
	expect_path("broken\n- -\n1 2 3 4 5 6 -\n", "::\n:\nx\n0::/\n", true, "", NULL, NULL);
}

static void a_parent_is_named_as_groups_or_files_are(void **state)
{
	(void)state;
	expect_path(hybrid, hybrid_own, false, "memory", "/ci", "/sys/fs/cgroup/memory/ci");
	expect_path(hybrid, hybrid_own, false, "memory", "ci", "/sys/fs/cgroup/memory/user/me/ci");
	expect_path(hybrid, hybrid_own, true, "", "/sys/fs/cgroup/unified/a",
		    "/sys/fs/cgroup/unified/a");
	/* a name that only begins like it */
	expect_path(hybrid, hybrid_own, false, "memory", "/sys/fs/cgroup/memory-more",
		    "/sys/fs/cgroup/memory/sys/fs/cgroup/memory-more");
	expect_path(container, container_own, false, "memory", "/docker/abc/x",
		    "/sys/fs/cgroup/memory/x");
	expect_path(container, container_own, false, "memory", "/docker/abcd", NULL);
}

/* --- a directory in the place of a group --------------------------------------------------------
 */

struct group {
	char dir[64];
	int fd;
};

static int group_open(void **state)
{
	struct group *group = calloc(1, sizeof(*group));

	(void)snprintf(group->dir, sizeof(group->dir), "cgroup.XXXXXX");
	assert_non_null(mkdtemp(group->dir));
	group->fd = open(group->dir, O_RDONLY | O_DIRECTORY);
	assert_true(group->fd >= 0);
	*state = group;
	return 0;
}

static int group_close(void **state)
{
	struct group *group = *state;
	char command[128];

	(void)close(group->fd);
	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", group->dir);
	assert_int_equal(system(command), 0);
	free(group);
	return 0;
}

static void put(const struct group *group, const char *name, const char *text)
{
	int fd = openat(group->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void expect_text(const struct group *group, const char *name, const char *expected)
{
	char text[256] = "";
	int fd = openat(group->fd, name, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	(void)close(fd);
	assert_string_equal(text, expected);
}

static void make_files(const struct group *group)
{
	static const char *const names[] = { "memory.max",  "memory.oom.group", "memory.swap.max",
					     "cpu.max",	    "cpu.weight",	"cpuset.cpus",
					     "cpuset.mems", "pids.max" };

	for (size_t i = 0; i < countof(names); i++)
		put(group, names[i], "max");
}

static const unsigned all = CGROUP_MEMORY | CGROUP_CPU | CGROUP_CPUSET | CGROUP_PIDS;

/* S-14 */
static void every_limit_goes_to_its_file(void **state)
{
	struct group *group = *state;
	struct error err = ERROR_INIT;
	char cpus[] = "0-2", mems[] = "0";
	struct limits limits = {
		.memory = 64 << 20,
		.memory_swap = 96 << 20,
		.cpu_quota = 150000,
		.cpu_period = 100000,
		.cpu_shares = 1024,
		.cpuset_cpus = cpus,
		.cpuset_mems = mems,
		.pids = 100,
	};

	make_files(group);
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), 0);
	expect_text(group, "memory.max", "67108864");
	expect_text(group, "memory.oom.group", "1");
	expect_text(group, "memory.swap.max", "33554432");
	expect_text(group, "cpu.max", "150000 100000");
	expect_text(group, "cpu.weight", "39");
	expect_text(group, "cpuset.cpus", "0-2");
	expect_text(group, "cpuset.mems", "0");
	expect_text(group, "pids.max", "100");
}

/* S-14 */
static void what_was_not_said_is_left_alone(void **state)
{
	struct group *group = *state;
	struct error err = ERROR_INIT;
	struct limits limits = { .cpu_period = 50000, .pids = LIMITS_UNLIMITED };

	make_files(group);
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), 0);
	expect_text(group, "memory.max", "max");
	expect_text(group, "memory.oom.group", "max");
	expect_text(group, "cpu.max", "max 50000");
	expect_text(group, "cpu.weight", "max");
	expect_text(group, "cpuset.cpus", "max");
	expect_text(group, "pids.max", "max");
	/* docker's default: as much swap as memory */
	limits = (struct limits){ .memory = 1 << 20 };
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), 0);
	expect_text(group, "memory.swap.max", "1048576");
	limits.memory_swap = LIMITS_UNLIMITED;
	put(group, "memory.swap.max", "max");
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), 0);
	expect_text(group, "memory.swap.max", "max");
	/* only of the controllers that the group has */
	put(group, "memory.max", "max");
	assert_int_equal(cgroup_v2_limit(group->fd, CGROUP_PIDS, &limits, &err), 0);
	expect_text(group, "memory.max", "max");
}

static void a_kernel_without_swap_is_no_error_until_swap_was_asked_for(void **state)
{
	struct group *group = *state;
	struct error err = ERROR_INIT;
	struct limits limits = { .memory = 1 << 20 };

	make_files(group);
	assert_int_equal(unlinkat(group->fd, "memory.swap.max", 0), 0);
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), 0);
	limits.memory_swap = 2 << 20;
	assert_int_equal(cgroup_v2_limit(group->fd, all, &limits, &err), -1);
	assert_non_null(strstr(err.text, "memory.swap.max"));
}

/* S-14 */
static void events_are_counted(void **state)
{
	struct group *group = *state;
	struct cgroup_events events = { 0 };

	cgroup_v2_read_events(group->fd, all, &events);
	assert_int_equal(events.oom_kills, 0);
	put(group, "memory.events", "low 0\nhigh 0\nmax 17\noom 2\noom_kill 3\noom_group_kill 1\n");
	put(group, "pids.events", "max 42\n");
	cgroup_v2_read_events(group->fd, all, &events);
	assert_int_equal(events.oom_kills, 3);
	assert_int_equal(events.refused_pids, 42);
	events = (struct cgroup_events){ 0 };
	cgroup_v2_read_events(group->fd, CGROUP_CPU, &events);
	assert_int_equal(events.oom_kills, 0);
	put(group, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
	cgroup_v1_read_events(group->fd, all, &events);
	assert_int_equal(events.oom_kills, 5);
}

/* S-14 */
static void controllers_are_enabled_where_the_group_has_them(void **state)
{
	struct group *group = *state;
	struct error err = ERROR_INIT;
	unsigned enabled = 0;

	put(group, "cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
	put(group, "cgroup.subtree_control", "cpu\n");
	assert_int_equal(cgroup_v2_enable(group->fd, CGROUP_MEMORY, &enabled, &err), 1);
	assert_int_equal(enabled, CGROUP_MEMORY);
	expect_text(group, "cgroup.subtree_control", "+memory");
	/* there already */
	put(group, "cgroup.subtree_control", "cpu memory\n");
	assert_int_equal(cgroup_v2_enable(group->fd, CGROUP_MEMORY | CGROUP_CPU, &enabled, &err),
			 1);
	assert_int_equal(enabled, 0);
	expect_text(group, "cgroup.subtree_control", "cpu memory\n");
	cgroup_v2_disable(group->fd, CGROUP_MEMORY);
	expect_text(group, "cgroup.subtree_control", "-memory");
	/* "memory" is no part of a longer word */
	put(group, "cgroup.controllers", "memoryx cpu\n");
	assert_int_equal(cgroup_v2_enable(group->fd, CGROUP_MEMORY, &enabled, &err), 0);
	put(group, "cgroup.controllers", "");
	assert_int_equal(cgroup_v2_enable(group->fd, CGROUP_PIDS, &enabled, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_groups_are_found),
		cmocka_unit_test(a_parent_is_named_as_groups_or_files_are),
		cmocka_unit_test_setup_teardown(every_limit_goes_to_its_file, group_open,
						group_close),
		cmocka_unit_test_setup_teardown(what_was_not_said_is_left_alone, group_open,
						group_close),
		cmocka_unit_test_setup_teardown(
			a_kernel_without_swap_is_no_error_until_swap_was_asked_for, group_open,
			group_close),
		cmocka_unit_test_setup_teardown(events_are_counted, group_open, group_close),
		cmocka_unit_test_setup_teardown(controllers_are_enabled_where_the_group_has_them,
						group_open, group_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
