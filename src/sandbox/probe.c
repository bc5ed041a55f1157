/* SPDX-License-Identifier: Apache-2.0 */
#include "capabilities.h"
#include "sandbox.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { ACCOUNTS_SIZE_MAX = 10 * 1024 * 1024 };

static const uint64_t namespace_flags =
	CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

/* In the child: the mounts that every step makes, tried for real. errno, or 0. */
static int try_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return errno;
	autoclose int context_fd = fsopen("proc", FSOPEN_CLOEXEC);
	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return errno;
	autoclose int mount_fd = fsmount(context_fd, FSMOUNT_CLOEXEC, 0);
	if (mount_fd < 0 || move_mount(mount_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return errno;
	return 0;
}

/* 0, or the errno of the first thing that the machine refuses. */
static int try_namespaces(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	int status = 0;

	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(try_mounts());
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* Does a line of the file begin with this name and a colon? */
static bool has_entry(const char *file, const char *name)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	size_t len = strlen(name);

	if (!len || fs_read_whole(AT_FDCWD, file, ACCOUNTS_SIZE_MAX, file, &text, &ignored) <= 0)
		return false;
	for (const char *line = text.data; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			return true;
	}
	return false;
}

/* The name of a uid, without NSS, which a static program had better not load. */
static void find_user_name(uid_t uid, char *ret_name, size_t size)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;

	*ret_name = '\0';
	if (fs_read_whole(AT_FDCWD, "/etc/passwd", ACCOUNTS_SIZE_MAX, "/etc/passwd", &text,
			  &ignored) <= 0)
		return;
	for (const char *line = text.data; line; line = strchr(line, '\n')) {
		char name[256];
		unsigned number;
		line += *line == '\n';
		if (sscanf(line, "%255[^:\n]:%*[^:\n]:%u:", name, &number) != 2 || number != uid)
			continue;
		(void)snprintf(ret_name, size, "%s", name);
		return;
	}
}

static bool has_sub_ids(void)
{
	char name[256], number[16];

	(void)snprintf(number, sizeof(number), "%u", (unsigned)getuid());
	find_user_name(getuid(), name, sizeof(name));
	return (has_entry("/etc/subuid", name) || has_entry("/etc/subuid", number)) &&
	       (has_entry("/etc/subgid", name) || has_entry("/etc/subgid", number));
}

static bool has_helpers(void)
{
	return access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0;
}

static void add_missing(struct buf *missing, const char *what)
{
	if (missing->len)
		buf_add_text(missing, "; ");
	buf_add_text(missing, what);
}

static enum sandbox_isolation probe_rootless(struct buf *missing)
{
	if (!has_sub_ids())
		add_missing(missing, "no ranges of sub-ids in /etc/subuid and /etc/subgid");
	if (!has_helpers())
		add_missing(missing, "newuidmap and newgidmap are not installed");
	return missing->len ? ISOLATION_NS_SINGLE : ISOLATION_NS_ROOTLESS;
}

int sandbox_probe(enum sandbox_isolation *ret_isolation, struct buf *ret_missing, struct error *err)
{
	int refusal = try_namespaces(namespace_flags);

	buf_clear(ret_missing);
	if (!refusal) {
		*ret_isolation = ISOLATION_NS_ROOT;
		return 0;
	}
	if (geteuid() == 0)
		buf_printf(ret_missing,
			   "namespaces and mounts are refused (%s): CAP_SYS_ADMIN, and "
			   "a seccomp and AppArmor profile that allow them",
			   strerrordesc_np(refusal));
	if (!try_namespaces(namespace_flags | CLONE_NEWUSER)) {
		*ret_isolation = probe_rootless(ret_missing);
		return 0;
	}
	add_missing(ret_missing, "user namespaces are refused (seccomp, AppArmor, or "
				 "user.max_user_namespaces)");
	int can_chroot = capabilities_can_chroot(err);
	if (can_chroot < 0)
		return -1;
	*ret_isolation = can_chroot ? ISOLATION_CHROOT : ISOLATION_NONE;
	return 0;
}
