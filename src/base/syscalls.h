/* SPDX-License-Identifier: Apache-2.0 */
/* What glibc 2.36 has no wrapper for. Nothing else belongs here. */
#ifndef CBUILD_BASE_SYSCALLS_H
#define CBUILD_BASE_SYSCALLS_H

#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

/* Kernel 6.13; the number is the same on every architecture. */
static inline ssize_t sys_getxattrat(int dirfd, const char *path, unsigned flags, const char *name,
				     void *value, size_t size)
{
	struct {
		uint64_t value __attribute__((aligned(8)));
		uint32_t size;
		uint32_t flags;
	} args = { (uint64_t)(uintptr_t)value, (uint32_t)size, 0 };

	return syscall(464, dirfd, path, flags, name, &args, sizeof(args));
}

#endif
