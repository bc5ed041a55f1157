/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default profile: what Docker's allows a container with the default capabilities, but ENOSYS
 * for what it does not know. Calls that act on namespaces, mounts, keys, kernel modules, the clock
 * or the machine answer EPERM.
 */
#include "seccomp/filter.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const char *const allowed[] = {
	/* files and directories by name */
	"access", "chdir", "chmod", "chown", "chown32", "chroot", "creat", "execve", "execveat",
	"faccessat", "faccessat2", "fchdir", "fchmodat", "fchmodat2", "fchownat", "futimesat",
	"getcwd", "lchown", "lchown32", "link", "linkat", "lstat", "lstat64", "mkdir", "mkdirat",
	"mknod", "mknodat", "name_to_handle_at", "newfstatat", "fstatat64", "open", "openat",
	"openat2", "readlink", "readlinkat", "rename", "renameat", "renameat2", "rmdir", "stat",
	"stat64", "statfs", "statfs64", "statx", "symlink", "symlinkat", "truncate", "truncate64",
	"umask", "unlink", "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes",
	"listmount", "statmount",

	/* extended attributes */
	"fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "getxattrat",
	"lgetxattr", "listxattr", "listxattrat", "llistxattr", "lremovexattr", "lsetxattr",
	"removexattr", "removexattrat", "setxattr", "setxattrat",

	/* open files */
	"_llseek", "_newselect", "arm_fadvise64_64", "arm_sync_file_range", "cachestat", "close",
	"close_range", "copy_file_range", "dup", "dup2", "dup3", "fadvise64", "fadvise64_64",
	"fallocate", "fchmod", "fchown", "fchown32", "fcntl", "fcntl64", "fdatasync", "flock",
	"fstat", "fstat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "getdents",
	"getdents64", "ioctl", "lseek", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64",
	"pwritev", "pwritev2", "read", "readahead", "readv", "sendfile", "sendfile64", "splice",
	"sync", "sync_file_range", "sync_file_range2", "syncfs", "tee", "vmsplice", "write",
	"writev",

	/* waiting for files */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "fanotify_mark",
	"inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel",
	"io_destroy", "io_getevents", "io_pgetevents", "io_pgetevents_time64", "io_setup",
	"io_submit", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "select",

	/* memory */
	"brk", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret",
	"mincore", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect", "mremap", "mseal",
	"msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"process_mrelease", "remap_file_pages",

	/* processes and threads */
	"arch_prctl", "breakpoint", "cacheflush", "exit", "exit_group", "fork", "futex",
	"futex_requeue", "futex_time64", "futex_wait", "futex_waitv", "futex_wake",
	"get_robust_list", "get_thread_area", "getcpu", "getpgid", "getpgrp", "getpid", "getppid",
	"getpriority", "getrlimit", "getrusage", "getsid", "gettid", "ioprio_get", "ioprio_set",
	"kill", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self",
	"modify_ldt", "pidfd_open", "pidfd_send_signal", "prctl", "prlimit64", "process_vm_readv",
	"process_vm_writev", "ptrace", "restart_syscall", "riscv_flush_icache", "riscv_hwprobe",
	"rseq", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
	"sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
	"sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "sched_yield", "seccomp", "set_robust_list", "set_thread_area",
	"set_tid_address", "set_tls", "setpgid", "setpriority", "setrlimit", "setsid", "sysinfo",
	"tgkill", "times", "tkill", "ugetrlimit", "uname", "uretprobe", "vfork", "wait4", "waitid",
	"waitpid",

	/* signals */
	"alarm", "getitimer", "pause", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "setitimer", "sigaltstack", "signalfd",
	"signalfd4", "sigprocmask", "sigreturn",

	/* time */
	"clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
	"clock_nanosleep", "clock_nanosleep_time64", "gettimeofday", "nanosleep", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
	"timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime",
	"timerfd_gettime64", "timerfd_settime", "timerfd_settime64",

	/* who I am */
	"capget", "capset", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getgroups", "getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32",
	"getuid", "getuid32", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid",
	"setgid32", "setgroups", "setgroups32", "setregid", "setregid32", "setresgid",
	"setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32",

	/* sockets and messages */
	"accept", "accept4", "bind", "connect", "getpeername", "getrandom", "getsockname",
	"getsockopt", "ipc", "listen", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl",
	"msgget", "msgrcv", "msgsnd", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg",
	"semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "send", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shmat", "shmctl", "shmdt", "shmget", "shutdown",
	"socket", "socketpair",

	/* what is allowed above, as 32-bit programs of old ask for it */
	"nice", "oldfstat", "oldlstat", "oldolduname", "oldstat", "olduname", "readdir", "sgetmask",
	"sigaction", "signal", "sigpending", "sigsuspend", "ssetmask",

	/* numbers that are empty on every Linux: it says so itself, and the filter is shorter */
	"afs_syscall", "break", "create_module", "ftime", "get_kernel_syms", "getpmsg", "gtty",
	"idle", "lock", "mpx", "prof", "profil", "putpmsg", "query_module", "security", "stty",
	"tuxcall", "ulimit", "vserver",

	NULL
};

