/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled filter, evaluated by a small interpreter over all numbers and sample arguments, and
 * compared with what libseccomp makes of the same tables one rule a call.
 */
#include "bpf.h"

#include "seccomp/filter.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { NUMBERS = 600 };

static const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

static uint32_t ask_name(const struct buf *program, const char *name, unsigned argument,
			 uint64_t value)
{
	int number = seccomp_syscall_resolve_name(name);

	assert_true(number >= 0);
	return ask(program, NATIVE_ARCH, (uint32_t)number, argument, value);
}

static void compile(struct buf *ret_program)
{
	struct error err = ERROR_INIT;

	if (filter_compile(&filter_default_table, ret_program, &err) < 0)
		fail_msg("%s", err.text);
}

/* --- the same by libseccomp, one rule a call -------------------------------------------------- */

static void add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned n,
		struct scmp_arg_cmp compare)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number >= 0)
		assert_int_equal(seccomp_rule_add_array(filter, action, number, n, &compare), 0);
}

static void make_reference(struct buf *ret_program)
{
	const struct filter_table *table = &filter_default_table;
	const struct scmp_arg_cmp no = { 0 };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	char data[65536];

	for (size_t i = 0; table->allowed[i]; i++)
		add(filter, SCMP_ACT_ALLOW, table->allowed[i], 0, no);
	for (size_t i = 0; table->refused[i]; i++)
		add(filter, SCMP_ACT_ERRNO(EPERM), table->refused[i], 0, no);
	int fd = memfd_create("reference", 0);
	assert_int_equal(seccomp_export_bpf(filter, fd), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	ssize_t len = read(fd, data, sizeof(data));
	assert_true(len > 0 && (size_t)len < sizeof(data));
	buf_add(ret_program, data, (size_t)len);
	assert_int_equal(close(fd), 0);
	seccomp_release(filter);
}

static bool is_newer_than_libseccomp(uint32_t number)
{
	for (size_t i = 0; i < filter_default_table.n_numbers; i++)
		if (filter_default_table.numbers[i].number == (int)number)
			return true;
	return false;
}

static bool has_special_arguments(uint32_t number)
{
	static const char *const names[] = { "clone", "ioctl", "socket", "personality" };

	for (size_t i = 0; i < countof(names); i++)
		if (seccomp_syscall_resolve_name(names[i]) == (int)number)
			return true;
	return false;
}

static void agrees_with_libseccomp(void **state)
{
	static const uint64_t samples[] = {
		0, 1, 8, 38, 0x20000, 0x20008, 0x20009, 0xffffffff, UINT64_C(1) << 32, UINT64_MAX
	};
	cleanup(buf_release) struct buf program = BUF_INIT;
	cleanup(buf_release) struct buf reference = BUF_INIT;
	unsigned n_allowed = 0;

	(void)state;
	compile(&program);
	make_reference(&reference);
	for (uint32_t number = 0; number < NUMBERS; number++) {
		if (is_newer_than_libseccomp(number) || has_special_arguments(number))
			continue;
		for (size_t i = 0; i < countof(samples); i++) {
			uint32_t got = ask(&program, NATIVE_ARCH, number, 0, samples[i]);
			uint32_t wanted = ask(&reference, NATIVE_ARCH, number, 0, samples[i]);
			if (got != wanted)
				fail_msg("call %u with %llx: %x, libseccomp says %x", number,
					 (unsigned long long)samples[i], got, wanted);
			n_allowed += !i && got == SECCOMP_RET_ALLOW;
		}
	}
	assert_true(n_allowed > 250);
}

static void is_short(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	assert_true(program.len / sizeof(struct sock_filter) < 400);
}

static void unknown_numbers_are_not_there(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (uint32_t number = 480; number < 2000; number++)
		assert_int_equal(ask(&program, NATIVE_ARCH, number, 0, 0), unknown);
	assert_int_equal(ask(&program, NATIVE_ARCH, 0x3fffffff, 0, 0), unknown);
	assert_int_equal(ask_name(&program, "clone3", 0, 0), unknown);
}

static void newer_calls_go_by_number(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (uint32_t number = 451; number <= 466; number++) {
		bool is_lsm = number >= 459 && number <= 461;
		assert_int_equal(ask(&program, NATIVE_ARCH, number, 0, 0),
				 is_lsm ? denied : SECCOMP_RET_ALLOW);
	}
	assert_int_equal(ask(&program, NATIVE_ARCH, 467, 0, 0), denied);
}

static void refuses_what_reaches_out(void **state)
{
	static const char *const names[] = {
		"unshare",	   "setns",
		"mount",	   "umount2",
		"pivot_root",	   "open_tree",
		"move_mount",	   "fsopen",
		"fsmount",	   "mount_setattr",
		"keyctl",	   "add_key",
		"request_key",	   "bpf",
		"perf_event_open", "userfaultfd",
		"io_uring_setup",  "kexec_load",
		"init_module",	   "finit_module",
		"delete_module",   "acct",
		"swapon",	   "swapoff",
		"quotactl",	   "reboot",
		"settimeofday",	   "clock_settime",
		"adjtimex",	   "open_by_handle_at",
		"lookup_dcookie",  "syslog",
		"sethostname",	   "pidfd_getfd",
		"fanotify_init",
	};
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (size_t i = 0; i < countof(names); i++)
		if (ask_name(&program, names[i], 0, 0) != denied)
			fail_msg("%s is not refused", names[i]);
}

static void allows_what_builds_need(void **state)
{
	static const char *const names[] = { "read",	 "openat",   "execve", "chroot",
					     "mknodat",	 "ptrace",   "capset", "setresuid",
					     "fchownat", "setxattr", "prctl",  "seccomp",
					     "wait4",	 "futex",    "statx",  "clone",
					     "ioctl",	 "socket",   "bind" };
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (size_t i = 0; i < countof(names); i++)
		if (ask_name(&program, names[i], 5, 0) != SECCOMP_RET_ALLOW)
			fail_msg("%s is not allowed", names[i]);
}

static void clone_makes_no_namespaces(void **state)
{
	static const uint64_t flags[] = { CLONE_NEWNS,	CLONE_NEWCGROUP, CLONE_NEWUTS,
					  CLONE_NEWIPC, CLONE_NEWUSER,	 CLONE_NEWPID,
					  CLONE_NEWNET };
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (size_t i = 0; i < countof(flags); i++) {
		assert_int_equal(ask_name(&program, "clone", 0, flags[i] | 17), denied);
		assert_int_equal(ask_name(&program, "clone", 0, flags[i] | UINT64_C(1) << 32),
				 denied);
		assert_int_equal(ask_name(&program, "clone", 0, flags[i] | CLONE_VM | CLONE_FILES),
				 denied);
	}
	assert_int_equal(ask_name(&program, "clone", 0, CLONE_VM | CLONE_VFORK | 17),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "clone", 0,
				  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
					  CLONE_SYSVSEM | CLONE_SETTLS),
			 SECCOMP_RET_ALLOW);
}

