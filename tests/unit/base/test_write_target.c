/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/write_target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "write-target.XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 && mkdir("sub", 0700) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	static const char *const names[] = { "file", "near", "far", "sub/back", "dangling",
					     "loop", "fifo", "dir", "open",	"pipe" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(names[i]);
	return rmdir("sub") == 0 && chdir("..") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static char *target_of(const char *path, int expected)
{
	struct error err = ERROR_INIT;
	char *target = NULL;

	assert_int_equal(write_target_find(path, &target, &err), expected);
	return target;
}

static void links_are_followed_to_the_name_at_their_end(void **state)
{
	(void)state;
	int fd = open("file", O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(symlink("file", "near"), 0);
	assert_int_equal(symlink("../near", "sub/back"), 0);
	assert_int_equal(symlink("sub/back", "far"), 0);
	assert_int_equal(symlink("sub/nothing", "dangling"), 0);
	static const char *const cases[][2] = {
		{ "file", "file" },
		{ "new", "new" },
		{ "near", "./file" },
		{ "far", "sub/.././file" },
		{ "dangling", "./sub/nothing" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		autofree char *target = target_of(cases[i][0], 1);
		struct stat a, b;
		assert_int_equal(lstat(target, &a), stat(cases[i][0], &b));
		if (i == 0 || i == 2 || i == 3) {
			assert_true(S_ISREG(a.st_mode));
			assert_int_equal(a.st_ino, b.st_ino);
		} else {
			assert_string_equal(target, cases[i][1]);
		}
	}
	(void)close(fd);
}

static void what_is_no_name_is_written_as_it_is(void **state)
{
	char self[32];

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("fifo", "pipe"), 0);
	int fd = open("file", O_CREAT | O_WRONLY, 0600);
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	assert_int_equal(symlink(self, "open"), 0);
	static const char *const cases[] = { "fifo", "pipe", "/dev/null", "open" };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_null(target_of(cases[i], 0));
	(void)close(fd);
}

static void a_circle_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_null(target_of("loop", -1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_followed_to_the_name_at_their_end),
		cmocka_unit_test(what_is_no_name_is_written_as_it_is),
		cmocka_unit_test(a_circle_is_an_error),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
