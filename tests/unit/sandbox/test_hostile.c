/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images and steps that try to reach what lies outside. A canary stands on the host beside the
 * root: whatever happens, it must be as it was.
 */
#include "world.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

struct canary {
	char dir[96];
	char file[128];
	struct stat dir_stat, file_stat;
};

static void make_canary(struct world *world, struct canary *canary)
{
	(void)mkdirat(world->dir_fd, "canary", 0755);
	(void)snprintf(canary->dir, sizeof(canary->dir), "%s/canary", world->dir);
	(void)snprintf(canary->file, sizeof(canary->file), "%s/canary/file", world->dir);
	write_file(AT_FDCWD, canary->file, "sings\n", 0644);
	check(stat(canary->dir, &canary->dir_stat));
	check(stat(canary->file, &canary->file_stat));
}

static void expect_canary(const struct canary *canary)
{
	struct stat dir, file;
	unsigned n = 0;

	check(stat(canary->dir, &dir));
	check(stat(canary->file, &file));
	assert_int_equal(dir.st_mtim.tv_nsec, canary->dir_stat.st_mtim.tv_nsec);
	assert_int_equal(file.st_mtim.tv_nsec, canary->file_stat.st_mtim.tv_nsec);
	assert_int_equal(file.st_ctim.tv_nsec, canary->file_stat.st_ctim.tv_nsec);
	assert_string_equal(read_file_at(AT_FDCWD, canary->file), "sings\n");
	DIR *entries = opendir(canary->dir);
	assert_non_null(entries);
	while (readdir(entries) != NULL)
		n++;
	check(closedir(entries));
	assert_int_equal(n, 3);
}

/* Puts something else in the place of a directory of the base. */
static void replace(const struct step *step, const char *name, const char *link, mode_t mode,
		    dev_t device)
{
	if (link)
		check(symlinkat(link, step->extra_fd, name));
	else
		check(mknodat(step->extra_fd, name, mode, device));
}

/* S-01 */
static void standard_directories_must_be_real(void **state)
{
	static const char *const names[] = { "dev", "proc", "sys" };
	static const struct {
		const char *link;
		mode_t mode;
	} kinds[] = { { "CANARY", 0 },		{ "tmp", 0 },
		      { "../../..", 0 },	{ "/proc/self/root", 0 },
		      { NULL, S_IFREG | 0644 }, { NULL, S_IFIFO | 0644 } };

	for (size_t i = 0; i < countof(names); i++)
		for (size_t j = 0; j < countof(kinds); j++) {
			struct step step;
			struct canary canary;
			char expected[64];
			step_begin(state, &step);
			make_canary(step.world, &canary);
			const char *link = kinds[j].link;
			if (link && strcmp(link, "CANARY") == 0)
				link = canary.dir;
			replace(&step, names[i], link, kinds[j].mode, 0);
			(void)snprintf(expected, sizeof(expected),
				       "'/%s' of the image is not a directory", names[i]);
			assert_string_equal(expect_error(&step), expected);
			expect_canary(&canary);
			step_end(&step);
		}
}

/* Symlinks to host paths lead to the same path in the root, which is made and taken away. */
static void etc_files_that_point_outside(void **state)
{
	static const char *const names[] = { "etc/hosts", "etc/resolv.conf" };

	for (size_t i = 0; i < countof(names); i++) {
		struct step step;
		struct canary canary;
		step_begin(state, &step);
		make_canary(step.world, &canary);
		check(mkdirat(step.extra_fd, "etc", 0755));
		char up[256];
		(void)snprintf(up, sizeof(up), "../../../../..%s", canary.file);
		check(symlinkat(i ? up : canary.file, step.extra_fd, names[i]));
		char script[256];
		(void)snprintf(script, sizeof(script), "cat %s", canary.file);
		const char *out = step_run(&step, script);
		assert_string_equal(out, i ? "nameserver 192.0.2.1\n" : "127.0.0.1 localhost\n");
		expect_canary(&canary);
		struct stat st;
		assert_int_equal(fstatat(step.spec.root_mount_fd, canary.dir + 1, &st, 0), -1);
		step_end(&step);
	}
}

