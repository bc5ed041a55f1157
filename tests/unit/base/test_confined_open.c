/* SPDX-License-Identifier: Apache-2.0 */
/* The walk by hand against openat2 itself, over a tree with every kind of symlink. */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/confined_open.h"
#include "base/fs.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS = 50000, NAMES_MAX = 7 };

static const char *const names[] = {
	"a",	"b",	"file", ".",	   "..",   "up",       "upup", "abs", "absfile", "loop",
	"deep", "here", "dot",	"slashes", "gone", "dangling", "long", "new", "",	 "out",
};

static const struct {
	const char *text, *place;
} links[] = {
	{ "..", "a/up" },	   { "../..", "a/b/upup" },	 { "/a", "abs" },
	{ "/a/file", "absfile" },  { "loop", "loop" },		 { "a/b/a/../up", "deep" },
	{ ".", "here" },	   { "a/./b", "dot" },		 { "a///b//", "slashes" },
	{ "nothing", "dangling" }, { "../../../etc", "out" },	 { "../abs/b", "a/long" },
	{ "/", "a/b/abs" },	   { "../../file", "a/b/here" }, { "/new", "a/dangling" },
};

static void make_tree(int root_fd)
{
	static const char *const dirs[] = { "a", "a/b", "a/b/a", "a/b/up" };
	static const char *const files[] = { "file", "a/file", "a/b/file" };

	for (size_t i = 0; i < countof(dirs); i++)
		assert_int_equal(mkdirat(root_fd, dirs[i], 0755), 0);
	for (size_t i = 0; i < countof(files); i++)
		assert_int_equal(mknodat(root_fd, files[i], S_IFREG | 0644, 0), 0);
	for (size_t i = 0; i < countof(links); i++)
		assert_int_equal(symlinkat(links[i].text, root_fd, links[i].place), 0);
}

struct world {
	char path[64];
	int root_fd;
	bool has_openat2;
};

static int set_up(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	const struct open_how how = { .flags = O_PATH, .resolve = RESOLVE_IN_ROOT };

	(void)snprintf(world->path, sizeof(world->path), "confined.XXXXXX");
	assert_non_null(mkdtemp(world->path));
	world->root_fd = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(world->root_fd >= 0);
	make_tree(world->root_fd);
	int fd = sys_openat2(world->root_fd, ".", &how);
	world->has_openat2 = fd >= 0;
	if (fd >= 0)
		(void)close(fd);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	struct error err = ERROR_INIT;

	(void)close(world->root_fd);
	assert_int_equal(fs_remove_tree(AT_FDCWD, world->path, &err), 0);
	free(world);
	return 0;
}

static unsigned next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(*seed >> 33);
}

static void make_path(uint64_t *seed, struct buf *path)
{
	buf_clear(path);
	if (next(seed) % 6 == 0)
		buf_add_char(path, '/');
	for (unsigned n = 1 + next(seed) % NAMES_MAX; n; n--) {
		buf_add_text(path, names[next(seed) % countof(names)]);
		if (n > 1 || next(seed) % 8 == 0)
			buf_add_char(path, '/');
	}
}

/* The kernel's answer; it is EAGAIN while anybody on the machine renames anything. */
static int ask_kernel(int root_fd, const char *path, const struct open_how *how)
{
	int fd;

	do {
		fd = sys_openat2(root_fd, path, how);
	} while (fd < 0 && errno == EAGAIN);
	return fd;
}

/* Opened as the same thing for the same use, or refused with the same number. */
static void compare(int root_fd, const char *path, const struct open_how *how)
{
	struct stat expected, found;
	int kernel_fd = ask_kernel(root_fd, path, how), kernel_errno = errno;
	int fd = confined_walk(root_fd, path, how), sys = errno;

	if ((fd < 0) != (kernel_fd < 0) || (fd < 0 && sys != kernel_errno))
		fail_msg("'%s' flags %#llx resolve %#llx: %d (%s), openat2: %d (%s)", path,
			 (unsigned long long)how->flags, (unsigned long long)how->resolve, fd,
			 fd < 0 ? strerror(sys) : "", kernel_fd,
			 kernel_fd < 0 ? strerror(kernel_errno) : "");
	if (fd < 0)
		return;
	assert_int_equal(fstat(kernel_fd, &expected), 0);
	assert_int_equal(fstat(fd, &found), 0);
	assert_int_equal(found.st_ino, expected.st_ino);
	assert_int_equal(fcntl(fd, F_GETFL) & ~O_NOFOLLOW, fcntl(kernel_fd, F_GETFL) & ~O_NOFOLLOW);
	(void)close(fd);
	(void)close(kernel_fd);
}