/* S-10: high bits that the kernel does not look at must not get a value past the filter. */
static void values_are_compared_as_the_kernel_reads_them(void **state)
{
	static const struct {
		const char *name;
		unsigned argument;
		uint32_t value;
	} values[] = {
		{ "ioctl", 1, TIOCSTI },
		{ "ioctl", 1, TIOCLINUX },
		{ "socket", 0, AF_ALG },
		{ "socket", 0, AF_VSOCK },
		{ "socket", 0, AF_PACKET },
		{ "socket", 1, SOCK_PACKET },
		{ "socket", 1, SOCK_PACKET | SOCK_CLOEXEC },
		{ "socket", 1, SOCK_PACKET | SOCK_NONBLOCK },
		{ "socket", 1, SOCK_PACKET | SOCK_CLOEXEC | SOCK_NONBLOCK },
	};
	static const uint64_t high[] = { 0, UINT64_C(1) << 32, UINT64_C(1) << 63,
					 UINT64_C(0xffffffff00000000) };
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (size_t i = 0; i < countof(values); i++)
		for (size_t j = 0; j < countof(high); j++)
			assert_int_equal(ask_name(&program, values[i].name, values[i].argument,
						  values[i].value | high[j]),
					 denied);
	for (uint64_t family = 0; family < 46; family++)
		assert_int_equal(ask_name(&program, "socket", 0, family),
				 family == AF_ALG || family == AF_VSOCK || family == AF_PACKET
					 ? denied
					 : SECCOMP_RET_ALLOW);
	for (uint64_t type = 0; type < 16; type++)
		assert_int_equal(ask_name(&program, "socket", 1, type),
				 type == SOCK_PACKET ? denied : SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "ioctl", 1, TIOCGWINSZ), SECCOMP_RET_ALLOW);
	/* the same value in another argument is nobody's business */
	assert_int_equal(ask_name(&program, "ioctl", 2, TIOCSTI), SECCOMP_RET_ALLOW);
}