static const char *const refused[] = {
	/* namespaces, mounts, the root */
	"fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
	"open_by_handle_at", "open_tree", "open_tree_attr", "pivot_root", "setns", "umount",
	"umount2", "unshare",

	/* other processes' descriptors and memory */
	"kcmp", "migrate_pages", "move_pages", "pidfd_getfd", "process_madvise", "userfaultfd",
	"get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node",

	/* the kernel and the machine */
	"acct", "add_key", "bpf", "delete_module", "fanotify_init", "finit_module", "init_module",
	"io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
	"kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "lsm_get_self_attr",
	"lsm_list_modules", "lsm_set_self_attr", "nfsservctl", "perf_event_open", "quotactl",
	"quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname", "swapoff", "swapon",
	"sysfs", "syslog", "uselib", "ustat", "vhangup", "vm86", "vm86old",

	/* the clock */
	"adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64",
	"settimeofday", "stime",

	NULL
};

/* Multiplexes socket(2), whose family a filter cannot see behind a pointer. */
static const char *const refused_compat[] = { "socketcall", NULL };

/*
 * AF_ALG and AF_VSOCK reach kernel code that no build needs (CVE-2026-31431) and the host's other
 * machines; whole frames (AF_PACKET, or AF_INET with the type that it had before) go past the
 * routes that shut a private network off from the cloud, and see everybody's on the host's. TIOCSTI
 * and TIOCLINUX type into a terminal. The kernel takes an int: comparing all 64 bits would let a
 * set high bit through (CVE-2019-10063).
 */
enum { N_DENIED_REQUESTS = 2 };

