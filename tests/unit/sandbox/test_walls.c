/* SPDX-License-Identifier: Apache-2.0 */
/* What a step cannot see, open or do; each from inside a real one. */
#include "world.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <time.h>

static const char status_script[] =
	"grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status | tr '\\t' ' '";

static void capabilities_are_dockers(void **state)
{
	struct step step;

	expect(state, status_script,
	       "CapInh: 0000000000000000\nCapPrm: 00000000a80425fb\nCapEff: 00000000a80425fb\n"
	       "CapBnd: 00000000a80425fb\nCapAmb: 0000000000000000\nNoNewPrivs: 0\nSeccomp: 2\n");
	step_begin(state, &step);
	step.spec.network = SANDBOX_NETWORK_NONE;
	assert_non_null(strstr(step_run(&step, status_script), "CapBnd: 00000000a80405fb\n"));
	step_end(&step);
	step_begin(state, &step);
	step.spec.user = "app";
	assert_string_equal(step_run(&step, status_script),
			    "CapInh: 0000000000000000\nCapPrm: 0000000000000000\n"
			    "CapEff: 0000000000000000\nCapBnd: 00000000a80425fb\n"
			    "CapAmb: 0000000000000000\nNoNewPrivs: 0\nSeccomp: 2\n");
	step_end(&step);
}

static void namespaces_are_its_own(void **state)
{
	static const char *const names[] = { "mnt", "pid", "ipc", "uts", "cgroup" };

	for (size_t i = 0; i < countof(names); i++) {
		char path[64], outer[64] = "";
		struct step step;
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		check(readlink(path, outer, sizeof(outer) - 1));
		step_begin(state, &step);
		char script[96];
		(void)snprintf(script, sizeof(script), "readlink %s", path);
		assert_null(strstr(step_run(&step, script), outer));
		step_end(&step);
	}
}

static void the_outer_root_is_gone(void **state)
{
	struct step step;

	step_begin(state, &step);
	write_file(step.extra_fd, "mark", "here\n", 0644);
	assert_string_equal(step_run(&step, "cat /../mark /../../mark /proc/1/../../mark"),
			    "here\nhere\nhere\n");
	step_end(&step);
	step_begin(state, &step);
	const char *mounts = step_run(&step, "cut -d' ' -f5 /proc/self/mountinfo | sort");
	assert_non_null(strstr(mounts, "/dev/null\n"));
	assert_null(strstr(mounts, step.world->dir));
	assert_null(strstr(mounts, "/tmp"));
	step_end(&step);
}

/* Each ends with a refusal; what it prints is not the point. */
static void forbidden_acts_are_refused(void **state)
{
	static const char *const acts[] = {
		"mount -t tmpfs none /tmp",
		"mount -t proc none /tmp",
		"mount -o bind / /tmp",
		"mount -o remount,rw /sys",
		"mount -o remount,rw,bind /proc/sys",
		"umount /proc/sys",
		"umount /etc/hosts",
		"unshare -m true",
		"unshare -U true",
		"unshare -n true",
		"nsenter -t 1 -m true",
		"hostname other",
		"echo x > /proc/sys/kernel/hostname",
		"echo x > /proc/sys/kernel/core_pattern",
		"echo h > /proc/sysrq-trigger",
		"mkdir /sys/x",
		"echo 1 > /sys/kernel/profiling",
		"echo x >> /etc/hosts",
		"rm /etc/resolv.conf",
		"mv /etc/hosts /etc/old",
		"cat /proc/1/environ",
		"readlink /proc/1/exe",
		"readlink /proc/1/root",
		"readlink /proc/1/cwd",
		"readlink /proc/1/fd/0",
		"cat /proc/1/fd/0",
		"cat /proc/1/maps",
		"ls /proc/1/root/",
		"cat /proc/1/mem",
		"kill -KILL -1 && false",
		"cat /dev/tty",
		"chroot /proc/1/root true",
	};

	for (size_t i = 0; i < countof(acts); i++) {
		struct step step;
		step_begin(state, &step);
		char script[128];
		(void)snprintf(script, sizeof(script), "if %s; then echo DONE; fi", acts[i]);
		const char *out = step_run(&step, script);
		if (strstr(out, "DONE"))
			fail_msg("'%s' worked: %s", acts[i], out);
		step_end(&step);
	}
}

