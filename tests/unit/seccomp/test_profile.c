/* SPDX-License-Identifier: Apache-2.0 */
/* Filters that users bring, as the kernel would evaluate them. */
#include "bpf.h"

#include "base/fs.h"
#include "seccomp/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/socket.h>

static const uint64_t docker_set = UINT64_C(0xa80425fb);
static const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

static int compile(const char *text, uint64_t capabilities, struct buf *program, struct error *err)
{
	return filter_compile_profile(text, "test.json", capabilities, program, err);
}

static void compile_good(const char *text, uint64_t capabilities, struct buf *program)
{
	struct error err = ERROR_INIT;

	if (compile(text, capabilities, program, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

static uint32_t ask_call(const struct buf *program, const char *name, unsigned argument,
			 uint64_t value)
{
	int number = seccomp_syscall_resolve_name(name);

	assert_true(number >= 0);
	return ask(program, NATIVE_ARCH, (uint32_t)number, argument, value);
}

/* One rule in a profile that allows nothing else. */
static uint32_t ask_rule(const char *rule, uint64_t capabilities, const char *name,
			 unsigned argument, uint64_t value)
{
	cleanup(buf_release) struct buf program = BUF_INIT, text = BUF_INIT;

	buf_printf(&text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[%s]}", rule);
	compile_good(text.data, capabilities, &program);
	return ask_call(&program, name, argument, value);
}

static void actions_are_the_kernels(void **state)
{
	static const struct {
		const char *action;
		uint32_t result;
	} cases[] = {
		{ "\"SCMP_ACT_ALLOW\"", SECCOMP_RET_ALLOW },
		{ "\"SCMP_ACT_LOG\"", SECCOMP_RET_LOG },
		{ "\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD },
		{ "\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD },
		{ "\"SCMP_ACT_KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS },
		{ "\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP },
		{ "\"SCMP_ACT_ERRNO\",\"errnoRet\":13", SECCOMP_RET_ERRNO | EACCES },
		{ "\"SCMP_ACT_ERRNO\",\"errnoRet\":38,\"errno\":\"ENOSYS\"", unknown },
		{ "\"SCMP_ACT_ERRNO\"", denied },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char rule[256];
		(void)snprintf(rule, sizeof(rule), "{\"names\":[\"openat\"],\"action\":%s}",
			       cases[i].action);
		assert_int_equal(ask_rule(rule, 0, "openat", 0, 0), cases[i].result);
		assert_int_equal(ask_rule(rule, 0, "write", 0, 0), denied);
	}
}

static void arguments_are_compared(void **state)
{
	static const struct {
		const char *condition;
		uint64_t allowed, refused;
	} cases[] = {
		{ "\"op\":\"SCMP_CMP_EQ\",\"value\":7", 7, 8 },
		{ "\"op\":\"SCMP_CMP_NE\",\"value\":7", 8, 7 },
		{ "\"op\":\"SCMP_CMP_LT\",\"value\":7", 6, 7 },
		{ "\"op\":\"SCMP_CMP_LE\",\"value\":7", 7, 8 },
		{ "\"op\":\"SCMP_CMP_GT\",\"value\":7", 8, 7 },
		{ "\"op\":\"SCMP_CMP_GE\",\"value\":7", 7, 6 },
		{ "\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":12,\"valueTwo\":4", 0x15, 0x19 },
		{ "\"op\":\"SCMP_CMP_EQ\",\"value\":4294967296", UINT64_C(1) << 32, 0 },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char rule[256];
		(void)snprintf(rule, sizeof(rule),
			       "{\"names\":[\"fcntl\"],\"action\":\"SCMP_ACT_ALLOW\","
			       "\"args\":[{\"index\":1,%s}]}",
			       cases[i].condition);
		assert_int_equal(ask_rule(rule, 0, "fcntl", 1, cases[i].allowed),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(ask_rule(rule, 0, "fcntl", 1, cases[i].refused), denied);
	}
	/* as the runtimes have it: of one argument, either */
	static const char either[] = "{\"name\":\"fcntl\",\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				     "{\"index\":1,\"value\":3,\"op\":\"SCMP_CMP_EQ\"},"
				     "{\"index\":1,\"value\":5,\"op\":\"SCMP_CMP_EQ\"}]}";
	assert_int_equal(ask_rule(either, 0, "fcntl", 1, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_rule(either, 0, "fcntl", 1, 5), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_rule(either, 0, "fcntl", 1, 4), denied);
}

static void conditions_choose_the_rules(void **state)
{
	static const struct {
		const char *conditions;
		uint64_t capabilities;
		bool is_there;
	} cases[] = {
		{ "\"includes\":{}", 0, true },
		{ "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0, false },
		{ "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", UINT64_C(1) << CAP_SYS_ADMIN,
		  true },
		{ "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}",
		  UINT64_C(1) << CAP_SYS_ADMIN, false },
		{ "\"includes\":{\"caps\":[\"CAP_OF_THE_FUTURE\"]}", docker_set, false },
		{ "\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}",
		  UINT64_C(1) << CAP_CHOWN, false },
		{ "\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", docker_set, true },
		{ "\"includes\":{\"minKernel\":\"4.8\"}", 0, true },
		{ "\"includes\":{\"minKernel\":\"999.0\"}", 0, false },
		{ "\"excludes\":{\"minKernel\":\"4.8\"}", 0, false },
		{ "\"includes\":{\"arches\":[\"s390x\"]}", 0, false },
		{ "\"includes\":{\"arches\":[\"s390x\",\"amd64\",\"arm64\"]}", 0, true },
		{ "\"excludes\":{\"arches\":[\"amd64\",\"arm64\"]}", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char rule[256];
		(void)snprintf(rule, sizeof(rule),
			       "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",%s}",
			       cases[i].conditions);
		uint32_t result = ask_rule(rule, cases[i].capabilities, "read", 0, 0);
		if (result != (cases[i].is_there ? SECCOMP_RET_ALLOW : denied))
			fail_msg("%s: %x", cases[i].conditions, result);
	}
}

/* A libc that is newer than the profile has to fall back, not to fail. */
static void newer_calls_are_unknown(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\","
		"\"cachestat\",\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	cleanup(buf_release) struct buf program = BUF_INIT;

	(void)state;
	compile_good(text, 0, &program);
	assert_int_equal(ask(&program, NATIVE_ARCH, 451, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_call(&program, "read", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_call(&program, "write", 0, 0), denied);
	for (uint32_t number = 452; number < 2000; number++)
		assert_int_equal(ask(&program, NATIVE_ARCH, number, 0, 0), unknown);
}

#if defined(__x86_64__)
static void only_named_architectures_run(void **state)
{
	static const char map[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":"
		"\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},{\"architecture\":"
		"\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],"
		"\"syscalls\":[{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	static const char none[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}";
	enum { I386_GETPID = 20, I386_WRITE = 4 };
	cleanup(buf_release) struct buf program = BUF_INIT, native = BUF_INIT;

	(void)state;
	compile_good(map, 0, &program);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_GETPID, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&program, AUDIT_ARCH_I386, I386_WRITE, 0, 0), denied);
	assert_int_equal(ask(&program, AUDIT_ARCH_ARM, I386_GETPID, 0, 0),
			 SECCOMP_RET_KILL_PROCESS);
	compile_good(none, 0, &native);
	assert_int_equal(ask(&native, NATIVE_ARCH, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&native, AUDIT_ARCH_I386, I386_GETPID, 0, 0),
			 SECCOMP_RET_KILL_PROCESS);
}
#endif

static void what_is_no_profile_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
		enum error_code code;
	} cases[] = {
		{ "", "bad JSON", ERROR_USAGE },
		{ "[]", "an object is expected", ERROR_USAGE },
		{ "{}", "'defaultAction' is missing", ERROR_USAGE },
		{ "{\"defaultAction\":\"ALLOW\"}", "unknown action 'ALLOW'", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "not supported yet",
		  ERROR_UNSUPPORTED },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"sycalls\":[]}",
		  "unknown member 'sycalls'", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":4096}",
		  "4096 is no error number", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		  "not supported yet", ERROR_UNSUPPORTED },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_ALLOW\"}]}",
		  "syscalls[0]: a rule names no call", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"]}]}",
		  "syscalls[0]: 'action' is missing", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":6,\"value\":0,\"op\":"
		  "\"SCMP_CMP_EQ\"}]}]}",
		  "out of range", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":0,\"op\":"
		  "\"EQ\"}]}]}",
		  "unknown operator 'EQ'", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"cap\":[]}}]}",
		  "unknown member 'cap'", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"x86\"]}",
		  "unknown architecture 'x86'", ERROR_USAGE },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		  "bad JSON", ERROR_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(buf_release) struct buf program = BUF_INIT;
		struct error err = ERROR_INIT;
		assert_int_equal(compile(cases[i].text, 0, &program, &err), -1);
		if (!strstr(err.text, cases[i].error) || !strstr(err.text, "'test.json'"))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].error);
		assert_int_equal(err.code, cases[i].code);
	}
}

/* Podman's own, as its package brings it. */
static void takes_a_real_profile(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT, program = BUF_INIT, more = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	if (fs_read_whole(AT_FDCWD, "/usr/share/containers/seccomp.json", 4 * 1024 * 1024,
			  "profile", &text, &err) <= 0)
		lacks("the profile of containers-common");
	compile_good(text.data, docker_set, &program);
	assert_int_equal(ask_call(&program, "openat", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_call(&program, "bpf", 0, 0), denied);
	assert_int_equal(ask_call(&program, "personality", 0, 8), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_call(&program, "personality", 0, 9), unknown);
	assert_int_equal(ask_call(&program, "socket", 0, AF_INET), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&program, NATIVE_ARCH, 1999, 0, 0), unknown);
	compile_good(text.data, docker_set | UINT64_C(1) << CAP_SYS_ADMIN, &more);
	assert_int_equal(ask_call(&more, "bpf", 0, 0), SECCOMP_RET_ALLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_are_the_kernels),
		cmocka_unit_test(arguments_are_compared),
		cmocka_unit_test(conditions_choose_the_rules),
		cmocka_unit_test(newer_calls_are_unknown),
#if defined(__x86_64__)
		cmocka_unit_test(only_named_architectures_run),
#endif
		cmocka_unit_test(what_is_no_profile_is_refused),
		cmocka_unit_test(takes_a_real_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
