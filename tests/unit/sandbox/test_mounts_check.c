/* SPDX-License-Identifier: Apache-2.0 */
/* A wall of the mounts that is missing is noticed from inside, whatever said that it stands. */
#include "mounts_check.h"

#include "../cmocka_head.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char root_dir[] = "/tmp";

/* No type: what is there, once more; "null": /dev/null. */
struct mounted {
	const char *type, *path;
	unsigned long flags;
};

static const struct mounted good[] = {
	{ "tmpfs", "", MS_NODEV },
	{ "tmpfs", "dev", MS_NODEV },
	{ "proc", "proc", 0 },
	{ "sysfs", "sys", MS_RDONLY },
	{ NULL, "proc/sys", MS_RDONLY },
	{ "tmpfs", "proc/fs", MS_RDONLY },
	{ "null", "proc/timer_list", 0 },
	{ "tmpfs", "sys/firmware", MS_RDONLY },
	{ "tmpfs", "attached", MS_RDONLY },
};

static bool mount_one(const struct mounted *mounted)
{
	char path[64];
	const char *type = mounted->type;

	(void)snprintf(path, sizeof(path), "%s/%s", root_dir, mounted->path);
	/* in /proc and /sys there is nothing to be made */
	(void)mkdir(path, 0755);
	if (type && strcmp(type, "null") != 0)
		return mount("none", path, type, mounted->flags, NULL) == 0;
	if (mount(type ? "/dev/null" : path, path, NULL, MS_BIND, NULL) < 0)
		return false;
	return !mounted->flags ||
	       mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | mounted->flags, NULL) == 0;
}

static bool make_root(const struct mounted *instead, const char *left_out)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	for (size_t i = 0; i < countof(good); i++) {
		const struct mounted *mounted = &good[i];
		if (left_out && strcmp(mounted->path, left_out) == 0)
			continue;
		if (instead && strcmp(mounted->path, instead->path) == 0)
			mounted = instead;
		if (!mount_one(mounted))
			return false;
	}
	return chroot(root_dir) == 0 && chdir("/") == 0;
}

static void check(const struct mounted *instead, const char *left_out, struct error *err)
{
	struct mount_entry entries[] = {
		{ .op = MOUNT_READONLY, .root_path = "proc/sys" },
		{ .op = MOUNT_READONLY, .root_path = "proc/not/there" },
		{ .op = MOUNT_HIDE_DIR, .root_path = "proc/fs" },
		{ .op = MOUNT_HIDE_DIR, .root_path = "sys/firmware" },
		{ .op = MOUNT_HIDE_FILE, .root_path = "proc/timer_list" },
		{ .op = MOUNT_HIDE_FILE, .root_path = "proc/not-there" },
		{ .op = MOUNT_ATTACH, .root_path = "attached", .attributes = MOUNT_ATTR_RDONLY },
	};
	struct mount_list list = { .items = entries, .len = countof(entries) };

	if (!make_root(instead, left_out)) {
		(void)error_sys(err, "make a root");
		return;
	}
	entries[countof(entries) - 1].fd = open("/attached", O_PATH | O_CLOEXEC);
	if (mounts_check(&list, false, err) == 0 && mounts_check_sealed(err) < 0 &&
	    !strcmp(err->text, "not confined: '/' is not read-only"))
		*err = (struct error)ERROR_INIT; /* this root is not sealed */
}

/* In a child, which alone sees what is mounted. */
static struct error check_in_child(const struct mounted *instead, const char *left_out)
{
	struct error *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_true(shared != MAP_FAILED);
	*shared = (struct error)ERROR_INIT;
	pid_t pid = fork();
	if (pid == 0) {
		check(instead, left_out, shared);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	struct error err = *shared;
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
	return err;
}

static void needs_root(void)
{
	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, 21 /* SYS_ADMIN */, 0, 0, 0) != 1)
		lacks("CAP_SYS_ADMIN");
}

static void walls_that_stand_pass(void **state)
{
	(void)state;
	needs_root();
	struct error err = check_in_child(NULL, NULL);
	if (err.code != ERROR_NONE)
		fail_msg("%s", err.text);
}

/* S-08 */
static void each_wall_that_does_not_stand_is_named(void **state)
{
	static const struct {
		struct mounted instead;
		const char *left_out, *text;
	} cases[] = {
		{ { "tmpfs", "", 0 }, NULL, "'/' is not closed to devices" },
		{ { "tmpfs", "dev", 0 }, NULL, "'/dev' is not closed to devices" },
		{ { "sysfs", "sys", 0 }, NULL, "'/sys' is not read-only" },
		{ { "", "-", 0 }, "proc/sys", "'/proc/sys' is not read-only" },
		{ { NULL, "proc/sys", 0 }, NULL, "'/proc/sys' is not read-only" },
		{ { "", "-", 0 }, "proc/fs", "'/proc/fs' is not hidden" },
		{ { "tmpfs", "proc/fs", 0 }, NULL, "'/proc/fs' is not read-only" },
		{ { "", "-", 0 }, "sys/firmware", "'/sys/firmware' is not hidden" },
		{ { "", "-", 0 }, "proc/timer_list", "'/proc/timer_list' is not hidden" },
		{ { "tmpfs", "attached", 0 }, NULL, "'/attached' is not read-only" },
	};

	(void)state;
	needs_root();
	for (size_t i = 0; i < countof(cases); i++) {
		struct error err = check_in_child(&cases[i].instead, cases[i].left_out);
		assert_int_not_equal(err.code, ERROR_NONE);
		if (!strstr(err.text, cases[i].text) || !strstr(err.text, "not confined"))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walls_that_stand_pass),
		cmocka_unit_test(each_wall_that_does_not_stand_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
