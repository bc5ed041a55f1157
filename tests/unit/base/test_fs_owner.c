/* SPDX-License-Identifier: Apache-2.0 */
/* Records of owners on real files; needs a file system with user attributes. */
#include "../cmocka_head.h"
#include "base/error.h"
#include "base/fs_owner.h"
#include "base/macros.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

struct fixture {
	char path[64];
	int dir_fd;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	(void)snprintf(fixture->path, sizeof(fixture->path), "/var/tmp/cbuild-owner.XXXXXX");
	if (!mkdtemp(fixture->path))
		return -1;
	fixture->dir_fd = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = fixture;
	return fixture->dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "file", "other", "link", "fifo" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < countof(names); i++)
		(void)unlinkat(fixture->dir_fd, names[i], 0);
	(void)close(fixture->dir_fd);
	(void)rmdir(fixture->path);
	free(fixture);
	return 0;
}

static void make(const struct fixture *fixture, const char *name, mode_t mode)
{
	assert_int_equal(S_ISLNK(mode) ? symlinkat("nowhere", fixture->dir_fd, name)
				       : mknodat(fixture->dir_fd, name, mode, 0),
			 0);
}

static void what_is_written_is_read(const struct fixture *fixture, const char *name, mode_t mode)
{
	const struct fs_owner owner = { .uid = 4000000000u, .gid = 7 };
	const struct fs_owner roots = { 0 };
	struct fs_owner found;
	struct error err = ERROR_INIT;

	assert_int_equal(fs_owner_read(fixture->dir_fd, name, mode, &found, &err), 0);
	assert_int_equal(fs_owner_write(fixture->dir_fd, name, mode, &owner, &err), 0);
	assert_int_equal(fs_owner_read(fixture->dir_fd, name, mode, &found, &err), 1);
	assert_int_equal(found.uid, 4000000000u);
	assert_int_equal(found.gid, 7);
	assert_int_equal(found.device_type, 0);
	assert_int_equal(fs_owner_write(fixture->dir_fd, name, mode, &roots, &err), 0);
	assert_int_equal(fs_owner_read(fixture->dir_fd, name, mode, &found, &err), 0);
	/* there is nothing to be taken away any more */
	assert_int_equal(fs_owner_write(fixture->dir_fd, name, mode, &roots, &err), 0);
}

static void files_and_directories_have_owners(void **state)
{
	const struct fixture *fixture = *state;

	make(fixture, "file", S_IFREG | 0600);
	what_is_written_is_read(fixture, "file", S_IFREG);
	what_is_written_is_read(fixture, NULL, S_IFDIR);
}

/* Needs CAP_SETFCAP, which who unpacks and who emulates has. */
static void symlinks_and_fifos_have_owners(void **state)
{
	const struct fixture *fixture = *state;

	if (geteuid() != 0)
		lacks("root");
	make(fixture, "link", S_IFLNK);
	make(fixture, "fifo", S_IFIFO | 0600);
	what_is_written_is_read(fixture, "link", S_IFLNK);
	what_is_written_is_read(fixture, "fifo", S_IFIFO);
}

static void a_file_can_stand_for_a_device(void **state)
{
	const struct fixture *fixture = *state;
	const struct fs_owner device = {
		.uid = 1, .gid = 2, .device_type = S_IFBLK, .dev_major = 8, .dev_minor = 300
	};
	struct error err = ERROR_INIT;
	struct fs_owner found;
	struct stat st;

	make(fixture, "file", S_IFREG | 0640);
	assert_int_equal(fs_owner_write(fixture->dir_fd, "file", S_IFREG, &device, &err), 0);
	assert_int_equal(fs_owner_read(fixture->dir_fd, "file", S_IFREG, &found, &err), 1);
	assert_int_equal(fstatat(fixture->dir_fd, "file", &st, 0), 0);
	fs_owner_apply(&found, &st);
	assert_int_equal(st.st_mode, S_IFBLK | 0640);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 2);
	assert_int_equal(st.st_rdev, makedev(8, 300));
}

static void damage_is_an_error(void **state)
{
	const struct fixture *fixture = *state;
	struct error err = ERROR_INIT;
	struct fs_owner found;

	make(fixture, "file", S_IFREG | 0600);
	autoclose int fd = openat(fixture->dir_fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fsetxattr(fd, FS_OWNER_ATTRIBUTE, "short", 5, 0), 0);
	assert_int_equal(fs_owner_read(fd, NULL, S_IFREG, &found, &err), -1);
	assert_int_equal(fs_owner_read(fixture->dir_fd, "file", S_IFREG, &found, &err), -1);
}

static void put_record(int fd, uint32_t device_type)
{
	const uint32_t numbers[] = { htole32(1),	   htole32(5), htole32(6),
				     htole32(device_type), htole32(8), htole32(1) };

	assert_int_equal(fsetxattr(fd, FS_OWNER_ATTRIBUTE, numbers, sizeof(numbers), 0), 0);
}

/* What no record of ours says, but one that a step got past who watches over it. */
static void a_file_stands_for_nothing_but_a_device(void **state)
{
	static const uint32_t types[] = { S_IFDIR, S_IFLNK, S_IFREG, 07777, UINT32_MAX };
	const struct fixture *fixture = *state;
	struct error err = ERROR_INIT;
	struct fs_owner found;

	make(fixture, "file", S_IFREG | 0600);
	autoclose int fd = openat(fixture->dir_fd, "file", O_RDONLY | O_CLOEXEC);
	put_record(fd, S_IFBLK);
	assert_int_equal(fs_owner_read(fd, NULL, S_IFREG, &found, &err), 1);
	for (size_t i = 0; i < countof(types); i++) {
		put_record(fd, types[i]);
		assert_int_equal(fs_owner_read(fd, NULL, S_IFREG, &found, &err), -1);
	}
	put_record(fixture->dir_fd, S_IFBLK);
	assert_int_equal(fs_owner_read(fixture->dir_fd, NULL, S_IFDIR, &found, &err), -1);
}

static void a_new_owner_is_set_or_recorded(void **state)
{
	const struct fixture *fixture = *state;
	struct error err = ERROR_INIT;
	struct fs_owner found;
	struct stat st;

	make(fixture, "file", S_IFREG | 0600);
	assert_int_equal(fs_owner_set(true, fixture->dir_fd, "file", 5, 6, &err), 0);
	assert_int_equal(fs_owner_read(fixture->dir_fd, "file", S_IFREG, &found, &err), 1);
	assert_int_equal(found.gid, 6);
	assert_int_equal(fstatat(fixture->dir_fd, "file", &st, 0), 0);
	assert_int_equal(st.st_uid, geteuid());
	if (geteuid() != 0)
		return;
	make(fixture, "other", S_IFREG | 0600);
	assert_int_equal(fs_owner_set(false, fixture->dir_fd, "other", 5, 6, &err), 0);
	assert_int_equal(fs_owner_read(fixture->dir_fd, "other", S_IFREG, &found, &err), 0);
	assert_int_equal(fstatat(fixture->dir_fd, "other", &st, 0), 0);
	assert_int_equal(st.st_uid, 5);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(files_and_directories_have_owners),
		WITH_FILES(symlinks_and_fifos_have_owners),
		WITH_FILES(a_file_can_stand_for_a_device),
		WITH_FILES(damage_is_an_error),
		WITH_FILES(a_file_stands_for_nothing_but_a_device),
		WITH_FILES(a_new_owner_is_set_or_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
