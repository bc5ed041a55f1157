/* SPDX-License-Identifier: Apache-2.0 */
/* Which modes work here, by trying them; and where one does not, the very thing that would do. */
#include "isolation_check.h"

#include "capabilities.h"
#include "emulation.h"
#include "landlock.h"
#include "probe.h"
#include "user_namespace.h"

#include "base/fs.h"
#include "base/syscalls.h"
#include "sandbox/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SYSCTL_SIZE_MAX = 64 };

/* The number that a sysctl has; -1 where there is none. */
static long read_sysctl(const char *path)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	long number = -1;

	if (fs_read_whole(AT_FDCWD, path, SYSCTL_SIZE_MAX, path, &text, &ignored) <= 0 ||
	    sscanf(text.data, "%ld", &number) != 1)
		return -1;
	return number;
}

/* --- what would allow it ------------------------------------------------------------------------
 */

static void explain_user_namespaces(const struct error *cause, struct strv *missing)
{
	size_t before = missing->len;

	if (read_sysctl("/proc/sys/user/max_user_namespaces") == 0)
		strv_add(missing, "sysctl user.max_user_namespaces must not be 0");
	if (read_sysctl("/proc/sys/kernel/unprivileged_userns_clone") == 0 && geteuid() != 0)
		strv_add(missing, "sysctl kernel.unprivileged_userns_clone=1");
	if (read_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 &&
	    geteuid() != 0)
		strv_add(missing, "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	if (missing->len == before)
		strv_printf(missing,
			    "user namespaces are refused (%s): a seccomp and AppArmor profile "
			    "that allow them (Kubernetes: securityContext.seccompProfile.type: "
			    "Unconfined; Docker: --security-opt seccomp=unconfined --security-opt "
			    "apparmor=unconfined)",
			    strerrordesc_np(cause->sys ? cause->sys : EPERM));
}

static void explain_probe(const struct probe *probe, bool is_root, struct strv *missing)
{
	const char *text = strerrordesc_np(probe->cause);

	if (probe->stage == PROBE_PROC)
		strv_printf(missing,
			    "mounting /proc is refused (%s), for parts of the outer one are hidden "
			    "(Kubernetes: securityContext.procMount: Unmasked; Docker: "
			    "--security-opt systempaths=unconfined)",
			    text);
	else if (is_root && !capabilities_have_admin())
		strv_add(missing, "CAP_SYS_ADMIN (Kubernetes: securityContext.capabilities.add: "
				  "[SYS_ADMIN], or privileged: true with hostUsers: false)");
	else
		strv_printf(missing,
			    "%s refused (%s): a seccomp and AppArmor profile that allow it "
			    "(Kubernetes: securityContext.seccompProfile.type: Unconfined and "
			    "appArmorProfile.type: Unconfined)",
			    probe->stage == PROBE_MOUNTS ? "mounting is" : "namespaces are", text);
}

/* --- the modes ----------------------------------------------------------------------------------
 */

static int try_root(struct strv *missing, struct error *err)
{
	struct probe probe;

	if (geteuid() != 0) {
		strv_add(missing, "to be root (Kubernetes: securityContext.runAsUser: 0)");
		return 0;
	}
	if (probe_namespaces(-1, &probe, err) < 0)
		return -1;
	if (probe.stage == PROBE_FINE)
		return 1;
	explain_probe(&probe, true, missing);
	return 0;
}

/* 1 made; 0 refused, and said why. */
static int make_namespace(const struct id_map *uids, const struct id_map *gids,
			  enum map_writer writer, int *ret_fd, struct strv *missing,
			  struct error *err)
{
	struct error refusal = ERROR_INIT;
	struct probe probe;
	autoclose int fd = -1;

	if (user_namespace_make(uids, gids, writer, &fd, &refusal) < 0) {
		if (refusal.code != ERROR_PERMISSION) {
			*err = refusal;
			return -1;
		}
		if (refusal.sys)
			explain_user_namespaces(&refusal, missing);
		else
			strv_add(missing, refusal.text);
		return 0;
	}
	if (probe_namespaces(fd, &probe, err) < 0)
		return -1;
	if (probe.stage != PROBE_FINE) {
		explain_probe(&probe, false, missing);
		return 0;
	}
	*ret_fd = take_fd(&fd);
	return 1;
}

static void add_sub_ids(struct id_map *uids, struct id_map *gids, struct strv *missing)
{
	static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
	struct id_map *const maps[] = { uids, gids };
	char name[256], number[16];

	id_map_user_name(geteuid(), name, sizeof(name));
	(void)snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	for (size_t i = 0; i < countof(files); i++)
		if (!id_map_add_sub_ids(maps[i], files[i], name, geteuid()))
			strv_printf(missing, "a line '%s:100000:65536' in %s",
				    *name ? name : number, files[i]);
	if (!user_namespace_helper("newuidmap") || !user_namespace_helper("newgidmap"))
		strv_add(missing, "newuidmap and newgidmap (package uidmap or shadow-utils)");
}

bool isolation_has_sub_ids(void)
{
	cleanup(strv_release) struct strv missing = STRV_INIT;
	struct id_map uids = id_map_single((uint32_t)geteuid());
	struct id_map gids = id_map_single((uint32_t)getegid());

	add_sub_ids(&uids, &gids, &missing);
	return !missing.len;
}

/* Root that may set any id needs neither ranges nor helpers: all that it has, as it is. */
static int try_rootless(int *ret_fd, struct strv *missing, struct error *err)
{
	struct id_map uids = id_map_single((uint32_t)geteuid());
	struct id_map gids = id_map_single((uint32_t)getegid());

	if (geteuid() == 0) {
		uids = id_map_own("/proc/self/uid_map");
		gids = id_map_own("/proc/self/gid_map");
		return make_namespace(&uids, &gids, MAP_BY_KERNEL, ret_fd, missing, err);
	}
	add_sub_ids(&uids, &gids, missing);
	if (missing->len)
		return 0;
	return make_namespace(&uids, &gids, MAP_BY_HELPERS, ret_fd, missing, err);
}

/* What the helper that answers for owners needs besides the namespace. */
static int check_emulation(struct strv *missing, struct error *err)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_NO_MAGICLINKS };
	struct rlimit locks = { .rlim_max = RLIM_INFINITY };
	size_t before = missing->len;

	int is_possible = emulation_is_possible(err);
	if (is_possible < 0)
		return -1;
	if (!is_possible)
		strv_printf(missing,
			    "answering system calls of others is refused (%s): Linux 5.9 or newer, "
			    "and a seccomp profile that allows it (Kubernetes: "
			    "securityContext.seccompProfile.type: Unconfined), not below another "
			    "program that does the same",
			    strerrordesc_np(errno));
	autoclose int fd = sys_openat2(AT_FDCWD, "/", &how);
	if (fd < 0)
		strv_printf(missing, "openat2 is refused (%s)", strerrordesc_np(errno));
	if (getrlimit(RLIMIT_LOCKS, &locks) == 0 && locks.rlim_max != RLIM_INFINITY)
		strv_add(missing, "no hard limit on file locks (ulimit -x unlimited)");
	return missing->len == before;
}

