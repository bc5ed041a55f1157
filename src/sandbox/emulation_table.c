/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls are answered, and the filter that asks for that. */
#include "emulation_call.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { FILTER_SIZE_MAX = 64 * 1024 };

/* A call counts only with these bits of an argument, or with this value of it. */
struct condition {
	unsigned argument;
	uint64_t mask, value; /* mask 0: always */
};

struct row {
	const char *name;
	call_handler *handle;
	struct condition condition;
};

#define CREATES                     \
	{                           \
		2, O_CREAT, O_CREAT \
	}
#define NAMELESS                            \
	{                                   \
		2, __O_TMPFILE, __O_TMPFILE \
	}
#define LOCKS(n)                            \
	{                                   \
		n, UINT32_MAX, RLIMIT_LOCKS \
	}
#define OPTION(n)                \
	{                        \
		0, UINT32_MAX, n \
	}

/*
 * A name that this architecture has not is passed over. One that stands here twice has two
 * conditions, of which either will do.
 */
static const struct row rows[] = {
	{ "chown", call_chown, { 0 } },
	{ "lchown", call_lchown, { 0 } },
	{ "fchown", call_fchown, { 0 } },
	{ "fchownat", call_fchownat, { 0 } },
	{ "stat", call_stat, { 0 } },
	{ "lstat", call_lstat, { 0 } },
	{ "fstat", call_fstat, { 0 } },
	{ "newfstatat", call_newfstatat, { 0 } },
	{ "statx", call_statx, { 0 } },
	{ "getuid", call_getuid, { 0 } },
	{ "geteuid", call_geteuid, { 0 } },
	{ "getgid", call_getgid, { 0 } },
	{ "getegid", call_getegid, { 0 } },
	{ "getresuid", call_getresuid, { 0 } },
	{ "getresgid", call_getresgid, { 0 } },
	{ "getgroups", call_getgroups, { 0 } },
	{ "setuid", call_setuid, { 0 } },
	{ "setgid", call_setgid, { 0 } },
	{ "setreuid", call_setreuid, { 0 } },
	{ "setregid", call_setregid, { 0 } },
	{ "setresuid", call_setresuid, { 0 } },
	{ "setresgid", call_setresgid, { 0 } },
	{ "setfsuid", call_setfsuid, { 0 } },
	{ "setfsgid", call_setfsgid, { 0 } },
	{ "setgroups", call_setgroups, { 0 } },
	{ "prctl", call_prctl, OPTION(PR_SET_KEEPCAPS) },
	{ "prctl", call_prctl, OPTION(PR_SET_SECUREBITS) },
	{ "capset", call_capset, { 0 } },
	{ "getrlimit", call_getrlimit, LOCKS(0) },
	{ "setrlimit", call_setrlimit, LOCKS(0) },
	{ "prlimit64", call_prlimit64, LOCKS(1) },
	{ "creat", call_creat, { 0 } },
	{ "open", call_open, { 1, O_CREAT, O_CREAT } },
	{ "open", call_open, { 1, __O_TMPFILE, __O_TMPFILE } },
	{ "openat", call_openat, CREATES },
	{ "openat", call_openat, NAMELESS },
	{ "mkdir", call_mkdir, { 0 } },
	{ "mkdirat", call_mkdirat, { 0 } },
	{ "mknod", call_mknod, { 0 } },
	{ "mknodat", call_mknodat, { 0 } },
	{ "symlink", call_symlink, { 0 } },
	{ "symlinkat", call_symlinkat, { 0 } },
	{ "execve", call_execve, { 0 } },
	{ "execveat", call_execveat, { 0 } },
	{ "getxattr", call_getxattr, { 0 } },
	{ "lgetxattr", call_lgetxattr, { 0 } },
	{ "fgetxattr", call_fgetxattr, { 0 } },
	{ "setxattr", call_setxattr, { 0 } },
	{ "lsetxattr", call_lsetxattr, { 0 } },
	{ "fsetxattr", call_fsetxattr, { 0 } },
	{ "removexattr", call_removexattr, { 0 } },
	{ "lremovexattr", call_lremovexattr, { 0 } },
	{ "fremovexattr", call_fremovexattr, { 0 } },
	{ "listxattr", call_listxattr, { 0 } },
	{ "llistxattr", call_llistxattr, { 0 } },
	{ "flistxattr", call_flistxattr, { 0 } },
};

/* Every libc does without these, by calls that are answered. */
static const char *const absent[] = { "openat2", "io_uring_setup" };
/* setxattrat, getxattrat, listxattrat, removexattrat: libseccomp 2.5 has no names for them. */
enum { FIRST_XATTRAT = 463, LAST_XATTRAT = 466 };

void emulation_fill(call_handler *handlers[CALLS_MAX])
{
	for (size_t i = 0; i < countof(rows); i++) {
		int number = seccomp_syscall_resolve_name(rows[i].name);
		if (number >= 0 && number < CALLS_MAX)
			handlers[number] = rows[i].handle;
	}
}

static int add_row(scmp_filter_ctx filter, const struct row *row)
{
	const struct condition *condition = &row->condition;
	const struct scmp_arg_cmp compare = { condition->argument, SCMP_CMP_MASKED_EQ,
					      condition->mask, condition->value };
	int number = seccomp_syscall_resolve_name(row->name);

	/* a pseudo number: of another architecture */
	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, number, condition->mask ? 1 : 0,
				      condition->mask ? &compare : NULL);
}

static int add_rows(scmp_filter_ctx filter)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < countof(rows); i++)
		result = add_row(filter, &rows[i]);
	for (size_t i = 0; result == 0 && i < countof(absent); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
					  seccomp_syscall_resolve_name(absent[i]), 0);
	for (int number = FIRST_XATTRAT; result == 0 && number <= LAST_XATTRAT; number++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0);
	return result;
}

/* Calls of another architecture end the process: they would pass unseen. */
static int make_filter(scmp_filter_ctx *ret_filter)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter)
		return -ENOMEM;
	*ret_filter = filter;
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* a binary tree: most calls of a step are none of these */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return result == 0 ? add_rows(filter) : result;
}

int emulation_compile(struct buf *ret_filter, struct error *err)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	scmp_filter_ctx filter = NULL;

	if (fd < 0)
		return error_sys(err, "make a file in memory");
	int result = make_filter(&filter);
	if (result == 0)
		result = seccomp_export_bpf(filter, fd);
	if (filter)
		seccomp_release(filter);
	if (result < 0) {
		errno = -result;
		return error_sys(err, "compile the filter that has owners emulated");
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "read a system call filter");
	return fs_read_fd(fd, FILTER_SIZE_MAX, "filter", ret_filter, err) < 0 ? -1 : 0;
}
