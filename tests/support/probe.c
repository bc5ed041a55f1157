/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe WORD [ARGUMENTS]...: a static program that end-to-end tests take into a RUN, for what no
 * command of busybox does. Prints what came of it, one line each: "ok" or the name of the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *outcome(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

static void say(const char *what, long result)
{
	(void)printf("%s: %s\n", what, outcome(result));
}

/* --- ids ----------------------------------------------------------------------------------------
 */

static int print_ids(char **arguments)
{
	(void)arguments;
	(void)printf("%u %u\n", (unsigned)getuid(), (unsigned)geteuid());
	return 0;
}

static int print_securebits(char **arguments)
{
	(void)arguments;
	(void)printf("securebits: %d\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	(void)printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	return 0;
}

/* --- terminals ----------------------------------------------------------------------------------
 */

/* Types "X" into the terminal behind each descriptor, and selects on its console. */
static int type_into(char **arguments)
{
	static const unsigned long requests[] = { TIOCSTI, TIOCSTI | 1UL << 32, TIOCLINUX };

	(void)arguments;
	for (int fd = 0; fd < 3; fd++)
		for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
			char text[2] = "X", what[64];
			(void)snprintf(what, sizeof(what), "fd %d request %lx", fd, requests[i]);
			say(what, syscall(SYS_ioctl, fd, requests[i], text));
		}
	int fd = open("/dev/tty", O_RDWR);
	say("/dev/tty", fd);
	fd = open("/dev/console", O_RDWR);
	say("/dev/console", fd);
	return 0;
}

/* --- other processes ----------------------------------------------------------------------------
 */

static int look_into(char **arguments)
{
	pid_t pid = (pid_t)atoi(arguments[0] ? arguments[0] : "1");
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)(uintptr_t)&byte, 1 };

	say("attach", ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	say("seize", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	say("read", process_vm_readv(pid, &here, 1, &there, 1, 0));
	say("write", process_vm_writev(pid, &here, 1, &there, 1, 0));
	long fd = syscall(SYS_pidfd_open, pid, 0);
	say("take a descriptor", fd < 0 ? fd : syscall(SYS_pidfd_getfd, fd, 0, 0));
	return 0;
}

/* Opens every program that runs here for writing, and cuts it off, for as long as it is told to. */
static int overwrite_programs(char **arguments)
{
	int rounds = atoi(arguments[0] ? arguments[0] : "1"), opened = 0;

	for (int round = 0; round < rounds; round++)
		for (int pid = 1; pid < 64; pid++) {
			char path[64], own[64];
			struct stat st, mine;
			(void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			(void)snprintf(own, sizeof(own), "/proc/self/exe");
			if (stat(path, &st) < 0 || stat(own, &mine) < 0)
				continue;
			if (st.st_ino == mine.st_ino && st.st_dev == mine.st_dev)
				continue;
			int fd = open(path, O_RDWR);
			if (fd < 0)
				fd = open(path, O_WRONLY | O_TRUNC);
			if (fd < 0)
				continue;
			opened++;
			char target[128] = "";
			(void)!readlink(path, target, sizeof(target) - 1);
			(void)printf("opened %s -> %s\n", path, target);
			(void)!write(fd, "overwritten", 11);
			(void)!ftruncate(fd, 0);
			(void)close(fd);
		}
	(void)printf("opened: %d\n", opened);
	return 0;
}

/* --- ways out -----------------------------------------------------------------------------------
 */

/* The root's handle is known: number 2 of most file systems. */
static int open_by_handle(char **arguments)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + 8];
	} root = { .handle = { .handle_bytes = 8, .handle_type = 1 } };

	(void)arguments;
	root.handle.f_handle[0] = 2;
	int fd = open("/etc/passwd", O_RDONLY);
	return open_by_handle_at(fd < 0 ? AT_FDCWD : fd, &root.handle, O_RDONLY) < 0;
}

/* The old way: a root below the working directory, which then leads up past it. */
static int leave_chroot(char **arguments)
{
	int root_fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)mkdir("/inner", 0755);
	(void)!chroot("/inner");
	(void)!fchdir(root_fd);
	for (int i = 0; i < 64; i++)
		(void)!chdir("..");
	(void)!chroot(".");
	say("out", open(arguments[0], O_RDONLY));
	return 0;
}

