/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/filter.h"

#include "ranges.h"

#include "base/fs.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { FILTER_SIZE_MAX = BPF_MAXINSNS * sizeof(struct sock_filter) };

/* The low half of an argument, which is all that the kernel reads of an int. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { LOW_HALF = 0 };
#else
enum { LOW_HALF = 4 };
#endif

/* The architectures of one kernel: its own, and the 32-bit one that it runs besides. */
struct filter_arch {
	uint32_t scmp_arch; /* libseccomp's name for it, which is the kernel's AUDIT_ARCH_ */
	bool is_compat;
};

#if defined(__x86_64__)
static const struct filter_arch archs[] = { { SCMP_ARCH_X86_64, false }, { SCMP_ARCH_X86, true } };
#elif defined(__aarch64__)
static const struct filter_arch archs[] = { { SCMP_ARCH_AARCH64, false }, { SCMP_ARCH_ARM, true } };
#else
#error "the system call filter has no tables for this architecture"
#endif

DEFINE_CLEANUP(scmp_filter_ctx, seccomp_release);

static int fail(struct error *err, int result, const char *what, const char *name)
{
	errno = -result;
	return error_sys(err, "seccomp filter: %s '%s'", what, name);
}

/*
 * libseccomp wants the number of its own architecture, or its pseudo number for a call that only
 * another one has, and translates. What it has no name for is left to add_unnamed.
 */
static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name,
		    const struct scmp_arg_cmp *compare, struct error *err)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	int result = seccomp_rule_add_array(filter, action, number, compare ? 1 : 0, compare);
	return result < 0 && result != -EDOM ? fail(err, result, "rule for", name) : 0;
}

static bool is_granted(const struct filter_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_grants; i++)
		if ((table->capabilities >> table->grants[i].capability & 1) &&
		    strcmp(table->grants[i].name, name) == 0)
			return true;
	return false;
}

/* Allowed without a flag that makes a namespace. */
static int add_clone(scmp_filter_ctx filter, const struct filter_table *table, struct error *err)
{
#if defined(__s390__)
	const unsigned argument = 1;
#else
	const unsigned argument = 0;
#endif
	struct scmp_arg_cmp none = { argument, SCMP_CMP_MASKED_EQ, table->clone_refused_flags, 0 };

	return add_rule(filter, SCMP_ACT_ALLOW, "clone", &none, err);
}

/*
 * The calls whose arguments count: with any that no rule allows they are refused. What
 * filter_add_ranges decides needs no rule here.
 */
