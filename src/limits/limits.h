/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the machine one step may take: as a value, the same for every RUN of a build. What
 * is in force is settled once, before the first RUN (sandbox_kit_limit): what was asked for and
 * cannot be had is an error, unless `is_best_effort`.
 */
#ifndef CBUILD_LIMITS_LIMITS_H
#define CBUILD_LIMITS_LIMITS_H

#include "base/error.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

enum { LIMITS_PIDS_DEFAULT = 8192 };

#define LIMITS_UNLIMITED UINT64_MAX

/* RLIMIT_*; LIMITS_UNLIMITED is RLIM_INFINITY. */
struct limits_rlimit {
	int resource;
	uint64_t soft, hard;
};

/* 0 or NULL: not said. Strings and the array belong to it. */
struct limits {
	uint64_t memory;		 /* bytes */
	uint64_t memory_swap;		 /* bytes of both; not said: twice the memory, as docker */
	uint64_t cpu_quota, cpu_period;	 /* microseconds; the period is 100000 */
	uint64_t cpu_shares;		 /* of 1024 */
	char *cpuset_cpus, *cpuset_mems; /* "0-2,4" */
	uint64_t pids;			 /* not said: the default, where it can be had */
	uint64_t shm_size;		 /* bytes of /dev/shm */
	char *cgroup_parent;		 /* in every hierarchy; "/..." or below the own one */
	struct limits_rlimit *rlimits;
	size_t n_rlimits;
	bool is_best_effort;
};

void limits_release(struct limits *limits);
DEFINE_RELEASE(struct limits, limits_release);

/* "nofile" and the like, as ulimit is written for docker; -1 = there is none of that name. */
int limits_rlimit_find(const char *name);
const char *limits_rlimit_name(int resource);

#endif
