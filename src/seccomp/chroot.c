/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused besides, where a step sees the processes and the root of others. */
#include "base/fs.h"
#include "seccomp/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>

static const char *const refused[] = { "chroot", "ptrace", "process_vm_readv",
				       "process_vm_writev" };

static int add_rules(scmp_filter_ctx context)
{
	int result = 0;

#if defined(__x86_64__)
	result = seccomp_arch_add(context, SCMP_ARCH_X86);
#elif defined(__aarch64__)
	result = seccomp_arch_add(context, SCMP_ARCH_ARM);
#endif
	for (size_t i = 0; result == 0 && i < countof(refused); i++)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM),
					  seccomp_syscall_resolve_name(refused[i]), 0);
	return result;
}

int filter_compile_chroot(struct buf *ret_program, struct error *err)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	if (!context || fd < 0) {
		seccomp_release(context);
		return error_sys(err, "make a system call filter");
	}
	/* the filter that stands before it speaks for other architectures */
	int result = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	if (result == 0)
		result = add_rules(context);
	if (result == 0)
		result = seccomp_export_bpf(context, fd);
	seccomp_release(context);
	if (result < 0) {
		errno = -result;
		return error_sys(err, "compile a system call filter");
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "read a system call filter");
	return fs_read_fd(fd, 1024 * 1024, "filter", ret_program, err) < 0 ? -1 : 0;
}
