/* SPDX-License-Identifier: Apache-2.0 */
#include "confinement.h"

#include "apparmor.h"
#include "capabilities.h"
#include "emulation.h"
#include "landlock.h"

#include "base/alloc.h"
#include "seccomp/filter.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Raw calls: glibc's would change every thread of the address space, which the init shares with
 * this thread until the exec.
 */
static int set_ids(const struct confinement *confinement, struct error *err)
{
	if (syscall(SYS_setgroups, confinement->n_groups, confinement->groups) < 0)
		return error_sys(err, "set %zu supplementary groups", confinement->n_groups);
	if (syscall(SYS_setresgid, confinement->gid, confinement->gid, confinement->gid) < 0)
		return error_sys(err, "set group %u", confinement->gid);
	if (syscall(SYS_setresuid, confinement->uid, confinement->uid, confinement->uid) < 0)
		return error_sys(err, "set user %u", confinement->uid);
	return 0;
}

static int label(const struct confinement *confinement, struct error *err)
{
	autoclose int proc_fd = -1;

	return apparmor_open_proc(&proc_fd, err) < 0
		       ? -1
		       : apparmor_label_exec(proc_fd, confinement->apparmor, err);
}

/*
 * The filter and Landlock first: without no_new_privs (sudo and su must work in a build) they need
 * CAP_SYS_ADMIN. Dropping from the bounding set needs CAP_SETPCAP, so it comes before the user. The
 * filter that the user may have brought is the last of them: it need not allow the others.
 */
int confinement_enter(const struct confinement *confinement, struct error *err)
{
	if (confinement->apparmor && label(confinement, err) < 0)
		return -1;
	if (capabilities_bound(confinement->capabilities, err) < 0)
		return -1;
	if (confinement->has_no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_sys(err, "set no_new_privs");
	if (confinement->scope_fd >= 0 &&
	    landlock_enter(confinement->scope_fd, confinement->outer_fd, err) < 0)
		return -1;
	if (confinement->second_filter && filter_load(confinement->second_filter, err) < 0)
		return -1;
	if (confinement->emulation && emulation_enter(confinement->emulation, err) < 0)
		return -1;
	if (confinement->filter && filter_load(confinement->filter, err) < 0)
		return -1;
	/* who is emulated is the step's user from the start, and has no other id */
	if (!confinement->emulation && set_ids(confinement, err) < 0)
		return -1;
	return capabilities_limit(confinement->capabilities, err);
}

static int check_ids(const struct confinement *confinement, struct error *err)
{
	uint32_t uids[3], gids[3];

	if (syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) < 0 ||
	    syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) < 0)
		return error_sys(err, "read user and group");
	for (size_t i = 0; i < 3; i++)
		if (uids[i] != confinement->uid || gids[i] != confinement->gid)
			return error_set(err, ERROR_SYSTEM, "user and group are %u:%u, not %u:%u",
					 uids[i], gids[i], confinement->uid, confinement->gid);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* One too many grants, one too few takes a refusal away (CVE-2022-2989). */
static int check_groups(const struct confinement *confinement, struct error *err)
{
	size_t n = confinement->n_groups;
	autofree uint32_t *wanted = xcalloc(n + 1, sizeof(*wanted));
	autofree uint32_t *there = xcalloc(n + 1, sizeof(*there));

	long found = syscall(SYS_getgroups, n + 1, there);
	if (n)
		memcpy(wanted, confinement->groups, n * sizeof(*wanted));
	qsort(wanted, n, sizeof(*wanted), compare_ids);
	qsort(there, n, sizeof(*there), compare_ids);
	if (found < 0 || (size_t)found != n || memcmp(wanted, there, n * sizeof(*wanted)) != 0)
		return error_set(err, ERROR_SYSTEM,
				 "supplementary groups are not the %zu of the user", n);
	return 0;
}

int confinement_check(const struct confinement *confinement, struct error *err)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	if (confinement->filter && mode != SECCOMP_MODE_FILTER)
		return error_set(err, ERROR_SYSTEM,
				 "not confined: the system call filter is not there");
	if (confinement->has_no_new_privileges && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return error_set(err, ERROR_SYSTEM, "not confined: no_new_privs is not set");
	if (capabilities_check(confinement->capabilities, err) < 0 ||
	    check_ids(confinement, err) < 0 || check_groups(confinement, err) < 0)
		return error_wrap(err, "not confined");
	return 0;
}
