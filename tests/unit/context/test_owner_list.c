/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "context/owner_list.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_owner(const struct owner_list *list, int dir_fd, const char *name, uint32_t uid,
			 uint32_t gid)
{
	uint32_t found_uid = 1, found_gid = 1;
	struct stat st;

	assert_int_equal(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	owner_list_find(list, st.st_ino, &found_uid, &found_gid);
	assert_int_equal(found_uid, uid);
	assert_int_equal(found_gid, gid);
}

static int make_folder(char *path)
{
	assert_non_null(mkdtemp(path));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void every_kind_has_its_last_owner(void **state)
{
	char path[] = "/tmp/cbuild-owners-XXXXXX";
	struct error err = ERROR_INIT;
	struct owner_list *list = NULL;

	(void)state;
	int dir_fd = make_folder(path);
	int fd = openat(dir_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int list_fd = openat(dir_fd, "list", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(symlinkat("file", dir_fd, "link"), 0);
	assert_int_equal(mkdirat(dir_fd, "dir", 0700), 0);
	struct owner_draft draft = OWNER_DRAFT_INIT(list_fd);
	assert_int_equal(owner_draft_add(&draft, fd, NULL, 7, 8, &err), 0);
	assert_int_equal(owner_draft_add(&draft, dir_fd, "link", 1234, 5678, &err), 0);
	assert_int_equal(owner_draft_add(&draft, fd, NULL, 4294967294, 9, &err), 0);
	assert_int_equal(owner_draft_add(&draft, dir_fd, "none", 1, 1, &err), -1);
	assert_int_equal(owner_draft_finish(&draft, &err), 0);
	owner_draft_release(&draft);
	assert_int_equal(owner_list_open(list_fd, &list, &err), 0);
	assert_owner(list, dir_fd, "file", 4294967294, 9);
	assert_owner(list, dir_fd, "link", 1234, 5678);
	/* nobody said whose it is */
	assert_owner(list, dir_fd, "dir", 0, 0);
	owner_list_close(list);
	assert_int_equal(unlinkat(dir_fd, "file", 0), 0);
	assert_int_equal(unlinkat(dir_fd, "link", 0), 0);
	assert_int_equal(unlinkat(dir_fd, "list", 0), 0);
	assert_int_equal(unlinkat(dir_fd, "dir", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(path), 0);
	(void)close(fd);
	(void)close(list_fd);
	(void)close(dir_fd);
}

/* More than are held back at once, in no order, and one of them again and again. */
static void many_are_found(void **state)
{
	enum { FILES = 300, ROUNDS = 20 };
	char path[] = "/tmp/cbuild-owners-XXXXXX", name[16];
	struct error err = ERROR_INIT;
	struct owner_list *list = NULL;

	(void)state;
	int dir_fd = make_folder(path);
	int list_fd = openat(dir_fd, "list", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct owner_draft draft = OWNER_DRAFT_INIT(list_fd);
	for (unsigned i = 0; i < FILES * ROUNDS; i++) {
		(void)snprintf(name, sizeof(name), "%u", i * 7 % FILES);
		int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(owner_draft_add(&draft, fd, NULL, i * 7 % FILES, i / FILES, &err),
				 0);
		(void)close(fd);
	}
	assert_int_equal(owner_draft_finish(&draft, &err), 0);
	owner_draft_release(&draft);
	assert_int_equal(owner_list_open(list_fd, &list, &err), 0);
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		assert_owner(list, dir_fd, name, i, ROUNDS - 1);
		assert_int_equal(unlinkat(dir_fd, name, 0), 0);
	}
	owner_list_close(list);
	assert_int_equal(unlinkat(dir_fd, "list", 0), 0);
	assert_int_equal(rmdir(path), 0);
	(void)close(list_fd);
	(void)close(dir_fd);
}

static void an_empty_one_is_roots(void **state)
{
	char path[] = "/tmp/cbuild-owners-XXXXXX";
	struct error err = ERROR_INIT;
	struct owner_list *list = NULL;
	uint32_t uid = 1, gid = 1;

	(void)state;
	int fd = mkstemp(path);
	struct owner_draft draft = OWNER_DRAFT_INIT(fd);
	assert_int_equal(owner_draft_finish(&draft, &err), 0);
	owner_draft_release(&draft);
	assert_int_equal(owner_list_open(fd, &list, &err), 0);
	owner_list_find(list, 5, &uid, &gid);
	assert_int_equal(uid + gid, 0);
	owner_list_close(list);
	(void)unlink(path);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_last_owner),
		cmocka_unit_test(many_are_found),
		cmocka_unit_test(an_empty_one_is_roots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
