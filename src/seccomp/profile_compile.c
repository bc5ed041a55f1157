/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile to a program: libseccomp makes it, as the runtimes do, with a look at the number before
 * it for what libseccomp cannot say: calls that are newer than its tables, and those that are newer
 * than the profile, which are unknown (ENOSYS) and not refused, so that a new libc falls back.
 */
#include "ranges.h"

#include "seccomp/filter.h"
#include "seccomp/profile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

enum { X32_BIT = 0x40000000 };

DEFINE_CLEANUP(scmp_filter_ctx, seccomp_release);

static int fail(struct error *err, int result, const char *what, const char *name)
{
	errno = -result;
	return error_sys(err, "%s '%s'", what, name);
}

static int find_unnamed(const char *name)
{
	const struct filter_table *table = &filter_default_table;

	for (size_t i = 0; i < table->n_numbers; i++)
		if (strcmp(table->numbers[i].name, name) == 0)
			return table->numbers[i].number;
	return -1;
}

/* Several conditions on one argument are alternatives, as the runtimes read them. */
static bool has_alternatives(const struct profile_rule *rule)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < rule->n_arguments; i++) {
		unsigned bit = 1U << rule->arguments[i].arg;
		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/* -EDOM: another architecture's call; -EEXIST: said before. */
static int add_call(scmp_filter_ctx filter, const struct profile_rule *rule, const char *name,
		    int number, struct error *err)
{
	bool is_split = has_alternatives(rule);
	unsigned n_rules = is_split ? rule->n_arguments : 1;

	for (unsigned i = 0; i < n_rules; i++) {
		int result = seccomp_rule_add_array(filter, rule->action, number,
						    is_split ? 1 : rule->n_arguments,
						    rule->arguments + (is_split ? i : 0));
		if (result < 0 && result != -EDOM && result != -EEXIST)
			return fail(err, result, "the rule for", name);
	}
	return 0;
}

static int add_rule(scmp_filter_ctx filter, const struct profile *profile,
		    const struct profile_rule *rule, struct buf *newer, struct error *err)
{
	if (rule->action == profile->default_action)
		return 0;
	for (size_t i = 0; i < rule->names.len; i++) {
		const char *name = rule->names.items[i];
		int number = seccomp_syscall_resolve_name(name);
		if (number != __NR_SCMP_ERROR) {
			if (add_call(filter, rule, name, number, err) < 0)
				return -1;
			continue;
		}
		number = find_unnamed(name);
		if (number < 0)
			continue;
		if (rule->n_arguments)
			return error_set(err, ERROR_UNSUPPORTED,
					 "a rule for arguments of '%s' is not supported yet", name);
		filter_add_instruction(newer, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
		filter_add_instruction(newer, BPF_RET | BPF_K, 0, 0, rule->action);
	}
	return 0;
}

static int make_filter(const struct profile *profile, struct buf *newer,
		       scmp_filter_ctx *ret_filter, struct error *err)
{
	cleanup(seccomp_release) scmp_filter_ctx filter = seccomp_init(profile->default_action);

	if (!filter)
		return error_set(err, ERROR_SYSTEM, "a system call filter cannot be made");
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; result == 0 && i < profile->n_archs; i++)
		result = seccomp_arch_add(filter, profile->archs[i]);
	if (result < 0)
		return fail(err, result, "set up", "architectures");
	for (size_t i = 0; i < profile->n_rules; i++)
		if (add_rule(filter, profile, &profile->rules[i], newer, err) < 0)
			return -1;
	*ret_filter = take_ptr(&filter);
	return 0;
}

/* The highest number that the profile, or the default one, has a name for. */
static uint32_t last_known(const struct profile *profile)
{
	int last = -1;

	for (size_t i = 0; i < profile->n_rules; i++)
		for (size_t k = 0; k < profile->rules[i].names.len; k++) {
			const char *name = profile->rules[i].names.items[k];
			int number = seccomp_syscall_resolve_name(name);
			if (number == __NR_SCMP_ERROR)
				number = find_unnamed(name);
			last = number > last ? number : last;
		}
	return last < 0 ? UINT32_MAX : (uint32_t)last;
}

static bool refuses_by_default(const struct profile *profile)
{
	return (profile->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/* Falls through to libseccomp's program, also for every other architecture. */
static void add_newer(const struct profile *profile, const struct buf *newer, struct buf *program)
{
	cleanup(buf_release) struct buf part = BUF_INIT;
	uint32_t last = last_known(profile);

	filter_add_instruction(&part, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			       offsetof(struct seccomp_data, nr));
	buf_add(&part, newer->data, newer->len);
	if (refuses_by_default(profile) && last != UINT32_MAX) {
		filter_add_instruction(&part, BPF_JMP | BPF_JGT | BPF_K, 0, 2, last);
		filter_add_instruction(&part, BPF_JMP | BPF_JGE | BPF_K, 1, 0, X32_BIT);
		filter_add_instruction(&part, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	}
	filter_add_instruction(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			       offsetof(struct seccomp_data, arch));
	filter_add_instruction(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, seccomp_arch_native());
	filter_add_instruction(program, BPF_JMP | BPF_JA, 0, 0,
			       (uint32_t)(part.len / sizeof(struct sock_filter)));
	buf_add(program, part.data, part.len);
}

static int compile(const struct profile *profile, struct buf *ret_program, struct error *err)
{
	cleanup(seccomp_release) scmp_filter_ctx filter = NULL;
	cleanup(buf_release) struct buf newer = BUF_INIT, program = BUF_INIT;

	if (make_filter(profile, &newer, &filter, err) < 0)
		return -1;
	add_newer(profile, &newer, &program);
	if (filter_export(filter, &program, err) < 0)
		return -1;
	if (program.len > BPF_MAXINSNS * sizeof(struct sock_filter))
		return error_set(err, ERROR_USAGE, "it makes more than %d instructions",
				 BPF_MAXINSNS);
	buf_release(ret_program);
	*ret_program = program;
	program = (struct buf)BUF_INIT;
	return 0;
}

int filter_compile_profile(const char *text, const char *path, uint64_t capabilities,
			   struct buf *ret_program, struct error *err)
{
	cleanup(profile_release) struct profile profile = { 0 };

	if (profile_read(text, strlen(text), capabilities, &profile, err) < 0 ||
	    compile(&profile, ret_program, err) < 0) {
		if (err->code != ERROR_UNSUPPORTED && err->code != ERROR_SYSTEM)
			err->code = ERROR_USAGE;
		return error_wrap(err, "seccomp profile '%s'", path);
	}
	return 0;
}
