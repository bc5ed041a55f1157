/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted over a root, and that nothing of it is left in the root afterwards. */
#include "world.h"

#include <sys/xattr.h>

/* A time that no run could give by chance. */
static const struct timespec old_times[2] = { { 1000000000, 5 }, { 1000000000, 7 } };

static void age(int dir_fd, const char *path)
{
	check(utimensat(dir_fd, path, old_times, AT_SYMLINK_NOFOLLOW));
}

/* A stub was made there: as in BuildKit that is seen where the step changes something besides. */
static void expect_new(const struct step *step, const char *path)
{
	struct stat st;

	check(fstatat(step->spec.root_mount_fd, path, &st, AT_SYMLINK_NOFOLLOW));
	if (st.st_mtim.tv_sec == old_times[1].tv_sec)
		fail_msg("'%s' has the time that it had", path);
}

static void expect_old(const struct step *step, const char *path)
{
	struct stat st;

	check(fstatat(step->spec.root_mount_fd, path, &st, AT_SYMLINK_NOFOLLOW));
	if (st.st_mtim.tv_sec != old_times[1].tv_sec || st.st_mtim.tv_nsec != old_times[1].tv_nsec)
		fail_msg("'%s' has another time: %ld", path, (long)st.st_mtim.tv_sec);
}

