/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the machine one step may take: as a value, the same for every RUN of a build. What
 * is in force is settled once, before the first RUN (sandbox_kit_limit): what was asked for and
 * cannot be had is an error, unless `is_best_effort`.
 */
#ifndef CBUILD_SANDBOX_LIMITS_H
#define CBUILD_SANDBOX_LIMITS_H

#include "base/error.h"
#include "base/strv.h"
#include "sandbox/spec.h"

#include <stdbool.h>
#include <stdint.h>

enum { SANDBOX_PIDS_DEFAULT = 8192 };

#define SANDBOX_UNLIMITED UINT64_MAX

/* RLIMIT_*; SANDBOX_UNLIMITED is RLIM_INFINITY. */
struct sandbox_rlimit {
	int resource;
	uint64_t soft, hard;
};

/* 0 or NULL: not said. Strings and the array belong to it. */
struct sandbox_limits {
	uint64_t memory;		 /* bytes */
	uint64_t memory_swap;		 /* bytes of both; not said: twice the memory, as docker */
	uint64_t cpu_quota, cpu_period;	 /* microseconds; the period is 100000 */
	uint64_t cpu_shares;		 /* of 1024 */
	char *cpuset_cpus, *cpuset_mems; /* "0-2,4" */
	uint64_t pids;			 /* not said: the default, where it can be had */
	uint64_t shm_size;		 /* bytes of /dev/shm */
	char *cgroup_parent;		 /* in every hierarchy; "/..." or below the own one */
	struct sandbox_rlimit *rlimits;
	size_t n_rlimits;
	bool is_best_effort;
};

void sandbox_limits_release(struct sandbox_limits *limits);
DEFINE_RELEASE(struct sandbox_limits, sandbox_limits_release);

/* "nofile" and the like, as ulimit is written for docker; -1 = there is none of that name. */
int sandbox_rlimit_find(const char *name);
const char *sandbox_rlimit_name(int resource);

struct sandbox_kit;

/*
 * In the coordinator, before the first RUN, once; `limits` is borrowed as long as the kit lives.
 * Lines to be said (what is less than was asked) are added to *lines.
 */
int sandbox_kit_limit(struct sandbox_kit *kit, const struct sandbox_limits *limits,
		      enum sandbox_isolation isolation, struct strv *lines, struct error *err)
	must_check;

#endif
