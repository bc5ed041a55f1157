/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel and the processor run programs of their smaller sibling. */
#include "sandbox.h"

#include "base/fs.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { PROBE_STATUS = 42, PROBE_ADDRESS = 0x10000, CODE_MAX = 16 };

/* exit(42) */
#if defined(__x86_64__)
static const char SIBLING[] = "386";
enum { SIBLING_MACHINE = EM_386, SIBLING_FLAGS = 0 };
static const unsigned char SIBLING_CODE[] = {
	0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1, %eax */
	0xbb, 0x2a, 0x00, 0x00, 0x00, /* mov $42, %ebx */
	0xcd, 0x80,		      /* int $0x80 */
};
#elif defined(__aarch64__)
static const char SIBLING[] = "arm";
enum { SIBLING_MACHINE = EM_ARM, SIBLING_FLAGS = EF_ARM_EABI_VER5 };
static const unsigned char SIBLING_CODE[] = {
	0x2a, 0x00, 0xa0, 0xe3, /* mov r0, #42 */
	0x01, 0x70, 0xa0, 0xe3, /* mov r7, #1 */
	0x00, 0x00, 0x00, 0xef, /* svc #0 */
};
#else
#error "which 32-bit programs this architecture executes is not known"
#endif

struct probe {
	Elf32_Ehdr header;
	Elf32_Phdr segment;
	unsigned char code[CODE_MAX];
};

static void make_probe(struct probe *probe)
{
	*probe = (struct probe){
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = SIBLING_MACHINE,
			    .e_version = EV_CURRENT,
			    .e_entry = PROBE_ADDRESS + offsetof(struct probe, code),
			    .e_phoff = offsetof(struct probe, segment),
			    .e_flags = SIBLING_FLAGS,
			    .e_ehsize = sizeof(Elf32_Ehdr),
			    .e_phentsize = sizeof(Elf32_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_LOAD,
			     .p_vaddr = PROBE_ADDRESS,
			     .p_paddr = PROBE_ADDRESS,
			     .p_filesz = sizeof(*probe),
			     .p_memsz = sizeof(*probe),
			     .p_flags = PF_R | PF_X,
			     .p_align = 0x1000 },
	};
	memcpy(probe->code, SIBLING_CODE, sizeof(SIBLING_CODE));
}

bool sandbox_executes(const char *architecture)
{
	struct error ignored = ERROR_INIT;
	char *const args[] = { (char[]){ "probe" }, NULL };
	char *const env[] = { NULL };
	struct probe probe;
	int status = 0;

	if (strcmp(architecture, SIBLING) != 0)
		return false;
	autoclose int fd = memfd_create("probe", MFD_CLOEXEC);
	make_probe(&probe);
	if (fd < 0 || fs_write_all(fd, &probe, sizeof(probe), &ignored) < 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		(void)fexecve(fd, args, env);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == PROBE_STATUS;
}
