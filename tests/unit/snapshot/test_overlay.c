/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/mount_fd.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* A snapshot that holds one file named as it is, with that number in it. */
static void make_layer(const struct fixture *fixture, unsigned number)
{
	struct snapshot_draft *draft = new_draft(fixture);
	char name[24];

	(void)snprintf(name, sizeof(name), "file%u", number);
	make_file(snapshot_draft_fd(draft), name, name);
	make_file(snapshot_draft_fd(draft), "top", name);
	commit(draft, number);
}

static void assert_content(int dir_fd, const char *path, const char *text)
{
	cleanup(buf_release) struct buf buf = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(fs_read_whole(dir_fd, path, 1000, path, &buf, &err), 1);
	assert_string_equal(buf.data, text);
}

static int count_in(int dir_fd, const char *path)
{
	cleanup(strv_release) struct strv names = STRV_INIT;

	read_dir_names(dir_fd, path, &names);
	return (int)names.len;
}

static void a_draft_becomes_a_snapshot(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	int fd = -1;

	assert_int_equal(snapshot_find(fixture->snapshots, &id, &err), 0);
	assert_int_equal(snapshot_open(fixture->snapshots, &id, &fd, &err), 0);
	make_layer(fixture, 1);
	assert_int_equal(snapshot_find(fixture->snapshots, &id, &err), 1);
	assert_int_equal(snapshot_open(fixture->snapshots, &id, &fd, &err), 1);
	assert_content(fd, "file1", "file1");
	(void)close(fd);
	assert_int_equal(count_in(fixture->tmp_fd, ""), 0);
	assert_in_flavour(fixture->root_fd, is_mapped() ? "overlay-user-" : "overlay-trusted",
			  digest_hex(&id).text);
}

static void the_first_to_commit_wins(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	int fd = -1;

	make_layer(fixture, 1);
	struct snapshot_draft *second = new_draft(fixture);
	make_file(snapshot_draft_fd(second), "file1", "second");
	commit(second, 1);
	assert_int_equal(snapshot_open(fixture->snapshots, &id, &fd, &err), 1);
	assert_content(fd, "file1", "file1");
	(void)close(fd);
	assert_int_equal(count_in(fixture->tmp_fd, ""), 0);
}

static void what_is_given_up_leaves_nothing(void **state)
{
	const struct fixture *fixture = *state;
	struct snapshot_draft *draft = new_draft(fixture);
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	must(snapshot_draft_mount(draft, NULL, 0, &mount_fd, &err), &err);
	make_dirs(mount_fd, "some/dir");
	(void)close(mount_fd);
	snapshot_draft_free(draft);
	cleanup(strv_release) struct strv names = STRV_INIT;
	read_dir_names(fixture->tmp_fd, "", &names);
	/* an overlay keeps its empty layer, a copy needs none */
	assert_int_equal(names.len, wanted_kind() == SNAPSHOTS_AUTO);
	if (names.len)
		assert_string_equal(names.items[0], "empty.1");
}

static int count_id(void *context, const struct digest *chain_id, struct error *err)
{
	struct digest expected = id_of(2);

	(void)err;
	assert_true(digest_equal(chain_id, &expected));
	++*(int *)context;
	return 0;
}