static int try_single(int *ret_fd, struct strv *missing, struct error *err)
{
	struct id_map uids = id_map_single((uint32_t)geteuid());
	struct id_map gids = id_map_single((uint32_t)getegid());

	int works = check_emulation(missing, err);
	return works <= 0 ? works
			  : make_namespace(&uids, &gids, MAP_BY_KERNEL, ret_fd, missing, err);
}

static int try_chroot(struct strv *missing, struct error *err)
{
	int can_chroot = capabilities_can_chroot(err);

	if (can_chroot == 0)
		strv_add(missing,
			 "to be root with CHOWN, DAC_OVERRIDE, FOWNER, MKNOD, SETGID, SETPCAP, "
			 "SETUID and "
			 "SYS_CHROOT, which containers have by default (Kubernetes: "
			 "securityContext.runAsUser: 0 without capabilities.drop)");
	return can_chroot;
}

int isolation_try(enum sandbox_isolation mode, int *ret_fd, struct strv *missing, struct error *err)
{
	switch (mode) {
	case ISOLATION_NS_ROOT:
		return try_root(missing, err);
	case ISOLATION_NS_ROOTLESS:
		return try_rootless(ret_fd, missing, err);
	case ISOLATION_NS_SINGLE:
		return try_single(ret_fd, missing, err);
	case ISOLATION_CHROOT:
		return try_chroot(missing, err);
	case ISOLATION_NONE:
		return 1;
	case ISOLATION_AUTO:
		break;
	}
	return error_set(err, ERROR_USAGE, "unknown isolation %d", (int)mode);
}

int isolation_landlock_version(void)
{
	int version = landlock_version();

	return version > 0 ? version : 0;
}

int isolation_check(enum sandbox_isolation mode, struct strv *missing, struct error *err)
{
	autoclose int fd = -1;

	return isolation_try(mode, &fd, missing, err);
}