static bool is_there(int dir_fd, const char *path)
{
	struct stat st;

	return fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A detached copy of a directory or file of the test's, as a bind mount comes. */
static int detach(const struct step *step, const char *name)
{
	int fd = open_tree(step->world->dir_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	check(fd);
	return fd;
}

static void hosts_and_resolv_conf_are_there_and_go(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	age(step.extra_fd, "etc");
	age(step.upper_fd, ".");
	step_mount(&step);
	assert_string_equal(step_run(&step, "cat /etc/hosts /etc/resolv.conf; stat -c '%a %u:%g'"
					    " /etc/hosts; cat /etc/passwd | wc -l"),
			    "127.0.0.1 localhost\nnameserver 192.0.2.1\n644 0:0\n2\n");
	assert_false(is_there(step.spec.root_mount_fd, "etc/hosts"));
	assert_false(is_there(step.upper_fd, "etc/hosts"));
	assert_false(is_there(step.upper_fd, "etc/resolv.conf"));
	expect_new(&step, "etc");
	expect_old(&step, ".");
	step_end(&step);
}

static void files_that_were_there_stay(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	write_file(step.extra_fd, "etc/hosts", "the image's own\n", 0640);
	write_file(step.extra_fd, "etc/resolv.conf", "", 0644);
	assert_string_equal(step_run(&step, "cat /etc/hosts"), "127.0.0.1 localhost\n");
	assert_string_equal(read_file_at(step.spec.root_mount_fd, "etc/hosts"),
			    "the image's own\n");
	/* an empty one that was there is no stub either */
	assert_true(is_there(step.spec.root_mount_fd, "etc/resolv.conf"));
	assert_false(is_there(step.upper_fd, "etc"));
	step_end(&step);
}

/* As in every image of a distribution that runs systemd-resolved. */
static void a_dangling_resolv_conf_is_followed_in_the_root(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	check(symlinkat("../run/systemd/resolve/stub-resolv.conf", step.extra_fd,
			"etc/resolv.conf"));
	age(step.upper_fd, ".");
	assert_string_equal(step_run(&step, "cat /etc/resolv.conf; readlink /etc/resolv.conf"),
			    "nameserver 192.0.2.1\n../run/systemd/resolve/stub-resolv.conf\n");
	assert_false(is_there(step.spec.root_mount_fd, "run"));
	expect_new(&step, ".");
	step_end(&step);
}

static void a_root_without_anything_is_enough(void **state)
{
	static const char *const missing[] = { "dev", "proc", "sys", "etc" };
	struct step step;

	step_begin(state, &step);
	for (size_t i = 0; i < countof(missing); i++)
		check(mknodat(step.extra_fd, missing[i], S_IFCHR, 0)); /* a whiteout */
	age(step.upper_fd, ".");
	(void)step_run(&step, "test -c /dev/null && test -d /proc/1 && test -d /sys/kernel &&"
			      " cat /etc/hosts");
	/* as docker has it: the places of the step's own mounts stay, the others go */
	for (size_t i = 0; i < countof(missing); i++)
		assert_int_equal(is_there(step.spec.root_mount_fd, missing[i]),
				 strcmp(missing[i], "etc") != 0);
	expect_new(&step, ".");
	step_end(&step);
}

/* Times and files of the step's own are the step's own. */
static void what_the_step_does_beside_a_stub_stays(void **state)
{
	struct step step;
	struct stat st;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	age(step.extra_fd, "etc");
	(void)step_run(&step, "echo mine > /etc/mine");
	assert_string_equal(read_file_at(step.spec.root_mount_fd, "etc/mine"), "mine\n");
	check(fstatat(step.spec.root_mount_fd, "etc", &st, 0));
	assert_true(st.st_mtim.tv_sec > old_times[1].tv_sec);
	assert_false(is_there(step.spec.root_mount_fd, "etc/hosts"));
	step_end(&step);
}

static const struct sandbox_mount secret[] = {
	{ .kind = SANDBOX_MOUNT_FILE,
	  .root_path = "run/secrets/deep/key",
	  .target_is_file = true,
	  .is_readonly = true,
	  .data = "hunter2",
	  .len = 7,
	  .mode = 0400,
	  .uid = 1000 },
};

static void a_secret_leaves_no_trace(void **state)
{
	struct step step;

	step_begin(state, &step);
	step.spec.mounts = secret;
	step.spec.n_mounts = countof(secret);
	step.spec.user = "app";
	assert_string_equal(step_run(&step, "cat /run/secrets/deep/key; stat -c ' %a %u:%g'"
					    " /run/secrets/deep/key; echo x 2>/dev/null"
					    " >> /run/secrets/deep/key || echo read-only"),
			    "hunter2 400 1000:0\nread-only\n");
	assert_false(is_there(step.spec.root_mount_fd, "run"));
	step_end(&step);

	/* a directory that the step used stays, with what is in it and nothing else */
	step_begin(state, &step);
	step.spec.mounts = secret;
	step.spec.n_mounts = countof(secret);
	(void)step_run(&step, "touch /run/secrets/mine");
	assert_true(is_there(step.spec.root_mount_fd, "run/secrets/mine"));
	assert_false(is_there(step.spec.root_mount_fd, "run/secrets/deep"));
	step_end(&step);
}

static void directories_are_bound(void **state)
{
	struct step step;
	struct sandbox_mount mounts[3] = { 0 };

	step_begin(state, &step);
	int data_fd = world_make_dir(step.world, "data", step.number);
	char name[32];
	(void)snprintf(name, sizeof(name), "data%u", step.number);
	write_file(data_fd, "file", "content\n", 0644);
	check(mkdirat(data_fd, "sub", 0755));
	char file[48];
	(void)snprintf(file, sizeof(file), "data%u/file", step.number);
	mounts[0] = (struct sandbox_mount){ .kind = SANDBOX_MOUNT_FD,
					    .root_path = "mnt/ro",
					    .fd = detach(&step, name),
					    .is_readonly = true };
	mounts[1] = (struct sandbox_mount){ .kind = SANDBOX_MOUNT_FD,
					    .root_path = "mnt/rw",
					    .fd = detach(&step, name) };
	mounts[2] = (struct sandbox_mount){ .kind = SANDBOX_MOUNT_FD,
					    .root_path = "mnt/single",
					    .fd = detach(&step, file),
					    .target_is_file = true };
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	assert_string_equal(step_run(&step, "cat /mnt/ro/file /mnt/single;"
					    "touch /mnt/ro/x 2>/dev/null || echo read-only;"
					    "echo new > /mnt/rw/new; mknod /mnt/rw/dev c 1 5;"
					    "head -c1 /mnt/rw/dev 2>/dev/null || echo nodev"),
			    "content\ncontent\nread-only\nnodev\n");
	assert_string_equal(read_file_at(data_fd, "new"), "new\n");
	assert_false(is_there(step.spec.root_mount_fd, "mnt"));
	for (size_t i = 0; i < countof(mounts); i++)
		check(close(mounts[i].fd));
	check(close(data_fd));
	step_end(&step);
}

/* A place inside another mount is made there and stays there: it is not in the root. */
static void mounts_nest(void **state)
{
	struct step step;
	struct sandbox_mount mounts[2] = { 0 };

	step_begin(state, &step);
	int data_fd = world_make_dir(step.world, "data", step.number);
	char name[32];
	(void)snprintf(name, sizeof(name), "data%u", step.number);
	mounts[0] = (struct sandbox_mount){ .kind = SANDBOX_MOUNT_FD,
					    .root_path = "cache",
					    .fd = detach(&step, name) };
	mounts[1] = (struct sandbox_mount){ .kind = SANDBOX_MOUNT_TMPFS,
					    .root_path = "cache/in/side",
					    .mode = 0750,
					    .uid = 5,
					    .gid = 6,
					    .size = 1 << 20 };
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	step.spec.working_dir = "/cache/work";
	assert_string_equal(step_run(&step, "pwd; stat -c '%a %u:%g' /cache/in/side;"
					    "dd if=/dev/zero of=/cache/in/side/f bs=1M count=2 2>&1"
					    " | grep -o 'No space left'; touch here"),
			    "/cache/work\n750 5:6\nNo space left\n");
	assert_true(is_there(data_fd, "in/side"));
	assert_true(is_there(data_fd, "work/here"));
	assert_false(is_there(step.spec.root_mount_fd, "cache"));
	check(close(mounts[0].fd));
	check(close(data_fd));
	step_end(&step);
}

static void a_target_through_a_symlink_is_followed(void **state)
{
	struct step step;
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_FILE,
		  .root_path = "link/way/file",
		  .target_is_file = true,
		  .data = "x",
		  .len = 1,
		  .mode = 0644 },
	};

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "real", 0755));
	check(symlinkat("../../real/./deep/..", step.extra_fd, "link"));
	age(step.extra_fd, "real");
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	assert_string_equal(step_run(&step, "cat /real/way/file; ls /real"), "xdeep\nway\n");
	assert_false(is_there(step.spec.root_mount_fd, "real/way"));
	assert_false(is_there(step.spec.root_mount_fd, "real/deep"));
	expect_new(&step, "real");
	step_end(&step);
}