static void removing_and_listing(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	int n = 0;

	make_layer(fixture, 1);
	make_layer(fixture, 2);
	must(snapshot_remove(fixture->snapshots, &id, &err), &err);
	must(snapshot_remove(fixture->snapshots, &id, &err), &err);
	must(snapshot_list(fixture->snapshots, count_id, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_int_equal(count_in(fixture->tmp_fd, ""), 0);
}

static void writes_land_in_the_draft_and_nowhere_else(void **state)
{
	const struct fixture *fixture = *state;
	struct digest parents[] = { id_of(1), id_of(2) };
	struct error err = ERROR_INIT;
	int mount_fd = -1, fd = -1;

	make_layer(fixture, 1);
	make_layer(fixture, 2);
	struct snapshot_draft *draft = new_draft(fixture);
	must(snapshot_draft_mount(draft, parents, 2, &mount_fd, &err), &err);
	assert_content(mount_fd, "file1", "file1");
	assert_content(mount_fd, "top", "file2");
	make_file(mount_fd, "top", "changed");
	make_file(mount_fd, "new", "new");
	assert_content(snapshot_draft_fd(draft), "top", "changed");
	assert_int_equal(unlinkat(mount_fd, "file1", 0), 0);
	assert_int_equal(snapshot_open(fixture->snapshots, &parents[1], &fd, &err), 1);
	assert_content(fd, "top", "file2");
	(void)close(fd);
	must(snapshot_draft_freeze(draft, &err), &err);
	(void)close(mount_fd);
	commit(draft, 3);

	struct digest all[] = { parents[0], parents[1], id_of(3) };
	must(snapshot_mount(fixture->snapshots, all, 3, &mount_fd, &err), &err);
	assert_content(mount_fd, "top", "changed");
	assert_content(mount_fd, "new", "new");
	assert_int_equal(faccessat(mount_fd, "file1", F_OK, 0), -1);
	if (wanted_kind() != SNAPSHOTS_COPY_PLAIN) {
		assert_int_equal(openat(mount_fd, "x", O_WRONLY | O_CREAT, 0600), -1);
		assert_int_equal(errno, EROFS);
	}
	mount_fd_close(mount_fd);
}

/* One, and none: an overlay of itself has at least two. */
static void few_layers_are_a_tree_too(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	struct stat st;
	int mount_fd = -1;

	make_layer(fixture, 1);
	must(snapshot_mount(fixture->snapshots, &id, 1, &mount_fd, &err), &err);
	assert_content(mount_fd, "file1", "file1");
	mount_fd_close(mount_fd);
	must(snapshot_mount(fixture->snapshots, NULL, 0, &mount_fd, &err), &err);
	assert_int_equal(count_in(mount_fd, ""), 0);
	assert_int_equal(fstat(mount_fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	mount_fd_close(mount_fd);
}

static void a_missing_parent_is_named(void **state)
{
	const struct fixture *fixture = *state;
	struct digest parents[] = { id_of(1), id_of(7), id_of(2) };
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	make_layer(fixture, 1);
	make_layer(fixture, 2);
	struct snapshot_draft *draft = new_draft(fixture);
	assert_int_equal(snapshot_draft_mount(draft, parents, 3, &mount_fd, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, digest_hex(&parents[1]).text));
	snapshot_draft_free(draft);
}

static void the_root_is_as_that_of_the_parent(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	struct stat st;
	int mount_fd = -1;

	mode_t before = umask(077);
	struct snapshot_draft *draft = new_draft(fixture);
	assert_int_equal(fstat(snapshot_draft_fd(draft), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fchown(snapshot_draft_fd(draft), 7, 8), 0);
	assert_int_equal(fchmod(snapshot_draft_fd(draft), 01777), 0);
	commit(draft, 1);
	draft = new_draft(fixture);
	must(snapshot_draft_mount(draft, &id, 1, &mount_fd, &err), &err);
	(void)umask(before);
	assert_int_equal(fstat(mount_fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 01777);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
	(void)close(mount_fd);
	snapshot_draft_free(draft);
}

static void a_hundred_and_fifty_layers(void **state)
{
	const struct fixture *fixture = *state;
	enum { N = 150 };
	struct digest ids[N];
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	for (unsigned i = 0; i < N; i++) {
		make_layer(fixture, i);
		ids[i] = id_of(i);
	}
	struct snapshot_draft *draft = new_draft(fixture);
	must(snapshot_draft_mount(draft, ids, N, &mount_fd, &err), &err);
	assert_int_equal(count_in(mount_fd, ""), N + 1);
	assert_content(mount_fd, "top", "file149");
	assert_content(mount_fd, "file0", "file0");
	make_file(mount_fd, "file0", "new");
	assert_content(snapshot_draft_fd(draft), "file0", "new");
	(void)close(mount_fd);
	snapshot_draft_free(draft);
}

static void more_layers_than_overlay_takes_are_refused(void **state)
{
	const struct fixture *fixture = *state;
	enum { N = 501 };
	struct digest *ids = calloc(N, sizeof(*ids));
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	assert_int_equal(snapshot_mount(fixture->snapshots, ids, N, &mount_fd, &err), -1);
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	free(ids);
}

/* A store on an overlay, as in a container: what a step works in is a copy there. */
static void a_store_on_an_overlay_copies(void **state)
{
	const struct fixture *fixture = *state;
	struct snapshot_draft *outer = new_draft(fixture);
	struct snapshot_draft *inner = NULL;
	struct snapshots *snapshots = NULL;
	struct error err = ERROR_INIT;
	int outer_fd = -1, mount_fd = -1;
	struct digest id = id_of(1);

	must(snapshot_draft_mount(outer, NULL, 0, &outer_fd, &err), &err);
	make_dirs(outer_fd, "tmp");
	int tmp_fd = open_subdir(outer_fd, "tmp");
	must(snapshots_open(outer_fd, tmp_fd, &snapshots, &err), &err);
	must(snapshot_draft_new(snapshots, &inner, &err), &err);
	make_file(snapshot_draft_fd(inner), "kept", "kept");
	make_file(snapshot_draft_fd(inner), "gone", "gone");
	commit(inner, 1);
	assert_in_flavour(outer_fd, is_mapped() ? "copy-" : "copy-root", digest_hex(&id).text);
	must(snapshot_draft_new(snapshots, &inner, &err), &err);
	must(snapshot_draft_mount(inner, &id, 1, &mount_fd, &err), &err);
	assert_content(mount_fd, "kept", "kept");
	assert_int_equal(unlinkat(mount_fd, "gone", 0), 0);
	must(snapshot_draft_freeze(inner, &err), &err);
	(void)close(mount_fd);
	assert_int_equal(count_in(snapshot_draft_fd(inner), ""), 1);
	assert_int_equal(faccessat(snapshot_draft_fd(inner), ".wh.gone", F_OK, 0), 0);
	snapshot_draft_free(inner);
	snapshots_close(snapshots);
	(void)close(tmp_fd);
	(void)close(outer_fd);
	snapshot_draft_free(outer);
}

/* T-14 */
static void devices_are_dead(void **state)
{
	const struct fixture *fixture = *state;
	struct snapshot_draft *draft = new_draft(fixture);
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	must(snapshot_draft_mount(draft, NULL, 0, &mount_fd, &err), &err);
	if (is_mapped()) {
		assert_int_equal(mknodat(mount_fd, "null", S_IFCHR | 0666, makedev(1, 3)), -1);
		assert_int_equal(errno, EPERM);
	} else {
		assert_int_equal(mknodat(mount_fd, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
		assert_int_equal(openat(mount_fd, "null", O_RDONLY | O_CLOEXEC), -1);
		assert_int_equal(errno, EACCES);
	}
	(void)close(mount_fd);
	snapshot_draft_free(draft);
}

/* With redirect_dir a renamed directory would be a mark that nobody but the kernel understands. */
static void a_directory_of_a_layer_cannot_be_renamed_away(void **state)
{
	const struct fixture *fixture = *state;
	struct digest id = id_of(1);
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	struct snapshot_draft *draft = new_draft(fixture);
	make_dirs(snapshot_draft_fd(draft), "dir/below");
	commit(draft, 1);
	draft = new_draft(fixture);
	must(snapshot_draft_mount(draft, &id, 1, &mount_fd, &err), &err);
	assert_int_equal(renameat(mount_fd, "dir", mount_fd, "other"), -1);
	assert_int_equal(errno, EXDEV);
	(void)close(mount_fd);
	snapshot_draft_free(draft);
}

/* S-13 */
static void the_freeze_finds_who_can_still_write(void **state)
{
	const struct fixture *fixture = *state;
	struct snapshot_draft *draft = new_draft(fixture);
	struct error err = ERROR_INIT;
	int mount_fd = -1;

	must(snapshot_draft_mount(draft, NULL, 0, &mount_fd, &err), &err);
	make_file(mount_fd, "file", "text");
	int fd = openat(mount_fd, "file", O_RDWR | O_CLOEXEC);
	assert_int_equal(snapshot_draft_freeze(draft, &err), -1);
	assert_int_equal(err.code, ERROR_SYSTEM);
	assert_int_equal(err.sys, EBUSY);
	char *map = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	(void)close(fd);
	assert_int_equal(snapshot_draft_freeze(draft, &err), -1);
	assert_int_equal(munmap(map, 4), 0);
	must(snapshot_draft_freeze(draft, &err), &err);
	assert_int_equal(openat(mount_fd, "file", O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, EROFS);
	(void)close(mount_fd);
	commit(draft, 1);
}

static void a_look_finds_who_can_still_write_and_who_did(void **state)
{
	const struct fixture *fixture = *state;
	struct snapshot_draft *draft = new_draft(fixture);
	struct error err = ERROR_INIT;
	struct digest before, after;
	int mount_fd = -1;

	must(snapshot_draft_mount(draft, NULL, 0, &mount_fd, &err), &err);
	make_dirs(mount_fd, "dir");
	make_file(mount_fd, "dir/file", "text");
	must(snapshot_draft_freeze(draft, &err), &err);
	must(snapshot_draft_look(draft, &before, &err), &err);
	must(snapshot_draft_look(draft, &after, &err), &err);
	assert_true(digest_equal(&before, &after));
	int fd = openat(snapshot_draft_fd(draft), "dir/file", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(snapshot_draft_look(draft, &after, &err), -1);
	assert_int_equal(err.sys, EBUSY);
	char *map = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	(void)close(fd);
	assert_int_equal(snapshot_draft_look(draft, &after, &err), -1);
	assert_int_equal(munmap(map, 4), 0);
	must(snapshot_draft_look(draft, &after, &err), &err);
	/* who only has the directory leaves a trace in its times */
	fd = openat(snapshot_draft_fd(draft), "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_file(fd, "new", "");
	(void)close(fd);
	must(snapshot_draft_look(draft, &after, &err), &err);
	assert_false(digest_equal(&before, &after));
	(void)close(mount_fd);
	snapshot_draft_free(draft);
}

/* Everything above once more on a kernel without fsopen. */
static int forbid_fsopen(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { countof(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static const struct CMUnitTest mount_tests[] = {
	TEST(writes_land_in_the_draft_and_nowhere_else),
	TEST(few_layers_are_a_tree_too),
	TEST(a_missing_parent_is_named),
	TEST(the_root_is_as_that_of_the_parent),
	TEST(a_hundred_and_fifty_layers),
	TEST(devices_are_dead),
	TEST(a_directory_of_a_layer_cannot_be_renamed_away),
	TEST(the_freeze_finds_who_can_still_write),
	TEST(what_is_given_up_leaves_nothing),
};

static void the_classic_mount_does_the_same(void **state)
{
	int status = 1;
	char before[PATH_MAX], after[PATH_MAX];

	(void)state;
	pid_t child = fork();
	if (!child) {
		if (forbid_fsopen() < 0 || !getcwd(before, sizeof(before)))
			_exit(2);
		int n_failed = cmocka_run_group_tests_name("classic", mount_tests, NULL, NULL);
		/* no mount stays behind, and the working directory is as it was */
		if (!getcwd(after, sizeof(after)) || strcmp(before, after) != 0)
			_exit(3);
		_exit(n_failed ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(2);
	(void)close(fd);
}

static const struct CMUnitTest user_tests[] = {
	TEST(writes_land_in_the_draft_and_nowhere_else),
	TEST(few_layers_are_a_tree_too),
	TEST(the_freeze_finds_who_can_still_write),
};

static void a_user_namespace_mounts_with_user_attributes(void **state)
{
	int status = 1;

	(void)state;
	pid_t child = fork();
	if (!child) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(2);
		write_text("/proc/self/setgroups", "deny");
		write_text("/proc/self/uid_map", "0 0 1");
		write_text("/proc/self/gid_map", "0 0 1");
		_exit(cmocka_run_group_tests_name("user", user_tests, NULL, NULL) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What every driver promises. */
static const struct CMUnitTest contract[] = {
	TEST(the_first_to_commit_wins),
	TEST(removing_and_listing),
	TEST(writes_land_in_the_draft_and_nowhere_else),
	TEST(few_layers_are_a_tree_too),
	TEST(a_missing_parent_is_named),
	TEST(the_root_is_as_that_of_the_parent),
	TEST(a_hundred_and_fifty_layers),
	TEST(a_look_finds_who_can_still_write_and_who_did),
	TEST(what_is_given_up_leaves_nothing),
};

int main(void)
{
	if (wanted_kind() != SNAPSHOTS_AUTO)
		return cmocka_run_group_tests_name("contract", contract, private_mounts, NULL);

	const struct CMUnitTest tests[] = {
		TEST(a_draft_becomes_a_snapshot),
		TEST(the_first_to_commit_wins),
		TEST(removing_and_listing),
		TEST(more_layers_than_overlay_takes_are_refused),
		TEST(a_store_on_an_overlay_copies),
		cmocka_unit_test(the_classic_mount_does_the_same),
		cmocka_unit_test(a_user_namespace_mounts_with_user_attributes),
	};
	int n_failed = cmocka_run_group_tests(mount_tests, private_mounts, NULL);

	return n_failed + cmocka_run_group_tests(tests, private_mounts, NULL);
}
