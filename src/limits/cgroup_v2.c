/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "limits/cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	LIST_MAX = 4096,
	CPU_PERIOD_DEFAULT = 100000,
	/* docker's scale and the kernel's: 2..262144 shares are a weight of 1..10000 */
	SHARES_MIN = 2,
	SHARES_SPAN = 262142,
	WEIGHT_SPAN = 9999
};

/* Blank-separated words. */
static unsigned read_controllers(int dir_fd, const char *name)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	unsigned found = 0;

	if (fs_read_whole(dir_fd, name, LIST_MAX, name, &text, &ignored) <= 0)
		return 0;
	for (const char *word = text.data; *word;) {
		size_t len = strcspn(word, " \n");
		for (unsigned bit = 1; bit <= CGROUP_PIDS; bit <<= 1) {
			const char *known = cgroup_controller_name((enum cgroup_controller)bit);
			if (strlen(known) == len && strncmp(word, known, len) == 0)
				found |= bit;
		}
		word += len;
		word += *word != '\0';
	}
	return found;
}

static int switch_controllers(int place_fd, char sign, unsigned controllers, struct error *err)
{
	for (unsigned bit = 1; bit <= CGROUP_PIDS; bit <<= 1) {
		char text[32];
		if (!(controllers & bit))
			continue;
		(void)snprintf(text, sizeof(text), "%c%s", sign,
			       cgroup_controller_name((enum cgroup_controller)bit));
		if (cgroup_write(place_fd, "cgroup.subtree_control", text, err) < 0)
			return -1;
	}
	return 0;
}

int cgroup_v2_enable(int place_fd, unsigned controllers, unsigned *ret_enabled, struct error *err)
{
	if ((read_controllers(place_fd, "cgroup.controllers") & controllers) != controllers)
		return 0;
	unsigned missing = controllers & ~read_controllers(place_fd, "cgroup.subtree_control");
	if (switch_controllers(place_fd, '+', missing, err) < 0)
		return -1;
	*ret_enabled = missing;
	return 1;
}

void cgroup_v2_disable(int place_fd, unsigned controllers)
{
	struct error ignored;

	(void)!switch_controllers(place_fd, '-', controllers, &ignored);
}

/* The swap alone; all of a group is killed at once: half a step helps nobody. */
static int limit_memory(int dir_fd, const struct limits *limits, struct error *err)
{
	bool is_swap_free = limits->memory_swap == LIMITS_UNLIMITED;
	uint64_t swap = limits->memory_swap ? limits->memory_swap - limits->memory : limits->memory;

	if (!limits->memory)
		return 0;
	if (cgroup_write_number(dir_fd, "memory.max", limits->memory, err) < 0 ||
	    cgroup_write(dir_fd, "memory.oom.group", "1", err) < 0)
		return -1;
	if (is_swap_free || cgroup_write_number(dir_fd, "memory.swap.max", swap, err) == 0)
		return 0;
	/* a kernel without swap has no such file */
	return err->sys == ENOENT && !limits->memory_swap ? 0 : -1;
}

static int limit_cpu(int dir_fd, const struct limits *limits, struct error *err)
{
	uint64_t period = limits->cpu_period ? limits->cpu_period : CPU_PERIOD_DEFAULT;
	uint64_t shares = limits->cpu_shares;
	char text[64];

	if (shares) {
		uint64_t above = shares > SHARES_MIN ? shares - SHARES_MIN : 0;
		uint64_t weight = 1 + above * WEIGHT_SPAN / SHARES_SPAN;
		if (cgroup_write_number(dir_fd, "cpu.weight", weight, err) < 0)
			return -1;
	}
	if (!limits->cpu_quota && !limits->cpu_period)
		return 0;
	if (limits->cpu_quota)
		(void)snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, limits->cpu_quota,
			       period);
	else
		(void)snprintf(text, sizeof(text), "max %" PRIu64, period);
	return cgroup_write(dir_fd, "cpu.max", text, err);
}

static int limit_cpuset(int dir_fd, const struct limits *limits, struct error *err)
{
	if (limits->cpuset_cpus &&
	    cgroup_write(dir_fd, "cpuset.cpus", limits->cpuset_cpus, err) < 0)
		return -1;
	if (!limits->cpuset_mems)
		return 0;
	return cgroup_write(dir_fd, "cpuset.mems", limits->cpuset_mems, err);
}

int cgroup_v2_limit(int dir_fd, unsigned controllers, const struct limits *limits,
		    struct error *err)
{
	if (controllers & CGROUP_MEMORY && limit_memory(dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_CPU && limit_cpu(dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_CPUSET && limit_cpuset(dir_fd, limits, err) < 0)
		return -1;
	if (controllers & CGROUP_PIDS && limits->pids && limits->pids != LIMITS_UNLIMITED)
		return cgroup_write_number(dir_fd, "pids.max", limits->pids, err);
	return 0;
}

void cgroup_v2_read_events(int dir_fd, unsigned controllers, struct cgroup_events *events)
{
	if (controllers & CGROUP_MEMORY)
		events->oom_kills = cgroup_read_count(dir_fd, "memory.events", "oom_kill");
	if (controllers & CGROUP_PIDS)
		events->refused_pids = cgroup_read_count(dir_fd, "pids.events", "max");
}
