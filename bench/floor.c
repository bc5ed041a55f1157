/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container costs without a builder.
 *
 *   floor N ROOTFS STATE         N times: clone, overlay, /proc, /dev, /sys, pivot_root, exec of
 * true; prints the median in milliseconds floor start N PROGRAM HELLO  N times in turn: start of
 * `PROGRAM version` and of HELLO; both medians
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	_exit(125);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times, int n)
{
	qsort(times, (size_t)n, sizeof(*times), compare);
	return times[n / 2];
}

static void mount_new(const char *type, const char *at, unsigned long flags, const char *options)
{
	must(mount(type, at, type, flags, options), at);
}

static void make_dev(void)
{
	static const struct {
		const char *name;
		unsigned minor;
	} nodes[] = { { "dev/null", 3 },
		      { "dev/zero", 5 },
		      { "dev/full", 7 },
		      { "dev/random", 8 },
		      { "dev/urandom", 9 } };

	mount_new("tmpfs", "dev", MS_NOSUID | MS_NOEXEC, "mode=755,size=65536k");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		must(mknod(nodes[i].name, S_IFCHR | 0666, makedev(1, nodes[i].minor)),
		     nodes[i].name);
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 01777), "dev/shm");
	mount_new("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620");
	mount_new("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=65536k");
}

static void contain(const char *options)
{
	must(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	must(mount("overlay", "root", "overlay", 0, options), "overlay");
	must(chdir("root"), "root");
	mount_new("proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	make_dev();
	mount_new("sysfs", "sys", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL);
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount");
	execl("/bin/true", "true", (char *)NULL);
	must(-1, "/bin/true");
}

static double run_once(const char *rootfs)
{
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS |
					    CLONE_NEWIPC | CLONE_VFORK,
				   .exit_signal = SIGCHLD };
	char options[8192];
	int status;
	double start = now();

	must(mkdir("upper", 0755), "upper");
	must(mkdir("work", 0755), "work");
	must(mkdir("root", 0755), "root");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=upper,workdir=work", rootfs);
	int pid = (int)syscall(SYS_clone3, &args, sizeof(args));
	must(pid, "clone3");
	if (!pid)
		contain(options);
	if (waitpid(pid, &status, 0) < 0 || status)
		exit(1);
	double taken = now() - start;
	rmdir("work/work");
	rmdir("work");
	rmdir("upper");
	rmdir("root");
	return taken;
}

extern char **environ;

static double start_once(char **args)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	double start = now();
	if (posix_spawn(&pid, args[0], &actions, NULL, args, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || status)
		exit(1);
	posix_spawn_file_actions_destroy(&actions);
	return now() - start;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "start") == 0) {
		int n = atoi(argv[2]);
		double *a = calloc((size_t)n, sizeof(*a)), *b = calloc((size_t)n, sizeof(*b));
		for (int i = 0; i < n; i++) {
			a[i] = start_once((char *[]){ argv[3], "version", NULL });
			b[i] = start_once((char *[]){ argv[4], NULL });
		}
		printf("%.4f %.4f\n", median(a, n), median(b, n));
		return 0;
	}
	if (argc != 4)
		return 2;
	int n = atoi(argv[1]);
	double *times = calloc((size_t)n, sizeof(*times));
	must(chdir(argv[3]), argv[3]);
	for (int i = 0; i < n; i++)
		times[i] = run_once(argv[2]);
	printf("%.4f\n", median(times, n));
	return 0;
}
