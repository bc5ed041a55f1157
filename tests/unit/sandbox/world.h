/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A little world to run real sandboxes in: a private mount namespace, a tmpfs with a root made of
 * busybox, and for each step an overlay of its own with an extra lower directory that a test may
 * fill with whatever is hostile. Without root or busybox the tests are skipped.
 */
#ifndef CBUILD_TESTS_SANDBOX_WORLD_H
#define CBUILD_TESTS_SANDBOX_WORLD_H

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/macros.h"
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORLD_OUT_MAX = 64 * 1024 };

struct world {
	char dir[64];
	int dir_fd;
	struct sandbox_kit *kit;
	unsigned n_steps;
};

struct step {
	struct world *world;
	struct sandbox_spec spec;
	struct sandbox_result result;
	struct error err;
	int extra_fd; /* the lower directory on top: write here before step_mount */
	int upper_fd;
	unsigned number;
	char out[WORLD_OUT_MAX];
};

#define check(call)                                                 \
	do {                                                        \
		if ((call) < 0)                                     \
			fail_msg("%s: %s", #call, strerror(errno)); \
	} while (0)

static inline void write_file(int dir_fd, const char *path, const char *text, mode_t mode)
{
	int fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check(fd);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	check(fchmod(fd, mode));
	check(close(fd));
}

static inline char *read_file_at(int dir_fd, const char *path)
{
	static char text[WORLD_OUT_MAX];
	int fd = openat(dir_fd, path, O_RDONLY);

	check(fd);
	ssize_t len = read(fd, text, sizeof(text) - 1);
	check(len);
	text[len] = '\0';
	check(close(fd));
	return text;
}

static inline void copy_program(const char *from, int dir_fd, const char *to)
{
	int in = open(from, O_RDONLY), out = openat(dir_fd, to, O_WRONLY | O_CREAT, 0755);
	char block[65536];
	ssize_t n;

	check(in);
	check(out);
	while ((n = read(in, block, sizeof(block))) > 0)
		assert_int_equal(write(out, block, (size_t)n), n);
	check(n);
	check(close(in));
	check(close(out));
}

static inline void make_base(int base_fd)
{
	static const char *const dirs[] = { "bin", "dev", "etc",  "proc",
					    "sys", "tmp", "home", "home/app" };
	static const char *const applets[] = {
		"sh",	 "cat",	   "ls",      "id",  "echo",	 "true",     "false",	 "sleep",
		"mount", "umount", "unshare", "ps",  "readlink", "touch",    "mkdir",	 "mv",
		"ln",	 "rm",	   "stat",    "env", "pwd",	 "hostname", "mknod",	 "setsid",
		"wc",	 "grep",   "chmod",   "dd",  "head",	 "sort",     "ifconfig", "kill",
		"test",	 "rmdir",  "chroot",  "tr",  "nsenter",	 "cut",
	};

	for (size_t i = 0; i < countof(dirs); i++)
		check(mkdirat(base_fd, dirs[i], 0755));
	check(fchmodat(base_fd, "tmp", 01777, 0));
	copy_program("/bin/busybox", base_fd, "bin/busybox");
	for (size_t i = 0; i < countof(applets); i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "bin/%s", applets[i]);
		check(symlinkat("busybox", base_fd, path));
	}
	write_file(base_fd, "etc/passwd",
		   "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n", 0644);
	write_file(base_fd, "etc/group", "root:x:0:\nwheel:x:10:root,app\napp:x:1001:\n", 0644);
}

