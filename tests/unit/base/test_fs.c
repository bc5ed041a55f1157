/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/fs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_deep(int dir_fd, int depth)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		if (mkdirat(fd, "d", 0700) < 0 || mkdirat(fd, "e", 0700) < 0 ||
		    mkdirat(fd, "e/f", 0700) < 0 || symlinkat("/", fd, "link") < 0)
			return -1;
		int child = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = child;
	}
	return close(fd);
}

static void a_tree_deeper_than_descriptors_is_removed(void **state)
{
	struct rlimit before, few = { 64, 64 };
	struct error err = ERROR_INIT;
	char name[] = "deep.XXXXXX";
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(name));
	assert_int_equal(fs_open_dir(name, false, &fd, &err), 0);
	assert_int_equal(make_deep(fd, 3000), 0);
	(void)close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	int result = fs_remove_tree(AT_FDCWD, name, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result, 0);
	assert_int_equal(access(name, F_OK), -1);
}

static void what_forbids_reading_and_writing_is_removed_too(void **state)
{
	struct error err = ERROR_INIT;
	char name[] = "shut.XXXXXX";
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(name));
	assert_int_equal(fs_open_dir(name, false, &fd, &err), 0);
	assert_int_equal(mkdirat(fd, "none", 0700), 0);
	assert_int_equal(mkdirat(fd, "none/below", 0700), 0);
	assert_int_equal(mkdirat(fd, "fixed", 0700), 0);
	assert_int_equal(mkdirat(fd, "fixed/below", 0700), 0);
	assert_int_equal(symlinkat("x", fd, "fixed/link"), 0);
	assert_int_equal(fchmodat(fd, "none", 0, 0), 0);
	assert_int_equal(fchmodat(fd, "fixed", 0500, 0), 0);
	(void)close(fd);
	assert_int_equal(fs_remove_tree(AT_FDCWD, name, &err), 0);
	assert_int_equal(access(name, F_OK), -1);
}

static void what_is_not_there_is_gone_and_a_file_is_a_tree(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(fs_remove_tree(AT_FDCWD, "there is no such file", &err), 0);
	assert_int_equal(fs_write_atomic(AT_FDCWD, "some file", "x", 1, 0600, &err), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "some file", &err), 0);
	assert_int_equal(access("some file", F_OK), -1);
}

/* P-05: a symlink goes, and what it points to stays. */
static void symlinks_are_not_followed(void **state)
{
	struct error err = ERROR_INIT;
	char kept[] = "kept.XXXXXX", name[] = "link.XXXXXX";
	char target[64], link[64], file[64];

	(void)state;
	assert_non_null(mkdtemp(kept));
	assert_non_null(mkdtemp(name));
	(void)snprintf(target, sizeof(target), "../%s", kept);
	(void)snprintf(link, sizeof(link), "%s/link", name);
	(void)snprintf(file, sizeof(file), "%s/file", kept);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(fs_write_atomic(AT_FDCWD, file, "x", 1, 0600, &err), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, name, &err), 0);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, kept, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_deeper_than_descriptors_is_removed),
		cmocka_unit_test(what_forbids_reading_and_writing_is_removed_too),
		cmocka_unit_test(what_is_not_there_is_gone_and_a_file_is_a_tree),
		cmocka_unit_test(symlinks_are_not_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
