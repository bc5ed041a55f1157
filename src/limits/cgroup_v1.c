/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "limits/cgroup.h"

#include <errno.h>

enum { CPU_LIST_MAX = 64 * 1024 };

/*
 * The second limit is for memory and swap together, and cannot be below the first. A kernel that
 * does not account swap has not got it: the default is let be then, not what was asked for.
 */
static int limit_memory(int dir_fd, const struct limits *limits, struct error *err)
{
	static const char swap_file[] = "memory.memsw.limit_in_bytes";
	uint64_t both = limits->memory_swap ? limits->memory_swap : 2 * limits->memory;

	if (!limits->memory)
		return 0;
	if (cgroup_write_number(dir_fd, "memory.limit_in_bytes", limits->memory, err) < 0)
		return -1;
	if (both == LIMITS_UNLIMITED)
		return 0;
	if (cgroup_write_number(dir_fd, swap_file, both, err) == 0)
		return 0;
	return err->sys == ENOENT && !limits->memory_swap ? 0 : -1;
}

static int limit_cpu(int dir_fd, const struct limits *limits, struct error *err)
{
	if (limits->cpu_shares &&
	    cgroup_write_number(dir_fd, "cpu.shares", limits->cpu_shares, err) < 0)
		return -1;
	if (limits->cpu_period &&
	    cgroup_write_number(dir_fd, "cpu.cfs_period_us", limits->cpu_period, err) < 0)
		return -1;
	if (!limits->cpu_quota)
		return 0;
	return cgroup_write_number(dir_fd, "cpu.cfs_quota_us", limits->cpu_quota, err);
}

/* A new group has no processors at all, and nobody can enter it. */
static int set_list(int place_fd, int dir_fd, const char *name, const char *list, struct error *err)
{
	cleanup(buf_release) struct buf inherited = BUF_INIT;

	if (list)
		return cgroup_write(dir_fd, name, list, err);
	int found = fs_read_whole(place_fd, name, CPU_LIST_MAX, name, &inherited, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_SYSTEM, "no cgroup file '%s'", name);
	return cgroup_write(dir_fd, name, inherited.data, err);
}

static int limit_cpuset(int place_fd, int dir_fd, const struct limits *limits, struct error *err)
{
	if (set_list(place_fd, dir_fd, "cpuset.cpus", limits->cpuset_cpus, err) < 0)
		return -1;
	return set_list(place_fd, dir_fd, "cpuset.mems", limits->cpuset_mems, err);
}

int cgroup_v1_limit(int place_fd, int dir_fd, unsigned controllers, const struct limits *limits,
		    struct error *err)
{
	if (controllers & CGROUP_MEMORY && limit_memory(dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_CPU && limit_cpu(dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_CPUSET && limit_cpuset(place_fd, dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_PIDS && limits->pids && limits->pids != LIMITS_UNLIMITED)
		return cgroup_write_number(dir_fd, "pids.max", limits->pids, err);
	return 0;
}

void cgroup_v1_read_events(int dir_fd, unsigned controllers, struct cgroup_events *events)
{
	if (controllers & CGROUP_MEMORY)
		events->oom_kills = cgroup_read_count(dir_fd, "memory.oom_control", "oom_kill");
	if (controllers & CGROUP_PIDS)
		events->refused_pids = cgroup_read_count(dir_fd, "pids.events", "max");
}