static void an_etc_that_points_outside(void **state)
{
	struct step step;
	struct canary canary;

	step_begin(state, &step);
	make_canary(step.world, &canary);
	check(symlinkat(canary.dir, step.extra_fd, "etc"));
	step.spec.user = "0:0";
	assert_string_equal(step_run(&step, "cat /etc/hosts"), "127.0.0.1 localhost\n");
	expect_canary(&canary);
	step_end(&step);
}

/* P-06: magic links of procfs lead out of any root: never followed. */
static void magic_links_are_refused(void **state)
{
	static const char *const links[] = { "/proc/self/root/tmp", "/proc/1/cwd/x",
					     "/proc/self/fd/3/x" };

	for (size_t i = 0; i < countof(links); i++) {
		struct step step;
		step_begin(state, &step);
		check(mkdirat(step.extra_fd, "etc", 0755));
		check(symlinkat(links[i], step.extra_fd, "etc/hosts"));
		assert_non_null(strstr(expect_error(&step), "etc/hosts"));
		step_end(&step);
	}
}

/* P-06 */
static void working_directories_that_lead_out(void **state)
{
	int leaked[8];

	for (size_t i = 0; i < countof(leaked); i++) {
		leaked[i] = open("/", O_RDONLY | O_DIRECTORY);
		check(leaked[i]);
	}
	for (int fd = 3; fd < 24; fd++) {
		struct step step;
		char path[64];
		step_begin(state, &step);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		step.spec.working_dir = path;
		assert_non_null(strstr(expect_error(&step), "working directory"));
		step_end(&step);
	}
	static const char *const paths[] = { "/proc/self/cwd", "/proc/self/root",
					     "/proc/1/root",   "/proc/thread-self/cwd/etc",
					     "/link",	       "/loop" };
	for (size_t i = 0; i < countof(paths); i++) {
		struct step step;
		step_begin(state, &step);
		check(symlinkat("/proc/self/fd/4", step.extra_fd, "link"));
		check(symlinkat("loop", step.extra_fd, "loop"));
		step.spec.working_dir = paths[i];
		assert_non_null(strstr(expect_error(&step), "working directory"));
		step_end(&step);
	}
	for (size_t i = 0; i < countof(leaked); i++)
		check(close(leaked[i]));
}

/* P-06 */
static void a_working_directory_outside_is_made_inside(void **state)
{
	struct step step;
	struct canary canary;

	step_begin(state, &step);
	make_canary(step.world, &canary);
	char up[256];
	(void)snprintf(up, sizeof(up), "../../../..%s/made", canary.dir);
	check(symlinkat(up, step.extra_fd, "way"));
	step.spec.working_dir = "/way";
	char expected[256];
	(void)snprintf(expected, sizeof(expected), "%s/made\n", canary.dir);
	assert_string_equal(step_run(&step, "/bin/pwd -P; touch x"), expected);
	expect_canary(&canary);
	step_end(&step);
}

/* S-07 */
static void accounts_are_regular_files(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	check(mknodat(step.extra_fd, "etc/passwd", S_IFIFO | 0644, 0));
	assert_string_equal(expect_error(&step),
			    "'/etc/passwd' of the image is not a regular file");
	step_end(&step);

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	check(mknodat(step.extra_fd, "etc/passwd", S_IFCHR | 0644, makedev(1, 5)));
	assert_string_equal(expect_error(&step),
			    "'/etc/passwd' of the image is not a regular file");
	step_end(&step);

	/* the host's passwd is not reached */
	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	check(symlinkat("../../../../../etc/passwd", step.extra_fd, "etc/passwd-"));
	check(symlinkat("/etc/passwd-/../../usr/share/none", step.extra_fd, "etc/passwd"));
	step.spec.user = "daemon";
	(void)expect_error(&step);
	step_end(&step);

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	int fd = openat(step.extra_fd, "etc/passwd", O_WRONLY | O_CREAT, 0644);
	check(fd);
	check(ftruncate(fd, 11 << 20));
	check(close(fd));
	assert_non_null(strstr(expect_error(&step), "larger than 10485760 bytes"));
	step_end(&step);
}