static const struct filter_denied_value denied_values[] = {
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

/* PER_LINUX and PER_LINUX32, each also with UNAME26, and the question what it is. */
static const struct filter_allowed_value allowed_values[] = {
	{ "personality", 0, 0 },	  { "personality", 0, 0x8 },
	{ "personality", 0, 0x20000 },	  { "personality", 0, 0x20008 },
	{ "personality", 0, 0xffffffff },
};

/* Newer than libseccomp 2.5; since Linux 5.1 a call has one number on all architectures. */
static const struct filter_number numbers[] = {
	{ "cachestat", 451 },	      { "fchmodat2", 452 },	   { "map_shadow_stack", 453 },
	{ "futex_wake", 454 },	      { "futex_wait", 455 },	   { "futex_requeue", 456 },
	{ "statmount", 457 },	      { "listmount", 458 },	   { "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 }, { "lsm_list_modules", 461 }, { "mseal", 462 },
	{ "setxattrat", 463 },	      { "getxattrat", 464 },	   { "listxattrat", 465 },
	{ "removexattrat", 466 },     { "open_tree_attr", 467 },
#if defined(__x86_64__)
	{ "uretprobe", 335 },
#endif
#if defined(__riscv)
	{ "riscv_hwprobe", 258 },
#endif
};

/* libseccomp thinks of these as arguments of socketcall and ipc; they have numbers since 4.3, 5.1
 * (recvmmsg and sendmmsg always had).
 */
static const struct filter_number compat_numbers[] = {
#if defined(__x86_64__)
	{ "recvmmsg", 337 },   { "sendmmsg", 345 },    { "socket", 359 },
	{ "socketpair", 360 }, { "bind", 361 },	       { "connect", 362 },
	{ "listen", 363 },     { "accept4", 364 },     { "getsockopt", 365 },
	{ "setsockopt", 366 }, { "getsockname", 367 }, { "getpeername", 368 },
	{ "sendto", 369 },     { "sendmsg", 370 },     { "recvfrom", 371 },
	{ "recvmsg", 372 },    { "shutdown", 373 },    { "semget", 393 },
	{ "semctl", 394 },     { "shmget", 395 },      { "shmctl", 396 },
	{ "shmat", 397 },      { "shmdt", 398 },       { "msgget", 399 },
	{ "msgsnd", 400 },     { "msgrcv", 401 },      { "msgctl", 402 },
#endif
};

/* CLONE_NEWTIME shares its bit with the exit signal here; only clone3 can ask for it. */
enum {
	namespace_flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			  CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
};

/* AF_NETLINK is how a program learns its own addresses. */
static const struct filter_allowed_value strict_values[] = {
	{ "personality", 0, 0 },	  { "personality", 0, 0x8 },
	{ "personality", 0, 0x20000 },	  { "personality", 0, 0x20008 },
	{ "personality", 0, 0xffffffff }, { "socket", 0, AF_UNIX },
	{ "socket", 0, AF_INET },	  { "socket", 0, AF_INET6 },
	{ "socket", 0, AF_NETLINK },
};

/* As Docker's profile has it. None of these is among a step's capabilities by default. */
static const struct filter_grant grants[] = {
	{ CAP_DAC_READ_SEARCH, "open_by_handle_at" },
	{ CAP_SYS_ADMIN, "bpf" },
	{ CAP_SYS_ADMIN, "clone" },
	{ CAP_SYS_ADMIN, "clone3" },
	{ CAP_SYS_ADMIN, "fanotify_init" },
	{ CAP_SYS_ADMIN, "fsconfig" },
	{ CAP_SYS_ADMIN, "fsmount" },
	{ CAP_SYS_ADMIN, "fsopen" },
	{ CAP_SYS_ADMIN, "fspick" },
	{ CAP_SYS_ADMIN, "lookup_dcookie" },
	{ CAP_SYS_ADMIN, "lsm_get_self_attr" },
	{ CAP_SYS_ADMIN, "lsm_list_modules" },
	{ CAP_SYS_ADMIN, "lsm_set_self_attr" },
	{ CAP_SYS_ADMIN, "mount" },
	{ CAP_SYS_ADMIN, "mount_setattr" },
	{ CAP_SYS_ADMIN, "move_mount" },
	{ CAP_SYS_ADMIN, "open_tree" },
	{ CAP_SYS_ADMIN, "open_tree_attr" },
	{ CAP_SYS_ADMIN, "perf_event_open" },
	{ CAP_SYS_ADMIN, "quotactl" },
	{ CAP_SYS_ADMIN, "quotactl_fd" },
	{ CAP_SYS_ADMIN, "setdomainname" },
	{ CAP_SYS_ADMIN, "sethostname" },
	{ CAP_SYS_ADMIN, "setns" },
	{ CAP_SYS_ADMIN, "syslog" },
	{ CAP_SYS_ADMIN, "umount" },
	{ CAP_SYS_ADMIN, "umount2" },
	{ CAP_SYS_ADMIN, "unshare" },
	{ CAP_SYS_BOOT, "reboot" },
	{ CAP_SYS_MODULE, "delete_module" },
	{ CAP_SYS_MODULE, "finit_module" },
	{ CAP_SYS_MODULE, "init_module" },
	{ CAP_SYS_PACCT, "acct" },
	{ CAP_SYS_PTRACE, "kcmp" },
	{ CAP_SYS_PTRACE, "pidfd_getfd" },
	{ CAP_SYS_PTRACE, "process_madvise" },
	{ CAP_SYS_RAWIO, "ioperm" },
	{ CAP_SYS_RAWIO, "iopl" },
	{ CAP_SYS_TIME, "adjtimex" },
	{ CAP_SYS_TIME, "clock_adjtime" },
	{ CAP_SYS_TIME, "clock_adjtime64" },
	{ CAP_SYS_TIME, "clock_settime" },
	{ CAP_SYS_TIME, "clock_settime64" },
	{ CAP_SYS_TIME, "settimeofday" },
	{ CAP_SYS_TIME, "stime" },
	{ CAP_SYS_TTY_CONFIG, "vhangup" },
	{ CAP_SYS_NICE, "get_mempolicy" },
	{ CAP_SYS_NICE, "mbind" },
	{ CAP_SYS_NICE, "set_mempolicy" },
	{ CAP_SYS_NICE, "set_mempolicy_home_node" },
	{ CAP_SYSLOG, "syslog" },
	{ CAP_BPF, "bpf" },
	{ CAP_PERFMON, "perf_event_open" },
};

#define TABLE(denied, n_denied, values)                                                        \
	{                                                                                      \
		.allowed = allowed, .refused = refused, .refused_compat = refused_compat,      \
		.denied_values = (denied), .n_denied_values = (n_denied),                      \
		.allowed_values = (values), .n_allowed_values = countof(values),               \
		.numbers = numbers, .n_numbers = countof(numbers),                             \
		.compat_numbers = compat_numbers, .n_compat_numbers = countof(compat_numbers), \
		.grants = grants, .n_grants = countof(grants),                                 \
		.clone_refused_flags = namespace_flags,                                        \
	}

const struct filter_table filter_default_table =
	TABLE(denied_values, countof(denied_values), allowed_values);
/* the denied families stand behind the requests of ioctl */
const struct filter_table filter_strict_table =
	TABLE(denied_values, N_DENIED_REQUESTS, strict_values);
