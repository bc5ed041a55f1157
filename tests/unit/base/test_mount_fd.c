/* SPDX-License-Identifier: Apache-2.0 */
/* One contract, run twice: with the calls that take descriptors, and where a filter refuses them.
 */
#include "../cmocka_head.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/macros.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char path[64];
	int dir_fd;   /* holds tree/ with a file, and target/ */
	int place_fd; /* where mounts may stand */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	(void)snprintf(fixture->path, sizeof(fixture->path), "/var/tmp/cbuild-mount.XXXXXX");
	if (!mkdtemp(fixture->path))
		return -1;
	fixture->dir_fd = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(fixture->dir_fd, "tree", 0755) < 0 ||
	    mkdirat(fixture->dir_fd, "tree/a part", 0755) < 0 ||
	    mkdirat(fixture->dir_fd, "target", 0755) < 0 ||
	    mkdirat(fixture->dir_fd, "place", 0700) < 0 ||
	    mknodat(fixture->dir_fd, "tree/file", S_IFREG | 0644, 0) < 0 ||
	    symlinkat("target", fixture->dir_fd, "link") < 0)
		return -1;
	fixture->place_fd = openat(fixture->dir_fd, "place", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = fixture;
	return fixture->place_fd < 0 ? -1 : 0;
}

/* Whatever is still mounted there goes first: nothing of it may be removed. */
static int tear_down(void **state)
{
	/* a stack of them from above */
	static const char *const mounted[] = { "target", "tree/a part", "tree/a part",
					       "tree/file" };
	struct fixture *fixture = *state;
	struct error err = ERROR_INIT;
	char path[128];

	for (size_t i = 0; i < countof(mounted); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fixture->path, mounted[i]);
		(void)umount2(path, MNT_DETACH);
	}
	(void)close(fixture->dir_fd);
	(void)close(fixture->place_fd);
	autoclose int parent_fd = open("/var/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = fs_remove_tree(parent_fd, strrchr(fixture->path, '/') + 1, &err);
	free(fixture);
	return result;
}

static int place(const struct fixture *fixture)
{
	return mount_fd_place(fixture->place_fd);
}