/* CVE-2024-23652: the place of a mount is swapped for a symlink, to be removed by the clean-up. */
/* P-05 */
static void stubs_are_not_removed_through_symlinks(void **state)
{
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "t/a/b" },
	};
	struct step step;
	struct canary canary;
	struct stat st;

	step_begin(state, &step);
	make_canary(step.world, &canary);
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	char script[400];
	(void)snprintf(script, sizeof(script),
		       "mv /t /t2; mkdir -p %s/a/b; ln -s %s /t; touch /t2/mine", canary.dir,
		       canary.dir);
	(void)step_run(&step, script);
	expect_canary(&canary);
	/* what the step made stays, what was made for it goes, wherever it was moved to */
	check(fstatat(step.spec.root_mount_fd, "t", &st, AT_SYMLINK_NOFOLLOW));
	assert_true(S_ISLNK(st.st_mode));
	check(fstatat(step.spec.root_mount_fd, "t2/mine", &st, AT_SYMLINK_NOFOLLOW));
	assert_int_equal(fstatat(step.spec.root_mount_fd, "t2/a", &st, AT_SYMLINK_NOFOLLOW), -1);
	char inside[256];
	(void)snprintf(inside, sizeof(inside), "%.90s/a/b", canary.dir + 1);
	check(fstatat(step.spec.root_mount_fd, inside, &st, AT_SYMLINK_NOFOLLOW));
	step_end(&step);

	/* the directory itself, replaced by one of the step's own with a file in it */
	step_begin(state, &step);
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	(void)step_run(&step, "mv /t /old; mkdir -p /t/a/b; touch /t/a/b/kept");
	check(fstatat(step.spec.root_mount_fd, "t/a/b/kept", &st, AT_SYMLINK_NOFOLLOW));
	step_end(&step);
}

/* S-01 */
static void a_mount_target_that_points_outside(void **state)
{
	struct step step;
	struct canary canary;
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "way/in" },
	};

	step_begin(state, &step);
	make_canary(step.world, &canary);
	check(symlinkat(canary.dir, step.extra_fd, "way"));
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	assert_string_equal(step_run(&step, "touch /way/in/x; ls /way"), "in\n");
	expect_canary(&canary);
	step_end(&step);
}

/* S-02: devices of the image are not devices in the root; its /dev is not looked at at all. */
static void devices_of_the_image_are_ignored(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "dev", 0755));
	check(symlinkat("/proc/sys/kernel/core_pattern", step.extra_fd, "dev/null"));
	check(mkdirat(step.extra_fd, "dev/pts", 0755));
	check(mknodat(step.extra_fd, "node", S_IFCHR | 0666, makedev(1, 5)));
	assert_string_equal(step_run(&step, "stat -c '%F %t:%T' /dev/null; cat /proc/keys;"
					    "head -c1 /node 2>&1"
					    " | grep -o 'Permission denied'"),
			    "character special file 1:3\nPermission denied\n");
	step_end(&step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_directories_must_be_real),
		cmocka_unit_test(etc_files_that_point_outside),
		cmocka_unit_test(an_etc_that_points_outside),
		cmocka_unit_test(magic_links_are_refused),
		cmocka_unit_test(working_directories_that_lead_out),
		cmocka_unit_test(a_working_directory_outside_is_made_inside),
		cmocka_unit_test(accounts_are_regular_files),
		cmocka_unit_test(stubs_are_not_removed_through_symlinks),
		cmocka_unit_test(a_mount_target_that_points_outside),
		cmocka_unit_test(devices_of_the_image_are_ignored),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