static void walks_as_the_kernel_does(void **state)
{
	static const unsigned flags[] = {
		O_PATH,	  O_PATH | O_NOFOLLOW,	 O_PATH | O_DIRECTORY,
		O_RDONLY, O_RDONLY | O_NOFOLLOW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
		O_WRONLY, O_RDONLY | O_NONBLOCK,
	};
	static const unsigned resolve[] = {
		RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
		RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
		RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
		RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	const struct world *world = *state;
	cleanup(buf_release) struct buf path = BUF_INIT;
	uint64_t seed = 5;

	if (!world->has_openat2)
		lacks("openat2");
	for (int i = 0; i < ROUNDS; i++) {
		struct open_how how = { .flags = flags[next(&seed) % countof(flags)] | O_CLOEXEC,
					.resolve = resolve[next(&seed) % countof(resolve)] };
		make_path(&seed, &path);
		if (path.len)
			compare(world->root_fd, path.data, &how);
	}
}

static void makes_files_where_the_kernel_would(void **state)
{
	static const char *const paths[] = { "new",	 "a/dangling", "a/b/here/x", "out",
					     "abs/n",	 "up/x",       "../n",	     "loop",
					     "dangling", "a/up/n" };
	const struct world *world = *state;

	if (!world->has_openat2)
		lacks("openat2");
	for (size_t i = 0; i < countof(paths); i++) {
		for (unsigned exclusive = 0; exclusive < 2; exclusive++) {
			const struct open_how how = {
				.flags = O_WRONLY | O_CREAT | O_CLOEXEC | (exclusive ? O_EXCL : 0U),
				.mode = 0640,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
			};
			int kernel_fd = ask_kernel(world->root_fd, paths[i], &how), sys = errno;
			struct stat made = { 0 }, again;
			if (kernel_fd >= 0) {
				assert_int_equal(fstat(kernel_fd, &made), 0);
				(void)close(kernel_fd);
			}
			/* who makes it by the walk makes it in the same place: the kernel finds it
			 */
			int fd = confined_walk(world->root_fd, paths[i], &how);
			if (kernel_fd < 0) {
				assert_int_equal(fd, -1);
				assert_int_equal(errno, sys);
			} else if (exclusive) {
				assert_int_equal(fd, -1);
				assert_int_equal(errno, EEXIST);
			} else {
				assert_true(fd >= 0);
				assert_int_equal(fstat(fd, &again), 0);
				assert_int_equal(again.st_ino, made.st_ino);
				(void)close(fd);
			}
		}
	}
}

static void makes_a_file_itself(void **state)
{
	const struct world *world = *state;
	const struct open_how how = { .flags = O_WRONLY | O_CREAT | O_CLOEXEC,
				      .mode = 0640,
				      .resolve = RESOLVE_IN_ROOT };
	struct stat st;

	/* through a symlink to what is not there, absolute within the root */
	int fd = confined_walk(world->root_fd, "abs/up/made", &how);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(fstatat(world->root_fd, "made", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void refuses_magic_links(void **state)
{
	const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	(void)state;
	int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(proc_fd >= 0);
	assert_int_equal(confined_walk(proc_fd, "1/root/etc/passwd", &how), -1);
	assert_int_equal(confined_walk(proc_fd, "self/root", &how), -1);
	assert_int_equal(errno, ELOOP);
	(void)close(proc_fd);
}

static void stays_on_its_mount(void **state)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV };
	(void)state;
	int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(root_fd >= 0);
	assert_int_equal(confined_walk(root_fd, "proc/self", &how), -1);
	assert_int_equal(errno, EXDEV);
	(void)close(root_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walks_as_the_kernel_does, set_up, tear_down),
		cmocka_unit_test_setup_teardown(makes_files_where_the_kernel_would, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(makes_a_file_itself, set_up, tear_down),
		cmocka_unit_test(refuses_magic_links),
		cmocka_unit_test(stays_on_its_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