/* Build arguments of other stages may stand in the builder's command line. */
static void the_builders_command_line_is_hidden(void **state)
{
	expect(state, "cat /proc/1/cmdline | wc -c; ls /proc/1/task | wc -l", "0\n0\n");
}

/* It ends at once when the init dies, so the init must not die of what the step sends. */
static void the_init_cannot_be_killed_from_inside(void **state)
{
	expect(state, "for s in KILL STOP SEGV TERM; do kill -$s 1 2>&-; done; echo on", "on\n");
}

static void hidden_paths_are_empty(void **state)
{
	static const char *const paths[] = {
		"/proc/acpi",	     "/proc/asound",	 "/proc/kcore",		"/proc/interrupts",
		"/proc/keys",	     "/proc/timer_list", "/proc/latency_stats", "/proc/scsi",
		"/proc/sched_debug", "/sys/firmware",	 "/sys/fs/selinux"
	};
	unsigned n_there = 0;

	for (size_t i = 0; i < countof(paths); i++) {
		struct step step;
		struct stat st;
		if (stat(paths[i], &st) < 0)
			continue;
		n_there++;
		step_begin(state, &step);
		char script[128];
		(void)snprintf(script, sizeof(script),
			       S_ISDIR(st.st_mode) ? "ls -A %s; mkdir %s/x 2>/dev/null || true"
						   : "cat %s | wc -c",
			       paths[i], paths[i]);
		assert_string_equal(step_run(&step, script), S_ISDIR(st.st_mode) ? "" : "0\n");
		step_end(&step);
	}
	assert_true(n_there >= 3);
}

static void dev_holds_what_it_should(void **state)
{
	struct step step;

	expect(state, "ls /dev",
	       "fd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\n"
	       "urandom\nzero\n");
	expect(state,
	       "cd /dev; for n in null zero full random urandom tty; do"
	       " stat -c '%n %F %t:%T %a' $n; done",
	       "null character special file 1:3 666\nzero character special file 1:5 666\n"
	       "full character special file 1:7 666\nrandom character special file 1:8 666\n"
	       "urandom character special file 1:9 666\ntty character special file 5:0 666\n");
	expect(state,
	       "for l in fd stdin ptmx; do readlink /dev/$l; done; stat -c '%a' /dev /dev/shm /dev/pts",
	       "/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n755\n1777\n755\n");
	step_begin(state, &step);
	step.spec.user = "app";
	assert_string_equal(
		step_run(&step, "echo x > /dev/null; head -c 3 /dev/zero | wc -c;"
				"head -c 5 /dev/urandom | wc -c; echo x 2>&1 > /dev/full || true;"
				"echo x > /dev/shm/f; cat /dev/shm/f; : < /dev/ptmx && echo pty"),
		"3\n5\nsh: write error: No space left on device\nx\npty\n");
	step_end(&step);
}

/* CAP_MKNOD is there, and no device cgroup: nothing that a step can write to opens devices. */
static void own_device_nodes_do_not_open(void **state)
{
	struct step step;
	static const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_MOUNT_TMPFS, .root_path = "scratch" },
	};

	step_begin(state, &step);
	step.spec.mounts = mounts;
	step.spec.n_mounts = countof(mounts);
	assert_string_equal(step_run(&step,
				     "for d in / /dev /dev/shm /scratch /tmp; do"
				     " mknod $d/n c 1 5 || echo no node in $d;"
				     " head -c1 $d/n >/dev/null 2>&1 && echo opened $d; done;"
				     " echo over"),
			    "over\n");
	step_end(&step);
}

static void network_none_has_only_lo(void **state)
{
	struct step step;
	char outer[64] = "";

	check(readlink("/proc/self/ns/net", outer, sizeof(outer) - 1));
	step_begin(state, &step);
	step.spec.network = SANDBOX_NETWORK_NONE;
	const char *out =
		step_run(&step, "readlink /proc/self/ns/net; ifconfig -a | grep -c HWaddr;"
				"ls /sys/class/net; ifconfig lo | grep -o 'UP LOOPBACK'"
				" || true; ifconfig -a | grep -o '^[a-z0-9]*' | sort -u");
	assert_null(strstr(out, outer));
	assert_non_null(strstr(out, "\nlo\nUP LOOPBACK\nlo\n"));
	step_end(&step);
	step_begin(state, &step);
	assert_non_null(strstr(step_run(&step, "readlink /proc/self/ns/net"), outer));
	step_end(&step);
}

