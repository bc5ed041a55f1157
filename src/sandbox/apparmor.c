/* SPDX-License-Identifier: Apache-2.0 */
#include "apparmor.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/vfs.h>

enum { PROFILE_NAME_MAX = 1024 };

static const char enabled_path[] = "/sys/module/apparmor/parameters/enabled";

int apparmor_check(const char *profile, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;

	if (!*profile || strlen(profile) > PROFILE_NAME_MAX || strpbrk(profile, "\n\r"))
		return error_set(err, ERROR_USAGE, "'%.64s' is no name of an AppArmor profile",
				 profile);
	if (fs_read_whole(AT_FDCWD, enabled_path, 16, "AppArmor", &text, &ignored) <= 0 ||
	    text.data[0] != 'Y')
		return error_set(err, ERROR_PERMISSION,
				 "--security-opt apparmor=%s: this machine has no AppArmor",
				 profile);
	return 0;
}

int apparmor_open_proc(int *ret_proc_fd, struct error *err)
{
	autoclose int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return error_sys(err, "open /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return error_set(err, ERROR_SYSTEM, "not confined: /proc is no procfs");
	*ret_proc_fd = take_fd(&fd);
	return 0;
}

int apparmor_label_exec(int proc_fd, const char *profile, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC,
				.resolve =
					RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS };

	autoclose int fd = sys_openat2(proc_fd, "thread-self/attr/apparmor/exec", &how);
	/* before Linux 5.8 all security modules shared one file */
	if (fd < 0 && errno == ENOENT)
		fd = sys_openat2(proc_fd, "thread-self/attr/exec", &how);
	if (fd < 0)
		return error_sys(err, "not confined: AppArmor profile '%s'", profile);
	buf_printf(&text, "exec %s", profile);
	/* one write is one request */
	if (write(fd, text.data, text.len) != (ssize_t)text.len)
		return error_sys(err, "not confined: AppArmor profile '%s'", profile);
	return 0;
}
