/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-profile PROGRAM ARGUMENTS...: runs a program with what Docker's default profile leaves to
 * root in an ordinary container: its 14 capabilities, and a system call filter that refuses
 * namespaces, mounts and the like (EPERM; clone3: ENOSYS). What that profile otherwise refuses is
 * of no account here.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t kept[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	CAP_FOWNER,	      CAP_MKNOD,
	CAP_NET_RAW, CAP_SETGID,       CAP_SETUID,	CAP_SETFCAP,	      CAP_SETPCAP,
	CAP_KILL,    CAP_SYS_CHROOT,   CAP_AUDIT_WRITE, CAP_NET_BIND_SERVICE,
};

static const char *const refused[] = {
	"mount",
	"umount2",
	"pivot_root",
	"setns",
	"unshare",
	"open_tree",
	"fsopen",
	"fsmount",
	"fsconfig",
	"fspick",
	"move_mount",
	"mount_setattr",
	"sethostname",
	"setdomainname",
	"keyctl",
	"add_key",
	"request_key",
	"bpf",
	"userfaultfd",
	"io_uring_setup",
	"perf_event_open",
	"name_to_handle_at",
	"open_by_handle_at",
	"syslog",
};

enum { N_KEPT = sizeof(kept) / sizeof(*kept), N_REFUSED = sizeof(refused) / sizeof(*refused) };

static int is_kept(cap_value_t capability)
{
	for (int i = 0; i < N_KEPT; i++)
		if (kept[i] == capability)
			return 1;
	return 0;
}

static int limit_capabilities(void)
{
	cap_t state = cap_init();

	for (cap_value_t i = 0; cap_get_bound(i) >= 0; i++)
		if (!is_kept(i) && cap_drop_bound(i) < 0)
			return -1;
	if (!state || cap_set_flag(state, CAP_PERMITTED, N_KEPT, kept, CAP_SET) < 0 ||
	    cap_set_flag(state, CAP_EFFECTIVE, N_KEPT, kept, CAP_SET) < 0)
		return -1;
	int result = cap_set_proc(state);
	(void)cap_free(state);
	return result;
}

static int load_filter(void)
{
	static const unsigned long flags[] = { CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
					       CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
					       CLONE_NEWNET };
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int result = context ? 0 : -1;

	for (int i = 0; result == 0 && i < N_REFUSED; i++) {
		int number = seccomp_syscall_resolve_name(refused[i]);
		if (number != __NR_SCMP_ERROR)
			result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	for (size_t i = 0; result == 0 && i < sizeof(flags) / sizeof(*flags); i++)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	if (result == 0)
		result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* programs of 32 bits run in containers */
	if (result == 0 && seccomp_arch_native() == SCMP_ARCH_X86_64)
		result = seccomp_arch_add(context, SCMP_ARCH_X86);
	/* a container's runtime loads it with CAP_SYS_ADMIN; no_new_privs stays off there */
	if (result == 0)
		result = seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
	if (result == 0)
		result = seccomp_load(context);
	seccomp_release(context);
	return result;
}

int main(int argc, char **argv)
{
	if (argc < 2 || load_filter() < 0 || limit_capabilities() < 0) {
		perror("docker-profile");
		return 125;
	}
	(void)execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
