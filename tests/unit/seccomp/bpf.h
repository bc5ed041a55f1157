/* SPDX-License-Identifier: Apache-2.0 */
/* A system call filter, evaluated as the kernel would. */
#ifndef CBUILD_TESTS_SANDBOX_BPF_H
#define CBUILD_TESTS_SANDBOX_BPF_H

#include "../cmocka_head.h"
#include "base/buf.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

static inline uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	assert_true(offset + sizeof(word) <= sizeof(*data) && offset % sizeof(word) == 0);
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

static inline bool holds(const struct sock_filter *at, uint32_t accumulator)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return accumulator == at->k;
	case BPF_JGE:
		return accumulator >= at->k;
	case BPF_JGT:
		return accumulator > at->k;
	case BPF_JSET:
		return accumulator & at->k;
	default:
		fail_msg("jump %x", at->code);
		return false;
	}
}

static inline uint32_t evaluate(const struct buf *program, const struct seccomp_data *data)
{
	const struct sock_filter *code = (const struct sock_filter *)(const void *)program->data;
	size_t len = program->len / sizeof(*code);
	uint32_t accumulator = 0;

	for (size_t i = 0; i < len; i++) {
		const struct sock_filter *at = &code[i];
		switch (at->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			accumulator = load(data, at->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= at->k;
			break;
		case BPF_RET | BPF_K:
			return at->k;
		case BPF_JMP | BPF_JA:
			i += at->k;
			break;
		default:
			assert_int_equal(BPF_CLASS(at->code), BPF_JMP);
			i += holds(at, accumulator) ? at->jt : at->jf;
		}
	}
	fail_msg("fell out of the end");
	return 0;
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

static inline uint32_t ask(const struct buf *program, uint32_t arch, uint32_t number,
			   unsigned argument, uint64_t value)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	data.args[argument] = value;
	return evaluate(program, &data);
}

#endif