static int add_rules(scmp_filter_ctx filter, const struct filter_table *table, struct error *err)
{
	if (!is_granted(table, "clone") && add_clone(filter, table, err) < 0)
		return -1;
	for (size_t i = 0; i < table->n_allowed_values; i++) {
		const struct filter_allowed_value *value = &table->allowed_values[i];
		struct scmp_arg_cmp equal = { value->argument, SCMP_CMP_EQ, value->value, 0 };
		if (add_rule(filter, SCMP_ACT_ALLOW, value->name, &equal, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < table->n_denied_values; i++)
		if (add_rule(filter, SCMP_ACT_ALLOW, table->denied_values[i].name, NULL, err) < 0)
			return -1;
	return 0;
}

/* A filter that holds one architecture only. */
static int make_filter(const struct filter_table *table, const struct filter_arch *arch,
		       scmp_filter_ctx *ret_filter, struct error *err)
{
	cleanup(seccomp_release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return error_set(err, ERROR_SYSTEM, "seccomp filter: cannot be made");
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (result == 0 && arch->is_compat)
		result = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	if (result == 0 && arch->is_compat)
		result = seccomp_arch_add(filter, arch->scmp_arch);
	if (result < 0)
		return fail(err, result, "set up", "architecture");
	if (add_rules(filter, table, err) < 0)
		return -1;
	*ret_filter = take_ptr(&filter);
	return 0;
}

static int find_number(const struct filter_number *numbers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(numbers[i].name, name) == 0)
			return numbers[i].number;
	return -1;
}

/* Negative where the architecture does not have the call. */
static int number_of(const struct filter_table *table, const struct filter_arch *arch,
		     const char *name)
{
	int number = -1;

	if (arch->is_compat)
		number = find_number(table->compat_numbers, table->n_compat_numbers, name);
	if (number < 0)
		number = seccomp_syscall_resolve_name_arch(arch->scmp_arch, name);
	if (number == __NR_SCMP_ERROR)
		number = find_number(table->numbers, table->n_numbers, name);
	return number;
}

/* How many entries from `first` on are about the same argument of the same call. */
static size_t same_argument(const struct filter_table *table, size_t first)
{
	size_t n = 1;
	const struct filter_denied_value *values = table->denied_values;

	while (first + n < table->n_denied_values &&
	       strcmp(values[first].name, values[first + n].name) == 0 &&
	       values[first].argument == values[first + n].argument)
		n++;
	return n;
}

/*
 * What libseccomp cannot say: "allowed, except for these values, compared in 32 bits". Falls
 * through to the program behind it.
 */
static void add_denied_values(struct buf *program, const struct filter_table *table,
			      const struct filter_arch *arch)
{
	size_t n;

	filter_add_instruction(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			       offsetof(struct seccomp_data, nr));
	for (size_t first = 0; first < table->n_denied_values; first += n) {
		const struct filter_denied_value *value = &table->denied_values[first];
		uint32_t offset = (uint32_t)offsetof(struct seccomp_data, args) +
				  value->argument * (uint32_t)sizeof(uint64_t) + LOW_HALF;
		int number = number_of(table, arch, value->name);

		n = same_argument(table, first);
		if (number < 0)
			continue;
		/* skips the load, the n pairs, and loading the number again */
		filter_add_instruction(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(2 * n + 2),
				       (uint32_t)number);
		filter_add_instruction(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
		for (size_t i = 0; i < n; i++) {
			filter_add_instruction(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1,
					       value[i].value);
			filter_add_instruction(program, BPF_RET | BPF_K, 0, 0,
					       SECCOMP_RET_ERRNO | EPERM);
		}
		filter_add_instruction(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
				       offsetof(struct seccomp_data, nr));
	}
}

static bool has_values(const struct filter_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_allowed_values; i++)
		if (strcmp(table->allowed_values[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < table->n_denied_values; i++)
		if (strcmp(table->denied_values[i].name, name) == 0)
			return true;
	return false;
}

static void add_calls(struct filter_calls *calls, const struct filter_table *table,
		      const struct filter_arch *arch, const char *const *names,
		      enum filter_verdict verdict)
{
	for (; *names; names++) {
		int number = number_of(table, arch, *names);
		if (number >= 0 && !is_granted(table, *names))
			vec_push(calls,
				 (struct filter_call){ (uint32_t)number, has_values(table, *names)
										 ? VERDICT_LOOK
										 : verdict });
	}
}

/* What somebody may do who has the capability for it. */
static void add_granted(struct filter_calls *calls, const struct filter_table *table,
			const struct filter_arch *arch)
{
	for (size_t i = 0; i < table->n_grants; i++) {
		const char *name = table->grants[i].name;
		int number = is_granted(table, name) ? number_of(table, arch, name) : -1;
		if (number >= 0)
			vec_push(calls, (struct filter_call){ (uint32_t)number, VERDICT_ALLOW });
	}
}

static int add_ranges(struct buf *part, const struct filter_table *table,
		      const struct filter_arch *arch, struct error *err)
{
	static const char *const by_flags[] = { "clone", NULL };
	struct filter_calls calls = { 0 };

	add_calls(&calls, table, arch, table->allowed, VERDICT_ALLOW);
	add_calls(&calls, table, arch, table->refused, VERDICT_REFUSE);
	if (arch->is_compat)
		add_calls(&calls, table, arch, table->refused_compat, VERDICT_REFUSE);
	add_calls(&calls, table, arch, by_flags, VERDICT_LOOK);
	add_granted(&calls, table, arch);
	for (size_t i = 0; i < table->n_allowed_values; i++) {
		const char *const name[] = { table->allowed_values[i].name, NULL };
		add_calls(&calls, table, arch, name, VERDICT_LOOK);
	}
	filter_add_instruction(part, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			       offsetof(struct seccomp_data, nr));
	int result = filter_add_ranges(part, &calls, err);
	vec_release(&calls);
	return result;
}

/* libseccomp 2.5 writes its program to a descriptor only. */
int filter_export(void *filter, struct buf *program, struct error *err)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "make a memory file");
	int result = seccomp_export_bpf(filter, fd);
	if (result < 0)
		return fail(err, result, "export", "program");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "read the seccomp filter");
	return fs_read_fd(fd, FILTER_SIZE_MAX, "seccomp filter", program, err);
}

/* The part for one architecture, without the look at which one it is. */
static int compile_arch(const struct filter_table *table, const struct filter_arch *arch,
			struct buf *ret_part, struct error *err)
{
	cleanup(seccomp_release) scmp_filter_ctx filter = NULL;

	if (add_ranges(ret_part, table, arch, err) < 0 ||
	    make_filter(table, arch, &filter, err) < 0)
		return -1;
	add_denied_values(ret_part, table, arch);
	return filter_export(filter, ret_part, err);
}

/* One part for each architecture, with a jump over it for the others; what is none of them dies. */
int filter_compile(const struct filter_table *table, struct buf *ret_program, struct error *err)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	for (size_t i = 0; i < countof(archs); i++) {
		cleanup(buf_release) struct buf part = BUF_INIT;
		if (compile_arch(table, &archs[i], &part, err) < 0)
			return -1;
		filter_add_instruction(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
				       offsetof(struct seccomp_data, arch));
		filter_add_instruction(&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0,
				       archs[i].scmp_arch);
		filter_add_instruction(&program, BPF_JMP | BPF_JA, 0, 0,
				       (uint32_t)(part.len / sizeof(struct sock_filter)));
		buf_add(&program, part.data, part.len);
	}
	filter_add_instruction(&program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	if (program.len > FILTER_SIZE_MAX)
		return error_set(err, ERROR_SYSTEM, "seccomp filter: longer than %d instructions",
				 BPF_MAXINSNS);
	buf_release(ret_program);
	*ret_program = program;
	program = (struct buf)BUF_INIT;
	return 0;
}

int filter_load(const struct buf *program, struct error *err)
{
	struct sock_fprog loaded = {
		.len = (unsigned short)(program->len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)program->data,
	};

	/* Without SPEC_ALLOW every branch of the step's programs would pay for this filter. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &loaded) <
	    0)
		return error_sys(err, "load the seccomp filter");
	return 0;
}