static inline int world_open(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	struct error err = ERROR_INIT;

	*state = NULL;
	if (geteuid() != 0 || access("/bin/busybox", X_OK) < 0 || unshare(CLONE_NEWNS) < 0) {
		free(world);
		return 0;
	}
	(void)umask(0);
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	(void)strcpy(world->dir, "/tmp/cbuild-sandbox-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	check(mount("tmpfs", world->dir, "tmpfs", 0, "mode=755"));
	world->dir_fd = open(world->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(world->dir_fd);
	check(mkdirat(world->dir_fd, "base", 0755));
	int base_fd = openat(world->dir_fd, "base", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(base_fd);
	make_base(base_fd);
	check(close(base_fd));
	if (sandbox_kit_new(&world->kit, &err) < 0)
		fail_msg("%s", err.text);
	*state = world;
	return 0;
}

static inline int world_close(void **state)
{
	struct world *world = *state;

	if (!world)
		return 0;
	sandbox_kit_free(world->kit);
	check(close(world->dir_fd));
	check(umount2(world->dir, MNT_DETACH));
	check(rmdir(world->dir));
	free(world);
	return 0;
}

static inline int world_make_dir(struct world *world, const char *kind, unsigned number)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%s%u", kind, number);
	check(mkdirat(world->dir_fd, name, 0755));
	int fd = openat(world->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd);
	return fd;
}

static inline void step_begin(void **state, struct step *step)
{
	struct world *world = *state;

	if (!world)
		skip();
	*step = (struct step){ .world = world, .number = world->n_steps++ };
	step->extra_fd = world_make_dir(world, "extra", step->number);
	step->upper_fd = world_make_dir(world, "upper", step->number);
	check(close(world_make_dir(world, "work", step->number)));
	step->spec = (struct sandbox_spec){
		.isolation = ISOLATION_NS_ROOT,
		.security = SANDBOX_CONFINED,
		.network = SANDBOX_NETWORK_HOST,
		.root_mount_fd = -1,
		.place_fd = -1,
		.user = "",
		.working_dir = "/",
		.hosts = "127.0.0.1 localhost\n",
		.resolv_conf = "nameserver 192.0.2.1\n",
		.stdin_fd = -1,
	};
	strv_add(&step->spec.env, "PATH=/bin");
}

/* The root as snapshots give it: a detached overlay. */
static inline void step_mount(struct step *step)
{
	char lower[160], upper[80], work[80];
	const char *dir = step->world->dir;
	int context_fd = fsopen("overlay", FSOPEN_CLOEXEC);

	(void)snprintf(lower, sizeof(lower), "%s/extra%u:%s/base", dir, step->number, dir);
	(void)snprintf(upper, sizeof(upper), "%s/upper%u", dir, step->number);
	(void)snprintf(work, sizeof(work), "%s/work%u", dir, step->number);
	check(context_fd);
	check(fsconfig(context_fd, FSCONFIG_SET_STRING, "lowerdir", lower, 0));
	check(fsconfig(context_fd, FSCONFIG_SET_STRING, "upperdir", upper, 0));
	check(fsconfig(context_fd, FSCONFIG_SET_STRING, "workdir", work, 0));
	check(fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	step->spec.root_mount_fd = fsmount(context_fd, FSMOUNT_CLOEXEC, 0);
	check(step->spec.root_mount_fd);
	check(close(context_fd));
}

static inline int step_call(struct step *step,
			    void (*started)(void *context, pid_t init, int kill_signal),
			    void *context)
{
	int out_fd = memfd_create("out", MFD_CLOEXEC);

	check(out_fd);
	if (step->spec.root_mount_fd < 0)
		step_mount(step);
	step->spec.stdout_fd = step->spec.stderr_fd = out_fd;
	int result = sandbox_run(step->world->kit, &step->spec, started, context, &step->result,
				 &step->err);
	ssize_t len = pread(out_fd, step->out, sizeof(step->out) - 1, 0);
	check(len);
	step->out[len] = '\0';
	check(close(out_fd));
	return result;
}

static inline void step_command(struct step *step, const char *program, const char *argument)
{
	strv_release(&step->spec.args);
	strv_add(&step->spec.args, program);
	if (argument)
		strv_add(&step->spec.args, argument);
}

static inline void step_script(struct step *step, const char *script)
{
	step_command(step, "/bin/sh", "-c");
	strv_add(&step->spec.args, script);
}

static inline void step_end(struct step *step)
{
	strv_release(&step->spec.args);
	strv_release(&step->spec.env);
	if (step->spec.root_mount_fd >= 0)
		check(close(step->spec.root_mount_fd));
	check(close(step->extra_fd));
	check(close(step->upper_fd));
}

/* Runs a script that must end with 0, and gives what it said. */
static inline const char *step_run(struct step *step, const char *script)
{
	step_script(step, script);
	if (step_call(step, NULL, NULL) < 0)
		fail_msg("sandbox: %s", step->err.text);
	if (step->result.status != 0)
		fail_msg("status %d: %s%s", step->result.status, step->out, step->result.reason);
	return step->out;
}

/* The same in a fresh root, with nothing special about it. */
static inline void expect(void **state, const char *script, const char *expected)
{
	struct step step;

	step_begin(state, &step);
	const char *out = step_run(&step, script);
	if (strcmp(out, expected) != 0)
		fail_msg("'%s' said '%s', expected '%s'", script, out, expected);
	step_end(&step);
}

/* Must not even start; gives the error's text. */
static inline const char *expect_error(struct step *step)
{
	step_script(step, "echo it ran");
	if (step_call(step, NULL, NULL) == 0)
		fail_msg("it ran in %s: %s", step->spec.working_dir, step->out);
	assert_string_equal(step->out, "");
	return step->err.text;
}

/* Is there a process whose arguments, joined by blanks, are this? */
static inline bool is_running(const char *arguments)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool is_found = false;

	assert_non_null(proc);
	while (!is_found && (entry = readdir(proc)) != NULL) {
		char path[300], text[1024];
		(void)snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		int fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		ssize_t len = read(fd, text, sizeof(text) - 1);
		check(close(fd));
		for (ssize_t i = 0; i < len; i++)
			text[i] = text[i] ? text[i] : ' ';
		while (len > 0 && text[len - 1] == ' ')
			len--;
		is_found = len == (ssize_t)strlen(arguments) &&
			   memcmp(text, arguments, (size_t)len) == 0;
	}
	check(closedir(proc));
	return is_found;
}

#endif
