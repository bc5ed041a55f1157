/* SPDX-License-Identifier: Apache-2.0 */
#include "temp_store.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static mode_t mode_of(const struct temp_store *temp, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(store_root_fd(temp->store), name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void new_store_is_an_oci_layout(void **state)
{
	const struct temp_store *temp = *state;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(
		fs_read_whole(store_root_fd(temp->store), "oci-layout", 100, "layout", &text, &err),
		1);
	assert_string_equal(text.data, "{\"imageLayoutVersion\":\"1.0.0\"}");
	buf_clear(&text);
	assert_int_equal(
		fs_read_whole(store_root_fd(temp->store), "index.json", 1000, "index", &text, &err),
		1);
	assert_non_null(strstr(text.data, "\"schemaVersion\":2"));
	assert_int_equal(mode_of(temp, "blobs/sha256"), 0700);
	assert_string_equal(store_path(temp->store), temp->path);
}

static void nothing_is_open_to_others_whatever_the_umask(void **state)
{
	const struct temp_store *temp = *state;
	cleanup(store_close) struct store *store = NULL;
	autofree char *path = NULL;
	struct error err = ERROR_INIT;
	struct stat st;

	assert_true(asprintf(&path, "%s/tmp/inner/store", temp->path) > 0);
	mode_t before = umask(0);
	must(store_open(path, &store, &err), &err);
	(void)umask(before);
	static const char *const names[] = { ".",      "blobs", "blobs/sha256", "index.json",
					     "leases", "tmp",	"version",	"oci-layout" };
	for (size_t i = 0; i < countof(names); i++) {
		assert_int_equal(fstatat(store_root_fd(store), names[i], &st, 0), 0);
		assert_int_equal(st.st_mode & 0077, 0);
	}
	assert_int_equal(fstat(store_tmp_fd(store), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_directory_that_was_there_is_shut(void **state)
{
	const struct temp_store *temp = *state;
	cleanup(store_close) struct store *store = NULL;
	autofree char *path = NULL;
	struct error err = ERROR_INIT;
	struct stat st;

	assert_true(asprintf(&path, "%s/tmp/there", temp->path) > 0);
	assert_int_equal(mkdir(path, 0755), 0);
	must(store_open(path, &store, &err), &err);
	assert_int_equal(fstat(store_root_fd(store), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void closing_leaves_nothing(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;

	assert_int_equal(count_names(temp, "tmp"), 0);
	assert_int_equal(count_names(temp, "leases"), 1);
	must(fs_write_atomic(store_tmp_fd(temp->store), "rubbish", "x", 1, 0600, &err), &err);
	store_close(temp->store);
	temp->store = NULL;
	assert_int_equal(count_names(temp, "tmp"), 0);
	assert_int_equal(count_names(temp, "leases"), 0);
}

/* Opens, leaves a tree in tmp/, tells so and waits to be killed. */
static void leave_rubbish(const char *path, int ready_fd)
{
	struct store *store = NULL;
	struct error err = ERROR_INIT;

	if (store_open(path, &store, &err) < 0 ||
	    fs_make_dirs(store_tmp_fd(store), "a/b/c", 0700, &err) < 0 ||
	    fs_write_atomic(store_tmp_fd(store), "file", "x", 1, 0600, &err) < 0 ||
	    write(ready_fd, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

static void what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(void **state)
{
	struct temp_store *temp = *state;
	struct store *other = NULL;
	struct error err = ERROR_INIT;
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (!child)
		leave_rubbish(temp->path, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	must(store_open(temp->path, &other, &err), &err);
	assert_int_equal(count_names(temp, "tmp"), 1);
	store_close(other);

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(wait_for_children(1), 1);
	assert_int_equal(count_names(temp, "tmp"), 1);
	must(store_open(temp->path, &other, &err), &err);
	assert_int_equal(count_names(temp, "tmp"), 0);
	assert_int_equal(count_names(temp, "leases"), 2);
	store_close(other);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* Its parent is gone, but it still writes: its files must stay until it is gone as well. */
static void a_lease_lives_as_long_as_any_child_of_its_process(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;
	int hold[2];

	assert_int_equal(pipe(hold), 0);
	if (!fork()) {
		struct store *store = NULL;
		if (store_open(temp->path, &store, &err) < 0 || store_tmp_fd(store) < 0)
			_exit(1);
		pid_t grandchild = fork();
		char byte;
		if (!grandchild) {
			(void)close(hold[1]);
			_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
		}
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(wait_for_children(1), 1);
	struct store *other = NULL;
	must(store_open(temp->path, &other, &err), &err);
	assert_int_equal(count_names(temp, "tmp"), 1);
	store_close(other);
	(void)close(hold[1]);
	(void)close(hold[0]);
	for (int i = 0; i < 6000 && count_names(temp, "tmp") > 0; i++) {
		(void)usleep(10000);
		must(store_open(temp->path, &other, &err), &err);
		store_close(other);
	}
	assert_int_equal(count_names(temp, "tmp"), 0);
}

/* The first to need the folder may be a child, and another one, and the parent. */
static void the_folder_is_made_once_for_all_of_a_lease(void **state)
{
	struct temp_store *temp = *state;
	struct stat st, other;

	for (int i = 0; i < 3; i++)
		if (!fork())
			_exit(store_tmp_fd(temp->store) < 0);
	assert_int_equal(wait_for_children(3), 0);
	assert_int_equal(count_names(temp, "tmp"), 1);
	assert_int_equal(fstat(store_tmp_fd(temp->store), &st), 0);
	assert_int_equal(fstat(store_tmp_fd(temp->store), &other), 0);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(count_names(temp, "tmp"), 1);
	store_close(temp->store);
	temp->store = NULL;
	assert_int_equal(count_names(temp, "tmp"), 0);
}

static void a_forked_child_does_not_end_the_lease(void **state)
{
	struct temp_store *temp = *state;

	assert_true(store_tmp_fd(temp->store) >= 0);
	if (!fork()) {
		store_close(temp->store);
		_exit(0);
	}
	assert_int_equal(wait_for_children(1), 0);
	assert_int_equal(count_names(temp, "tmp"), 1);
	assert_int_equal(count_names(temp, "leases"), 1);
}

static void many_may_open_a_new_store_at_once(void **state)
{
	struct temp_store *temp = *state;
	autofree char *path = NULL;
	struct error err = ERROR_INIT;
	struct stat st;
	enum { N = 12 };

	assert_true(asprintf(&path, "%s/tmp/x", temp->path) > 0);
	for (int i = 0; i < N; i++) {
		if (fork())
			continue;
		struct store *store = NULL;
		for (int k = 0; k < 20; k++) {
			if (store_open(path, &store, &err) < 0 ||
			    fstat(store_tmp_fd(store), &st) < 0 || st.st_nlink < 2)
				_exit(1);
			store_close(store);
		}
		_exit(0);
	}
	assert_int_equal(wait_for_children(N), 0);
	assert_int_equal(count_names(temp, "tmp/x/tmp"), 0);
	assert_int_equal(count_names(temp, "tmp/x/leases"), 0);
}

static void expect_refusal(struct temp_store *temp, enum error_code code, const char *part)
{
	struct store *store = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(store_open(temp->path, &store, &err), -1);
	assert_null(store);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

static void newer_version_is_refused_with_what_to_do(void **state)
{
	struct temp_store *temp = *state;

	write_text(temp, "version", "2\n");
	expect_refusal(temp, ERROR_UNSUPPORTED, "newer cbuild");
	write_text(temp, "version", "one\n");
	expect_refusal(temp, ERROR_CORRUPT, "version");
}

static void a_torn_version_is_made_again(void **state)
{
	struct temp_store *temp = *state;
	struct store *store = NULL;
	struct error err = ERROR_INIT;

	write_text(temp, "version", "");
	must(store_open(temp->path, &store, &err), &err);
	store_close(store);
	assert_int_equal(mode_of(temp, "version"), 0600);
}

static void a_directory_with_something_else_in_it_is_refused(void **state)
{
	struct temp_store *temp = *state;

	(void)unlinkat(store_root_fd(temp->store), "version", 0);
	write_text(temp, "my thesis.tex", "text");
	expect_refusal(temp, ERROR_USAGE, "my thesis.tex");
}

static void another_users_store_is_refused(void **state)
{
	struct temp_store *temp = *state;

	if (geteuid() != 0)
		lacks("root");
	assert_int_equal(fchown(store_root_fd(temp->store), 12345, 12345), 0);
	expect_refusal(temp, ERROR_PERMISSION, "12345");
}

/* As on a file system without locks: fcntl(F_OFD_SETLK) answers ENOLCK. */
static int forbid_locks(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { countof(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void a_file_system_without_locks_is_refused(void **state)
{
	struct temp_store *temp = *state;

	if (!fork()) {
		struct store *store = NULL;
		struct error err = ERROR_INIT;
		if (forbid_locks() < 0)
			_exit(2);
		_exit(store_open(temp->path, &store, &err) == -1 &&
				      strstr(err.text, "does not lock files")
			      ? 0
			      : 1);
	}
	assert_int_equal(wait_for_children(1), 0);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, temp_store_setup, temp_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_store_is_an_oci_layout),
		TEST(nothing_is_open_to_others_whatever_the_umask),
		TEST(a_directory_that_was_there_is_shut),
		TEST(closing_leaves_nothing),
		TEST(what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not),
		TEST(a_lease_lives_as_long_as_any_child_of_its_process),
		TEST(the_folder_is_made_once_for_all_of_a_lease),
		TEST(a_forked_child_does_not_end_the_lease),
		TEST(many_may_open_a_new_store_at_once),
		TEST(newer_version_is_refused_with_what_to_do),
		TEST(a_torn_version_is_made_again),
		TEST(a_directory_with_something_else_in_it_is_refused),
		TEST(another_users_store_is_refused),
		TEST(a_file_system_without_locks_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
