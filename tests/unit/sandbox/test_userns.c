/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root of a user namespace with a full range of ids, as in a pod with hostUsers: false. Device
 * nodes cannot be made there, nor sysfs be mounted: both come from outside.
 */
#include "world.h"

static void write_map(pid_t pid, const char *kind)
{
	char path[64];
	static const char map[] = "0 0 65536\n";

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, kind);
	int fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, map, sizeof(map) - 1) < 0)
		perror(path);
	(void)close(fd);
}

static void it_runs(void **state)
{
	expect(state,
	       "id -u; ls /sys/kernel >/dev/null && echo sysfs; cat /proc/self/uid_map | tr -s ' '",
	       "0\nsysfs\n 0 0 65536\n");
}

static void devices_work(void **state)
{
	expect(state,
	       "echo x > /dev/null; head -c 2 /dev/zero | wc -c; stat -c %t:%T /dev/urandom;"
	       "head -c 1 /dev/urandom | wc -c",
	       "2\n1:9\n1\n");
}

static void sysfs_is_read_only(void **state)
{
	expect(state,
	       "echo 0 > /sys/kernel/mm/ksm/run || echo refused; ls -A /sys/firmware;"
	       "grep ' /sys' /proc/mounts | grep -vc ' ro,'; true",
	       "/bin/sh: can't create /sys/kernel/mm/ksm/run: Read-only file system\nrefused\n0\n");
}

static void it_is_confined(void **state)
{
	expect(state,
	       "grep -E '^(CapBnd|Seccomp:)' /proc/self/status | tr '\\t' ' ';"
	       "unshare -U true 2>/dev/null || echo no user namespaces; readlink /proc/1/exe ||"
	       " echo no exe",
	       "CapBnd: 00000000a80425fb\nSeccomp: 2\nno user namespaces\nno exe\n");
}

static void a_user_and_a_stub(void **state)
{
	struct step step;
	struct stat st;

	step_begin(state, &step);
	step.spec.user = "app";
	assert_string_equal(step_run(&step, "id -u; cat /etc/hosts"),
			    "1000\n127.0.0.1 localhost\n");
	assert_int_equal(fstatat(step.spec.root_mount_fd, "etc/hosts", &st, 0), -1);
	step_end(&step);
}

/* What ctest takes for "not run here": said in its summary. */
enum { SKIPPED = 77 };

/* A line of a file, whole or its beginning. */
static bool has_line(const char *path, const char *line)
{
	char text[4096] = "\n";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text + 1, sizeof(text) - 2);

	(void)close(fd);
	text[n > 0 ? n + 1 : 1] = '\0';
	return strstr(text, line) != NULL;
}

/* A machine that neither counts user namespaces down to none nor has a filter on us has them. */
static bool should_work(void)
{
	return access("/proc/self/ns/user", F_OK) == 0 &&
	       !has_line("/proc/sys/user/max_user_namespaces", "\n0\n") &&
	       !has_line("/proc/self/status", "\nSeccomp:\t2");
}

static int run_inside(int ready_fd, int go_fd)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs),
		cmocka_unit_test(devices_work),
		cmocka_unit_test(sysfs_is_read_only),
		cmocka_unit_test(it_is_confined),
		cmocka_unit_test(a_user_and_a_stub),
	};
	char byte = 0;

	bool is_able = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
	int sys = errno;
	if (write(ready_fd, &byte, 1) != 1 || read(go_fd, &byte, 1) != 1)
		return 1;
	if (!is_able) {
		(void)fprintf(stderr, "unshare: %s\n", strerror(sys));
		return should_work() || getenv("TEST_COMPLETE") ? 1 : SKIPPED;
	}
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		perror("become root of the namespace");
		return 1;
	}
	return cmocka_run_group_tests(tests, world_open, world_close);
}

int main(void)
{
	int ready[2], go[2], status;
	char byte = 0;

	if (geteuid() != 0) {
		(void)fprintf(stderr, "only root can map so many ids\n");
		return SKIPPED;
	}
	if (pipe(ready) < 0 || pipe(go) < 0)
		return 1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(run_inside(ready[1], go[0]));
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	if (write(go[1], &byte, 1) != 1 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
