/* SPDX-License-Identifier: Apache-2.0 */
/* Which limits are in force: by control groups where they can be had, else by what there is. */
#include "kit.h"

#include "base/alloc.h"
#include "limits/cgroup.h"
#include "limits/rlimit.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

enum { EXTRA_RLIMITS = 2 };

static bool is_pids_limited(const struct limits *limits)
{
	return limits->pids && limits->pids != LIMITS_UNLIMITED;
}

static unsigned asked_controllers(const struct limits *limits)
{
	unsigned asked = 0;

	if (limits->memory)
		asked |= CGROUP_MEMORY;
	if (limits->cpu_quota || limits->cpu_period || limits->cpu_shares)
		asked |= CGROUP_CPU;
	if (limits->cpuset_cpus || limits->cpuset_mems)
		asked |= CGROUP_CPUSET;
	if (is_pids_limited(limits))
		asked |= CGROUP_PIDS;
	return asked;
}

static const char *option_of(const struct limits *limits, enum cgroup_controller controller)
{
	switch (controller) {
	case CGROUP_MEMORY:
		return "--memory";
	case CGROUP_CPU:
		if (limits->cpu_quota)
			return "--cpus";
		return limits->cpu_shares ? "--cpu-shares" : "--cpu-period";
	case CGROUP_CPUSET:
		return limits->cpuset_cpus ? "--cpuset-cpus" : "--cpuset-mems";
	case CGROUP_PIDS:
		break;
	}
	return "--pids-limit";
}

static void add_rlimit(struct sandbox_kit *kit, int resource, uint64_t limit)
{
	kit->limits.rlimits[kit->limits.n_rlimits++] =
		(struct limits_rlimit){ resource, limit, limit };
}

/* What a step's processes can be kept to without control groups: each by itself. */
static void make_do(struct sandbox_kit *kit, enum cgroup_controller controller, const char *reason,
		    struct strv *lines)
{
	const char *instead = "is not enforced";

	if (controller == CGROUP_MEMORY) {
		add_rlimit(kit, RLIMIT_AS, kit->limits.memory);
		instead = "limits the address space of each process only";
	} else if (controller == CGROUP_PIDS) {
		add_rlimit(kit, RLIMIT_NPROC, kit->limits.pids);
		instead = "limits the processes of each user only, and not root's";
	}
	strv_printf(lines, "%s %s: %s", option_of(&kit->limits, controller), instead, reason);
}

static int refuse(const struct sandbox_kit *kit, enum cgroup_controller controller,
		  struct error *err)
{
	struct error cause = *err;

	return error_set(err, ERROR_PERMISSION,
			 "%s is not possible here: %.500s (--cgroup-parent names a cgroup that is "
			 "writable, systemd-run --user --scope -p Delegate=yes gives one; "
			 "--limits=best-effort goes on with less)",
			 option_of(&kit->limits, controller), cause.text);
}

static int take_controller(struct sandbox_kit *kit, enum cgroup_controller controller,
			   bool has_pid_namespace, struct strv *lines, struct error *err)
{
	const struct limits *limits = &kit->limits;

	if (!kit->cgroups)
		kit->cgroups = cgroup_home_new();
	if (cgroup_home_add(kit->cgroups, controller, limits->cgroup_parent, err) == 0)
		return 0;
	if (controller == CGROUP_PIDS && has_pid_namespace &&
	    pid_numbers_can_be_limited(limits->pids)) {
		kit->namespace_pids = limits->pids;
		return 0;
	}
	if (!limits->is_best_effort)
		return refuse(kit, controller, err);
	make_do(kit, controller, err->text, lines);
	return 0;
}

/* Nobody asked for it, so where it cannot be had nothing is said. */
static void take_default_pids(struct sandbox_kit *kit, bool has_pid_namespace)
{
	struct error ignored;

	if (kit->limits.pids)
		return;
	if (has_pid_namespace && pid_numbers_can_be_limited(LIMITS_PIDS_DEFAULT)) {
		kit->namespace_pids = LIMITS_PIDS_DEFAULT;
		return;
	}
	if (!kit->cgroups)
		kit->cgroups = cgroup_home_new();
	if (cgroup_home_add(kit->cgroups, CGROUP_PIDS, kit->limits.cgroup_parent, &ignored) == 0)
		kit->limits.pids = LIMITS_PIDS_DEFAULT;
}

static int check_rlimits(struct sandbox_kit *kit, struct strv *lines, struct error *err)
{
	for (size_t i = 0; i < kit->limits.n_rlimits; i++) {
		struct limits_rlimit *limit = &kit->limits.rlimits[i];
		int can_set = rlimit_can_set(limit, err);
		if (can_set < 0)
			return -1;
		if (can_set || !kit->limits.is_best_effort)
			continue;
		rlimit_cap(limit);
		strv_printf(lines, "--ulimit %s is what this user may set: %" PRIu64 ":%" PRIu64,
			    limits_rlimit_name(limit->resource), limit->soft, limit->hard);
	}
	return 0;
}

/* What a mode has no means for. */
static int lack(const struct sandbox_kit *kit, const char *option, const char *reason,
		struct strv *lines, struct error *err)
{
	if (!kit->limits.is_best_effort)
		return error_set(err, ERROR_PERMISSION,
				 "%s is not possible here: %s (--isolation=root or rootless; "
				 "--limits=best-effort goes on without)",
				 option, reason);
	strv_printf(lines, "%s is not enforced: %s", option, reason);
	return 0;
}

/* Without a mount there is no size; and where identities are kept no limit can be. */
static int check_mode(struct sandbox_kit *kit, enum sandbox_isolation isolation, struct strv *lines,
		      struct error *err)
{
	struct limits *limits = &kit->limits;

	if (isolation == ISOLATION_CHROOT && limits->shm_size &&
	    lack(kit, "--shm-size", "/dev/shm is a directory in a chroot", lines, err) < 0)
		return -1;
	for (size_t i = 0; isolation == ISOLATION_NS_SINGLE && i < limits->n_rlimits; i++) {
		if (limits->rlimits[i].resource != RLIMIT_LOCKS)
			continue;
		if (lack(kit, "--ulimit locks", "single-id keeps users in it", lines, err) < 0)
			return -1;
		limits->rlimits[i--] = limits->rlimits[--limits->n_rlimits];
	}
	return 0;
}

int sandbox_kit_limit(struct sandbox_kit *kit, const struct limits *limits,
		      enum sandbox_isolation isolation, struct strv *lines, struct error *err)
{
	unsigned asked = asked_controllers(limits);
	bool has_pid_namespace = isolation != ISOLATION_CHROOT && isolation != ISOLATION_NONE;

	kit->limits = *limits;
	kit->limits.rlimits = xcalloc(limits->n_rlimits + EXTRA_RLIMITS, sizeof(*limits->rlimits));
	if (limits->n_rlimits)
		memcpy(kit->limits.rlimits, limits->rlimits,
		       limits->n_rlimits * sizeof(*limits->rlimits));
	if (check_mode(kit, isolation, lines, err) < 0)
		return -1;
	for (unsigned bit = 1; bit <= CGROUP_PIDS; bit <<= 1)
		if (asked & bit && take_controller(kit, (enum cgroup_controller)bit,
						   has_pid_namespace, lines, err) < 0)
			return -1;
	take_default_pids(kit, has_pid_namespace);
	return check_rlimits(kit, lines, err);
}