/* --- system calls -------------------------------------------------------------------------------
 */

enum { NUMBERS = 600, FAMILIES = 46, SYNC = 162, SYNC_I386 = 36, X32_BIT = 0x40000000 };

#if defined(__x86_64__)
static long call_i386(long number, unsigned value)
{
	long result;

	/* ebp, the sixth argument, is left alone */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(value), "c"(value), "d"(value), "S"(value), "D"(value)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)result;
}
#else
static long call_i386(long number, unsigned value)
{
	(void)number;
	(void)value;
	return -ENOSYS;
}
#endif

/* In a process of its own, since it may end, block, or change what it is. */
static void call_in_child(bool is_i386, long number, bool has_ones)
{
	unsigned long value = has_ones ? ~0UL : 0;
	pid_t self = getpid();
	long result;

	if (is_i386) {
		result = call_i386(number, (unsigned)value);
	} else {
		result = syscall(number, value, value, value, value, value, value);
		result = result < 0 ? -errno : result;
	}
	if (syscall(SYS_getpid) != self)
		_exit(0);
	_exit(result == -EPERM ? 'P' : result == -ENOSYS ? 'N' : 'O');
}

static bool is_asleep(pid_t pid)
{
	char path[64], text[256] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		(void)close(fd);
	const char *name_end = len < 0 ? NULL : strrchr(text, ')');
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

/* Until it is over; what sleeps, whatever signals it has blocked, waits for what never comes. */
static int wait_for(pid_t pid)
{
	int status = 0, asleep = 0;

	for (;;) {
		pid_t over = waitpid(pid, &status, WNOHANG | WUNTRACED);
		if (over == pid && !WIFSTOPPED(status))
			return status;
		asleep = over == 0 && is_asleep(pid) ? asleep + 1 : 0;
		if (over == pid || asleep > 5)
			(void)kill(pid, SIGKILL);
		if (over == 0)
			(void)usleep(asleep ? 20000 : 50);
	}
}

/* 'P'ermission, 'N'ot there, 'O'ther; 'K' where a filter killed it. */
static char class_of(bool is_i386, long number, bool has_ones)
{
	if (number == (is_i386 ? SYNC_I386 : SYNC))
		return 'O';
	pid_t pid = fork();
	if (pid == 0)
		call_in_child(is_i386, number, has_ones);
	int status = wait_for(pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? 'K' : 'O';
	return strchr("PN", WEXITSTATUS(status)) && WEXITSTATUS(status) ? (char)WEXITSTATUS(status)
									: 'O';
}

static int call_all(char **arguments)
{
	(void)arguments;
	(void)setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	(void)fflush(stdout);
	for (long number = 0; number <= NUMBERS; number++) {
		char zeros = class_of(false, number, false), ones = class_of(false, number, true);
		char x32 = class_of(false, number | X32_BIT, false);
		char i386[2] = { class_of(true, number, false), class_of(true, number, true) };
		(void)printf("amd64 %ld %c %c\nx32 %ld %c\ni386 %ld %c %c\n", number, zeros, ones,
			     number, x32, number, i386[0], i386[1]);
		(void)fflush(stdout);
	}
	for (int family = 0; family < FAMILIES; family++) {
		int fd = socket(family, SOCK_STREAM, 0);
		(void)printf("family %d %c\n", family, fd < 0 && errno == EPERM ? 'P' : 'O');
		if (fd >= 0)
			(void)close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(char **arguments);
	} words[] = {
		{ "ids", print_ids },
		{ "securebits", print_securebits },
		{ "type", type_into },
		{ "look-into", look_into },
		{ "overwrite", overwrite_programs },
		{ "open-by-handle", open_by_handle },
		{ "leave-chroot", leave_chroot },
		{ "calls", call_all },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(argv[1], words[i].word) == 0)
			return words[i].run(argv + 2);
	(void)fprintf(stderr, "probe: unknown word\n");
	return 2;
}