static void personality_is_linux_only(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	assert_int_equal(ask_name(&program, "personality", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "personality", 0, 0x20008), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "personality", 0, 0xffffffff), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "personality", 0, 0x0040000), denied);
	assert_int_equal(ask_name(&program, "personality", 0, 1), denied);
}

static void compile_for(const struct filter_table *table, uint64_t capabilities,
			struct buf *ret_program)
{
	struct filter_table copy = *table;
	struct error err = ERROR_INIT;

	copy.capabilities = capabilities;
	if (filter_compile(&copy, ret_program, &err) < 0)
		fail_msg("%s", err.text);
}

/* Who holds the capability for a call may make it; nobody else gains anything by that. */
static void capabilities_bring_their_calls(void **state)
{
	for (size_t i = 0; i < filter_default_table.n_grants; i++) {
		const struct filter_grant *grant = &filter_default_table.grants[i];
		cleanup(buf_release) struct buf program = BUF_INIT;
		int number = seccomp_syscall_resolve_name(grant->name);
		compile_for(&filter_default_table, UINT64_C(1) << grant->capability, &program);
		if (number >= 0 && ask(&program, NATIVE_ARCH, (uint32_t)number, 0, 0x10000000) !=
					   SECCOMP_RET_ALLOW)
			fail_msg("%s is not allowed", grant->name);
		if (grant->capability != CAP_SYS_ADMIN) {
			assert_int_equal(ask_name(&program, "mount", 0, 0), denied);
			assert_int_equal(ask_name(&program, "clone3", 0, 0), unknown);
			assert_int_equal(ask_name(&program, "clone", 0, CLONE_NEWUSER), denied);
		}
		assert_int_equal(ask_name(&program, "keyctl", 0, 0), denied);
		assert_int_equal(ask_name(&program, "ioctl", 1, TIOCSTI), denied);
	}
	(void)state;
}

static void strict_has_four_families(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile_for(&filter_strict_table, 0, &program);
	for (uint64_t family = 0; family < 46; family++) {
		bool is_allowed = family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
				  family == AF_NETLINK;
		assert_int_equal(ask_name(&program, "socket", 0, family),
				 is_allowed ? SECCOMP_RET_ALLOW : denied);
		assert_int_equal(ask_name(&program, "socket", 0, family | UINT64_C(1) << 32),
				 denied);
	}
	assert_int_equal(ask_name(&program, "ioctl", 1, TIOCSTI), denied);
	assert_int_equal(ask_name(&program, "ioctl", 1, TIOCGWINSZ), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "personality", 0, 8), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_name(&program, "openat", 0, 0), SECCOMP_RET_ALLOW);
#if defined(__x86_64__)
	for (uint32_t family = 0; family < 46; family++)
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
		    family != AF_NETLINK)
			assert_int_equal(ask(&program, AUDIT_ARCH_I386, 359, 0, family), denied);
