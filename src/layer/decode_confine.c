/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_child.h"

#include "base/macros.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "the decoder's filter does not know this architecture"
#endif

/* xz -9 wants a dictionary of 64 MiB; more is asked for by nothing that is meant well. */
#define MAPPING_SIZE_MAX (192U << 20)

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARG(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD_ARG_HIGH(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n) + 4)
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define ALLOW_CALL(number) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), ANSWER(SECCOMP_RET_ALLOW)
#define ONLY_OWN_ARCH                                                    \
	LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0), \
		ANSWER(SECCOMP_RET_KILL_PROCESS)

static const struct sock_filter strict_filter[] = {
	ONLY_OWN_ARCH,
	LOAD(nr),
	ALLOW_CALL(SYS_read),
	ALLOW_CALL(SYS_write),
	ALLOW_CALL(SYS_exit_group),
	ALLOW_CALL(SYS_exit),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
};

static const struct sock_filter memory_filter[] = {
	ONLY_OWN_ARCH,
	LOAD(nr),
	ALLOW_CALL(SYS_read),
	ALLOW_CALL(SYS_write),
	ALLOW_CALL(SYS_brk),
	ALLOW_CALL(SYS_munmap),
	ALLOW_CALL(SYS_madvise),
	ALLOW_CALL(SYS_exit_group),
	ALLOW_CALL(SYS_exit),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
	/* nothing executable, no file, and not too much */
	LOAD_ARG(2),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
	LOAD_ARG(3),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 1, 0),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
	LOAD_ARG_HIGH(1),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
	ANSWER(SECCOMP_RET_ERRNO | ENOMEM),
	LOAD_ARG(1),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, MAPPING_SIZE_MAX, 0, 1),
	ANSWER(SECCOMP_RET_ERRNO | ENOMEM),
	ANSWER(SECCOMP_RET_ALLOW),
};

bool decode_confine(bool needs_memory)
{
	/* the kernel's type is not const, though it only reads */
	struct sock_filter filter[countof(memory_filter)];
	const struct sock_filter *from = needs_memory ? memory_filter : strict_filter;
	size_t len = needs_memory ? countof(memory_filter) : countof(strict_filter);

	for (size_t i = 0; i < len; i++)
		filter[i] = from[i];
	const struct sock_fprog program = { .len = (unsigned short)len, .filter = filter };
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