static void sticky_modes_of_shm_and_its_size(void **state)
{
	struct step step;

	step_begin(state, &step);
	step.spec.shm_size = 1 << 20;
	assert_non_null(strstr(step_run(&step, "dd if=/dev/zero of=/dev/shm/f bs=1M count=2 2>&1"
					       " || true"),
			       "No space left"));
	step_end(&step);
}

static void insecure_may_do_it_all(void **state)
{
	struct step step;
	unsigned long long own = 0;

	step_begin(state, &step);
	step.spec.security = SANDBOX_INSECURE;
	const char *out = step_run(
		&step,
		"grep -E '^(CapEff|CapInh|CapAmb|Seccomp:)' /proc/self/status | tr '\\t' ' ';"
		"mount -t tmpfs none /tmp && echo mounted; unshare -m true && echo"
		" unshared; mknod /dev/mine c 1 5; head -c 2 /dev/mine | wc -c;"
		"ls -d /dev/loop-control /dev/fuse /dev/net/tun;"
		"grep ' /sys ' /proc/mounts | grep -q rw, && echo sys is writable");
	assert_int_equal(sscanf(strstr(read_file_at(AT_FDCWD, "/proc/self/status"), "CapEff:") + 7,
				"%llx", &own),
			 1);
	char expected[400];
	(void)snprintf(expected, sizeof(expected),
		       "CapInh: 0000000000000000\nCapEff: %016llx\nCapAmb: 0000000000000000\n"
		       "Seccomp: 0\nmounted\nunshared\n2\n"
		       "/dev/fuse\n/dev/loop-control\n/dev/net/tun\nsys is writable\n",
		       own);
	assert_string_equal(out, expected);
	step_end(&step);
}

static unsigned count_mounts(void)
{
	unsigned n = 0;

	for (const char *c = read_file_at(AT_FDCWD, "/proc/self/mountinfo"); *c; c++)
		n += *c == '\n';
	return n;
}

static void report_pid(void *context, pid_t init, int kill_signal)
{
	(void)kill_signal;
	const int *fd = context;

	if (write(*fd, &init, sizeof(init)) != sizeof(init))
		_exit(1);
}

/* As its new parent; the kernel is given a minute. */
static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 6000; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		(void)usleep(10000);
	}
	return false;
}

/* The caller is killed at some moment of the set-up, or while the command runs. */
static void nothing_outlives_the_caller(void **state)
{
	check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	for (unsigned delay = 0; delay < 12; delay++) {
		struct step step;
		int fds[2];
		pid_t init;
		step_begin(state, &step);
		step_mount(&step);
		unsigned n_mounts = count_mounts();
		check(pipe(fds));
		pid_t caller = fork();
		check(caller);
		if (caller == 0) {
			step_script(&step, "setsid sleep 71625 & sleep 71625; :");
			(void)step_call(&step, report_pid, &fds[1]);
			_exit(0);
		}
		assert_int_equal(read(fds[0], &init, sizeof(init)), sizeof(init));
		(void)usleep(delay < 11 ? delay * 300 : 300000);
		check(kill(caller, SIGKILL));
		assert_int_equal(waitpid(caller, NULL, 0), caller);
		assert_true(is_gone(init));
		assert_false(is_running("sleep 71625"));
		assert_int_equal(count_mounts(), n_mounts);
		check(close(fds[0]));
		check(close(fds[1]));
		step_end(&step);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_dockers),
		cmocka_unit_test(namespaces_are_its_own),
		cmocka_unit_test(the_outer_root_is_gone),
		cmocka_unit_test(forbidden_acts_are_refused),
		cmocka_unit_test(the_builders_command_line_is_hidden),
		cmocka_unit_test(the_init_cannot_be_killed_from_inside),
		cmocka_unit_test(hidden_paths_are_empty),
		cmocka_unit_test(dev_holds_what_it_should),
		cmocka_unit_test(own_device_nodes_do_not_open),
		cmocka_unit_test(network_none_has_only_lo),
		cmocka_unit_test(sticky_modes_of_shm_and_its_size),
		cmocka_unit_test(insecure_may_do_it_all),
		cmocka_unit_test(nothing_outlives_the_caller),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