#endif
}

#if defined(__x86_64__)
static void other_architectures(void **state)
{
	enum { X32_BIT = 0x40000000, I386_SOCKETCALL = 102, I386_IOCTL = 54, I386_SOCKET = 359 };
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile(&program);
	for (uint32_t number = 0; number < NUMBERS; number++)
		assert_int_equal(ask(&program, NATIVE_ARCH, number | X32_BIT, 0, 0), unknown);
	assert_int_equal(ask(&program, AUDIT_ARCH_AARCH64, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	/* 32-bit programs run, but not the call that hides a socket's family behind a pointer */
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, 1, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, 310, 0, 0), denied); /* unshare */
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_SOCKETCALL, 0, 0), denied);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_IOCTL, 1, TIOCSTI), denied);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_SOCKET, 0, AF_ALG), denied);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_SOCKET, 0, AF_INET),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, 120, 0, CLONE_NEWUSER), denied);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, 120, 0, 17), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, 900, 0, 0), unknown);
}
#endif

#if defined(__x86_64__)
/* The verdict's word in the table. */
static uint32_t verdict_of(const char *word)
{
	if (strcmp(word, "allow") == 0)
		return SECCOMP_RET_ALLOW;
	return strcmp(word, "refuse") == 0 ? denied : unknown;
}

static uint32_t ask_all(const struct buf *program, uint32_t arch, uint32_t number, uint64_t value)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	for (size_t i = 0; i < countof(data.args); i++)
		data.args[i] = value;
	return evaluate(program, &data);
}

/* Lines: ABI, number, name, verdict with all arguments 0, and with all bits of them set. */
static void check_line(const struct buf *program, const char *line, unsigned *numbers)
{
	char abi[16], name[64], zeros[16], ones[16];
	unsigned number;

	if (sscanf(line, "%15s %u %63s %15s %15s", abi, &number, name, zeros, ones) != 5)
		fail_msg("'%s' is no line of the table", line);
	bool is_native = strcmp(abi, "amd64") == 0;
	assert_int_equal(number, numbers[is_native]);
	numbers[is_native]++;
	uint32_t arch = is_native ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	if (ask_all(program, arch, number, 0) != verdict_of(zeros) ||
	    ask_all(program, arch, number, UINT64_MAX) != verdict_of(ones))
		fail_msg("%s: %x and %x", line, ask_all(program, arch, number, 0),
			 ask_all(program, arch, number, UINT64_MAX));
}

/* S-10 */
static void every_call_is_as_the_table_says(void **state)
{
	cleanup(buf_release) struct buf program = BUF_INIT;
	unsigned numbers[2] = { 0 };
	char line[256];

	(void)state;
	compile(&program);
	FILE *table = fopen(TESTDATA "/seccomp/amd64.tsv", "re");
	assert_non_null(table);
	while (fgets(line, sizeof(line), table))
		if (*line != '#')
			check_line(&program, line, numbers);
	assert_int_equal(fclose(table), 0);
	assert_int_equal(numbers[0], NUMBERS + 1);
	assert_int_equal(numbers[1], NUMBERS + 1);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libseccomp),
		cmocka_unit_test(is_short),
		cmocka_unit_test(unknown_numbers_are_not_there),
		cmocka_unit_test(newer_calls_go_by_number),
		cmocka_unit_test(refuses_what_reaches_out),
		cmocka_unit_test(allows_what_builds_need),
		cmocka_unit_test(clone_makes_no_namespaces),
		cmocka_unit_test(values_are_compared_as_the_kernel_reads_them),
		cmocka_unit_test(personality_is_linux_only),
		cmocka_unit_test(capabilities_bring_their_calls),
		cmocka_unit_test(strict_has_four_families),
#if defined(__x86_64__)
		cmocka_unit_test(other_architectures),
		cmocka_unit_test(every_call_is_as_the_table_says),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