/* A heredoc that begins with "#!" is such a file. */
static void files_with_execute_bits_execute(void **state)
{
	struct step step;
	static const char script[] = "#!/bin/sh\necho ran $0\n";
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_FILE,
		  .root_path = "dev/pipes/EOF",
		  .target_is_file = true,
		  .is_readonly = true,
		  .data = script,
		  .len = sizeof(script) - 1,
		  .mode = 0755 },
		{ .kind = SANDBOX_MOUNT_FILE,
		  .root_path = "dev/pipes/plain",
		  .target_is_file = true,
		  .data = script,
		  .len = sizeof(script) - 1,
		  .mode = 0644 },
	};

	step_begin(state, &step);
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	assert_string_equal(step_run(&step, "/dev/pipes/EOF; chmod +x /dev/pipes/plain;"
					    "/dev/pipes/plain 2>/dev/null || echo noexec"),
			    "ran /dev/pipes/EOF\nnoexec\n");
	step_end(&step);
}

static void the_upper_is_clean_after_a_run_that_changes_nothing(void **state)
{
	struct step step;

	step_begin(state, &step);
	check(mkdirat(step.extra_fd, "etc", 0755));
	write_file(step.extra_fd, "etc/hosts", "", 0644);
	write_file(step.extra_fd, "etc/resolv.conf", "", 0644);
	(void)step_run(&step, "true");
	DIR *dir = fdopendir(dup(step.upper_fd));
	unsigned n = 0;
	while (readdir(dir) != NULL)
		n++;
	assert_int_equal(n, 2);
	check(closedir(dir));
	step_end(&step);
}

static void the_root_can_be_frozen_afterwards(void **state)
{
	struct step step;

	step_begin(state, &step);
	(void)step_run(&step, "echo x > /x; sleep 60 > /y &");
	int context_fd = fspick(step.spec.root_mount_fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	check(context_fd);
	check(fsconfig(context_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	check(fsconfig(context_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	check(close(context_fd));
	assert_int_equal(mkdirat(step.spec.root_mount_fd, "late", 0755), -1);
	assert_int_equal(errno, EROFS);
	step_end(&step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_resolv_conf_are_there_and_go),
		cmocka_unit_test(files_that_were_there_stay),
		cmocka_unit_test(a_dangling_resolv_conf_is_followed_in_the_root),
		cmocka_unit_test(a_root_without_anything_is_enough),
		cmocka_unit_test(what_the_step_does_beside_a_stub_stays),
		cmocka_unit_test(a_secret_leaves_no_trace),
		cmocka_unit_test(directories_are_bound),
		cmocka_unit_test(mounts_nest),
		cmocka_unit_test(a_target_through_a_symlink_is_followed),
		cmocka_unit_test(files_with_execute_bits_execute),
		cmocka_unit_test(the_upper_is_clean_after_a_run_that_changes_nothing),
		cmocka_unit_test(the_root_can_be_frozen_afterwards),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
