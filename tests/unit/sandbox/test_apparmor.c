/* SPDX-License-Identifier: Apache-2.0 */
/* What is written where, against plain files: most machines that test have no AppArmor. */
#include "apparmor.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/macros.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct proc {
	char dir[64];
	int fd;
};

static void make_dirs(int fd, const char *const *paths)
{
	for (; *paths; paths++)
		assert_int_equal(mkdirat(fd, *paths, 0755), 0);
}

/* Laid out as procfs is: thread-self is a link to the thread. */
static void proc_open(struct proc *proc, bool is_old)
{
	static const char *const dirs[] = { "7", "7/task", "7/task/9", "7/task/9/attr", NULL };
	static const char *const newer[] = { "7/task/9/attr/apparmor", NULL };

	(void)strcpy(proc->dir, "/tmp/cbuild-apparmor-XXXXXX");
	assert_non_null(mkdtemp(proc->dir));
	proc->fd = open(proc->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(proc->fd >= 0);
	make_dirs(proc->fd, dirs);
	if (!is_old)
		make_dirs(proc->fd, newer);
	assert_int_equal(symlinkat("7/task/9", proc->fd, "thread-self"), 0);
}

static void put_file(const struct proc *proc, const char *path)
{
	int fd = openat(proc->fd, path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

static void expect_text(const struct proc *proc, const char *path, const char *expected)
{
	char text[256] = "";
	int fd = openat(proc->fd, path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_int_equal(close(fd), 0);
	assert_string_equal(text, expected);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void proc_close(struct proc *proc)
{
	assert_int_equal(close(proc->fd), 0);
	assert_int_equal(nftw(proc->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* N-03 */
static void writes_the_label_of_the_next_exec(void **state)
{
	struct error err = ERROR_INIT;
	struct proc proc;

	(void)state;
	proc_open(&proc, false);
	put_file(&proc, "7/task/9/attr/exec");
	put_file(&proc, "7/task/9/attr/apparmor/exec");
	assert_int_equal(apparmor_label_exec(proc.fd, "docker-default", &err), 0);
	expect_text(&proc, "7/task/9/attr/apparmor/exec", "exec docker-default");
	expect_text(&proc, "7/task/9/attr/exec", "");
	proc_close(&proc);
}

static void an_older_kernel_has_one_file_for_all(void **state)
{
	struct error err = ERROR_INIT;
	struct proc proc;

	(void)state;
	proc_open(&proc, true);
	put_file(&proc, "7/task/9/attr/exec");
	assert_int_equal(apparmor_label_exec(proc.fd, "builds", &err), 0);
	expect_text(&proc, "7/task/9/attr/exec", "exec builds");
	proc_close(&proc);
}

/* N-03 */
static void what_cannot_be_applied_is_an_error(void **state)
{
	struct error err = ERROR_INIT;
	struct proc proc;

	(void)state;
	proc_open(&proc, true);
	assert_int_equal(apparmor_label_exec(proc.fd, "builds", &err), -1);
	assert_non_null(strstr(err.text, "not confined: AppArmor profile 'builds'"));
	proc_close(&proc);
}

/* A link that leads out of it, as none in a procfs does. */
static void nothing_leads_out_of_proc(void **state)
{
	struct error err = ERROR_INIT;
	struct proc proc, other;

	(void)state;
	proc_open(&proc, true);
	proc_open(&other, true);
	put_file(&other, "7/task/9/attr/exec");
	assert_int_equal(unlinkat(proc.fd, "thread-self", 0), 0);
	autofree char *target = xasprintf("%s/thread-self", other.dir);
	assert_int_equal(symlinkat(target, proc.fd, "thread-self"), 0);
	assert_int_equal(apparmor_label_exec(proc.fd, "builds", &err), -1);
	expect_text(&other, "7/task/9/attr/exec", "");
	proc_close(&other);
	proc_close(&proc);
}

static void names_are_checked(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(apparmor_check("", &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_int_equal(apparmor_check("a\nchangehat", &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
}

static void the_procfs_is_one(void **state)
{
	struct error err = ERROR_INIT;
	int fd = -1;

	(void)state;
	if (access("/proc/self/stat", F_OK) < 0)
		lacks("/proc");
	assert_int_equal(apparmor_open_proc(&fd, &err), 0);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_label_of_the_next_exec),
		cmocka_unit_test(an_older_kernel_has_one_file_for_all),
		cmocka_unit_test(what_cannot_be_applied_is_an_error),
		cmocka_unit_test(nothing_leads_out_of_proc),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(the_procfs_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