static bool is_there(const struct fixture *fixture, const char *path)
{
	return faccessat(fixture->dir_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* 0, or the errno of making a file there. */
static int refusal_to_write(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static unsigned long options_of(const struct fixture *fixture, const char *path)
{
	autoclose int fd = openat(fixture->dir_fd, path, O_PATH | O_CLOEXEC);
	struct statvfs fs;

	assert_int_equal(fstatvfs(fd, &fs), 0);
	return fs.f_flag;
}

static void assert_place_is_empty(const struct fixture *fixture)
{
	assert_int_equal(unlinkat(fixture->dir_fd, "place", AT_REMOVEDIR), 0);
	assert_int_equal(mkdirat(fixture->dir_fd, "place", 0700), 0);
}

static void a_clone_is_restricted_and_attached_by_itself(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", 0, place(fixture));

	assert_true(fd >= 0);
	assert_int_equal(mount_fd_restrict(fd, MOUNT_ATTR_RDONLY, 0), 0);
	assert_false(is_there(fixture, "target/file"));
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	assert_true(is_there(fixture, "target/file"));
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/new"), EROFS);
	assert_int_equal(refusal_to_write(fd, "new"), EROFS);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "tree/new"), 0);
}

static void what_is_open_is_cloned_onto_what_is_open(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int source_fd = openat(fixture->dir_fd, "tree/file", O_PATH | O_CLOEXEC);
	autoclose int target_fd = -1;

	assert_int_equal(mknodat(fixture->dir_fd, "target/other", S_IFREG | 0600, 0), 0);
	target_fd = openat(fixture->dir_fd, "target/other", O_PATH | O_CLOEXEC);
	/* what stands under the name by now does not count */
	assert_int_equal(renameat(fixture->dir_fd, "tree/file", fixture->dir_fd, "tree/moved"), 0);
	autoclose int fd = mount_fd_clone(source_fd, "", AT_EMPTY_PATH, place(fixture));
	assert_true(fd >= 0);
	assert_int_equal(mount_fd_attach(fd, target_fd, ""), 0);
	struct stat moved, mounted;
	assert_int_equal(fstatat(fixture->dir_fd, "tree/moved", &moved, 0), 0);
	assert_int_equal(fstatat(fixture->dir_fd, "target/other", &mounted, 0), 0);
	assert_int_equal(moved.st_ino, mounted.st_ino);
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/target/other", fixture->path);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

static void a_new_file_system_has_its_options(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int fd = mount_fd_new("tmpfs", "size=1m,nr_inodes=4",
					MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, place(fixture));

	assert_true(fd >= 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	unsigned long options = options_of(fixture, "target");
	assert_true(options & ST_NOSUID && options & ST_NOEXEC);
	assert_false(options & (ST_RDONLY | ST_NODEV));
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/1"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/2"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/3"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/4"), ENOSPC);
	assert_int_equal(mount_fd_new("nosuchfs", NULL, 0, place(fixture)), -1);
	assert_int_equal(errno, ENODEV);
}

static void what_was_set_before_stays(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", 0, place(fixture));

	assert_int_equal(
		mount_fd_restrict(fd, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME), 0);
	assert_int_equal(mount_fd_restrict(fd, MOUNT_ATTR_NOSUID, 0), 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	unsigned long options = options_of(fixture, "target");
	assert_true(options & ST_NODEV && options & ST_NOSUID && options & ST_NOATIME);
	assert_int_equal(mount_fd_restrict_one(fd, MOUNT_ATTR_STRICTATIME,
					       MOUNT_ATTR__ATIME | MOUNT_ATTR_NODEV),
			 0);
	options = options_of(fixture, "target");
	assert_true(options & ST_NOSUID);
	assert_false(options & (ST_NODEV | ST_NOATIME | ST_RELATIME));
}

static void what_is_mounted_below_goes_along_and_is_restricted(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int below = mount_fd_new("tmpfs", NULL, MOUNT_ATTR_NOEXEC, place(fixture));

	assert_int_equal(mount_fd_attach(below, fixture->dir_fd, "tree/a part"), 0);
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", AT_RECURSIVE, place(fixture));
	assert_true(fd >= 0);
	assert_int_equal(mount_fd_restrict(fd, MOUNT_ATTR_RDONLY, 0), 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/a part/new"), EROFS);
	assert_true(options_of(fixture, "target/a part") & ST_NOEXEC);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "tree/a part/new"), 0);
}

static int mount_over(const struct fixture *fixture, const char *path)
{
	autoclose int fd = mount_fd_new("tmpfs", NULL, 0, fixture->place_fd);

	return fd < 0 ? -1 : mount_fd_attach(fd, fixture->dir_fd, path);
}

/* What is covered by another mount can be found by nobody, so nobody need restrict it. */
static void mounts_that_lie_over_others_are_restricted(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(mount_over(fixture, "tree/a part"), 0);
	assert_int_equal(mkdirat(fixture->dir_fd, "tree/a part/1", 0755), 0);
	assert_int_equal(mkdirat(fixture->dir_fd, "tree/a part/2", 0755), 0);
	assert_int_equal(mount_over(fixture, "tree/a part/1"), 0);
	assert_int_equal(mount_over(fixture, "tree/a part/2"), 0);
	assert_int_equal(mount_over(fixture, "tree/a part"), 0);
	assert_int_equal(mkdirat(fixture->dir_fd, "tree/a part/2", 0755), 0);
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", AT_RECURSIVE, fixture->place_fd);
	assert_int_equal(mount_fd_restrict(fd, MOUNT_ATTR_RDONLY, 0), 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/a part/new"), EROFS);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/a part/2/new"), EROFS);
}

/* As before Linux 5.14, where fdinfo belongs to the machine's root. */
static void nothing_is_asked_of_fdinfo(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(mount_over(fixture, "tree/a part"), 0);
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", AT_RECURSIVE, fixture->place_fd);
	assert_int_equal(mount("tmpfs", "/proc/self/fdinfo", "tmpfs", 0, NULL), 0);
	int restricted = mount_fd_restrict(fd, MOUNT_ATTR_RDONLY, 0);
	assert_int_equal(umount2("/proc/self/fdinfo", MNT_DETACH), 0);
	assert_int_equal(restricted, 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "target"), 0);
	assert_int_equal(refusal_to_write(fixture->dir_fd, "target/a part/new"), EROFS);
}

static int restrict_without_proc(const struct fixture *fixture)
{
	autoclose int fd = mount_fd_clone(fixture->dir_fd, "tree", 0, fixture->place_fd);

	if (fd < 0 || mount_fd_attach(fd, fixture->dir_fd, "target") < 0 ||
	    mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0 ||
	    mount_fd_restrict_one(fd, MOUNT_ATTR_RDONLY, 0) < 0)
		return errno;
	return refusal_to_write(fixture->dir_fd, "target/new") == EROFS ? 0 : 1;
}

static void what_is_attached_is_restricted_without_proc(void **state)
{
	const struct fixture *fixture = *state;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (mount_fd_enter_namespace() < 0 ||
		    mount_fd_follow(fixture->dir_fd, O_RDONLY | O_DIRECTORY) < 0 ||
		    mount_fd_follow(fixture->place_fd, O_RDONLY | O_DIRECTORY) < 0)
			_exit(2);
		_exit(restrict_without_proc(fixture));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void no_symlink_ends_a_target(void **state)
{
	const struct fixture *fixture = *state;
	int fd = mount_fd_clone(fixture->dir_fd, "tree", 0, place(fixture));

	assert_true(fd >= 0);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "link"), -1);
	assert_int_equal(mount_fd_attach(fd, fixture->dir_fd, "missing"), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(is_there(fixture, "target/file"));
	mount_fd_close(fd);
	assert_int_equal(mount_fd_clone(fixture->dir_fd, "missing", 0, place(fixture)), -1);
	assert_int_equal(errno, ENOENT);
	assert_place_is_empty(fixture);
}

static void what_is_given_up_leaves_nothing(void **state)
{
	const struct fixture *fixture = *state;

	mount_fd_close(mount_fd_clone(fixture->dir_fd, "tree", 0, place(fixture)));
	mount_fd_close(mount_fd_clone(fixture->dir_fd, "tree/file", 0, place(fixture)));
	mount_fd_close(mount_fd_new("tmpfs", NULL, 0, place(fixture)));
	mount_fd_close(-1);
	/* what is no mount is only closed */
	mount_fd_close(openat(fixture->dir_fd, "tree", O_PATH | O_CLOEXEC));
	assert_true(is_there(fixture, "tree/file"));
	assert_place_is_empty(fixture);
}

static int attach_elsewhere(const struct fixture *fixture, int fd)
{
	if (mount_fd_enter_namespace() < 0 ||
	    (place(fixture) >= 0 && mount_fd_follow(fd, O_PATH) < 0) ||
	    mount_fd_follow(fixture->dir_fd, O_RDONLY | O_DIRECTORY) < 0 ||
	    mount_fd_attach(fd, fixture->dir_fd, "target") < 0)
		return errno;
	return is_there(fixture, "target/file") ? 0 : 1;
}

static void a_mount_is_found_again_in_a_new_namespace(void **state)
{
	const struct fixture *fixture = *state;
	int fd = mount_fd_clone(fixture->dir_fd, "tree", 0, place(fixture)), status = -1;

	pid_t pid = fork();
	if (pid == 0)
		_exit(attach_elsewhere(fixture, fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(is_there(fixture, "target/file"));
	mount_fd_close(fd);
	assert_place_is_empty(fixture);
}

static void what_was_replaced_is_not_followed(void **state)
{
	const struct fixture *fixture = *state;
	autoclose int fd = openat(fixture->dir_fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(mount_fd_follow(fd, O_RDONLY | O_DIRECTORY), 0);
	assert_int_equal(
		renameat2(fixture->dir_fd, "tree", fixture->dir_fd, "target", RENAME_EXCHANGE), 0);
	assert_int_equal(mount_fd_follow(fd, O_RDONLY | O_DIRECTORY), 0);
	autoclose int over = mount_fd_new("tmpfs", NULL, 0, place(fixture));
	assert_int_equal(mount_fd_attach(over, fixture->dir_fd, "target"), 0);
	assert_int_equal(mount_fd_follow(fd, O_RDONLY | O_DIRECTORY), -1);
	assert_int_equal(errno, ESTALE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest contract[] = {
	TEST(a_clone_is_restricted_and_attached_by_itself),
	TEST(what_is_open_is_cloned_onto_what_is_open),
	TEST(a_new_file_system_has_its_options),
	TEST(what_was_set_before_stays),
	TEST(what_is_mounted_below_goes_along_and_is_restricted),
	TEST(mounts_that_lie_over_others_are_restricted),
	TEST(nothing_is_asked_of_fdinfo),
	TEST(what_is_attached_is_restricted_without_proc),
	TEST(no_symlink_ends_a_target),
	TEST(what_is_given_up_leaves_nothing),
	TEST(a_mount_is_found_again_in_a_new_namespace),
	TEST(what_was_replaced_is_not_followed),
};

/* As before Linux 5.12 (ENOSYS for one), and as under filters that do not know a call (EPERM). */
static int forbid(unsigned call, int answer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { countof(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int run_without(unsigned call, int answer, const char *name)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (!mount_fd_has_calls() || forbid(call, answer) < 0 || mount_fd_has_calls())
			_exit(2);
		_exit(cmocka_run_group_tests_name(name, contract, NULL, NULL) ? 1 : 0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int main(void)
{
	if (mount_fd_enter_namespace() < 0) {
		perror("a mount namespace");
		return 1;
	}
	int failed = cmocka_run_group_tests_name("calls", contract, NULL, NULL);
	failed += run_without(SYS_mount_setattr, ENOSYS, "no mount_setattr");
	failed += run_without(SYS_open_tree, EPERM, "open_tree refused");
	return failed ? 1 : 0;
}
